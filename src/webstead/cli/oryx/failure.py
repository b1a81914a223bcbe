"""What an oryx command ends with: Oryx's exit codes for our errors, and its own messages."""

from __future__ import annotations

from webstead.errors import RuntimeMissing, UsageError, WebsteadError

__all__ = [
    "FAILURE",
    "NOTHING_DETECTED",
    "NotDetected",
    "UnsupportedPlatform",
    "VersionMissing",
    "no_folder",
    "oryx_code",
]

FAILURE = 1
UNSUPPORTED_PLATFORM = 2
UNSUPPORTED_VERSION = 3
NOTHING_DETECTED = 100
"""Of buildpack-detect."""


class UnsupportedPlatform(UsageError):
    """Another platform than Python, one that is switched off, or none at all."""


class NotDetected(UsageError):
    """The platform that is asked for is not what the folder holds."""


class VersionMissing(RuntimeMissing):
    """A Python that is not there and cannot be had."""


_CODES: tuple[tuple[type[WebsteadError], int], ...] = (
    (UnsupportedPlatform, UNSUPPORTED_PLATFORM),
    (NotDetected, UNSUPPORTED_VERSION),
    (VersionMissing, UNSUPPORTED_VERSION),
)


def oryx_code(error: WebsteadError, *, building: bool) -> int:
    """building: only these commands tell a wrong platform from a wrong version, and both from the rest."""
    codes = (code for kind, code in _CODES if isinstance(error, kind))
    return next(codes, FAILURE) if building else FAILURE


def no_folder(folder: str) -> UsageError:
    return UsageError(
        f"Could not find the source directory: '{folder}'", found="no such folder", fix="Correct the path."
    )
