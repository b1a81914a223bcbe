"""Which version a request means among those that there are: by node-semver's ranges, as Oryx has it."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["UnsupportedVersion", "choose_version", "ordered_versions"]

_FINAL = re.compile(r"\d+(?:\.\d+){0,2}", re.ASCII)
_LONGEST = 200
"""More than any range that somebody types; the pattern of ranges is costly."""
_PARTS = 3


class UnsupportedVersion(ValueError):
    """No supported version is what was asked for; the text is the whole message."""


def choose_version(request: str, supported: Sequence[str], platform: str = "python") -> str:
    """The greatest supported version within the range; of pre-releases, which count only where no final one
    fits, the last that begins with the request. Raises UnsupportedVersion."""
    wanted = request.strip()
    padded = {_padded(version): version for version in supported if _FINAL.fullmatch(version)}
    best = _greatest(wanted, list(padded)) if len(wanted) <= _LONGEST else None
    if best is not None:
        return padded[best]
    early = [v for v in supported if not _FINAL.fullmatch(v) and wanted and v.startswith(wanted)]
    if early:
        return max(early)
    raise UnsupportedVersion(
        f"Platform '{platform}' version '{request}' is unsupported. "
        f"Supported versions: {', '.join(ordered_versions(supported))}"
    )


def _greatest(wanted: str, versions: list[str]) -> str | None:
    import nodesemver  # here: few requests are ranges

    try:
        found = nodesemver.max_satisfying(versions, wanted, loose=True)
    except (ValueError, RecursionError, IndexError):
        return None
    return found if isinstance(found, str) else None


def _padded(version: str) -> str:
    parts = version.split(".")
    return ".".join([*parts, *["0"] * (_PARTS - len(parts))])


def ordered_versions(versions: Sequence[str]) -> list[str]:
    """Each once, the oldest first."""
    return sorted(set(versions), key=_order)


def _order(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Pre-releases before the release that they lead to."""
    final = re.match(r"\d+(?:\.\d+)*", version, re.ASCII)
    numbers = tuple(int(part[:9]) for part in final[0].split(".")) if final else ()
    return numbers, bool(_FINAL.fullmatch(version)), version
