"""The options of `build` and `build-script` as one value, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from webstead.cli.oryx.decision import needs_platform
from webstead.cli.oryx.request import Asked, Request, read_request
from webstead.events import Emit, Note

__all__ = ["asked_for", "warn_of_old_names", "warn_of_unused"]


def asked_for(
    source: Path,
    environ: Mapping[str, str],
    *,
    platform: str,
    version: str,
    properties: list[str] | None,
    settings: Mapping[str, str],
    skip: bool,
) -> tuple[Request, bool]:
    """The request, and whether detection is skipped. Raises UsageError, UnsupportedPlatform."""
    request = read_request(source, Asked(platform, version, properties or (), settings), environ)
    skipped = skip or request.configuration.on("SKIP_PLATFORM_DETECTION")
    needs_platform(request, skip=skipped)
    return request, skipped


def warn_of_old_names(language: str, version: str, emit: Emit) -> None:
    for old, new, value in (
        ("language", "platform", language),
        ("language-version", "platform-version", version),
    ):
        if value:
            emit(Note("warning", f"--{old} is deprecated. Use --{new} instead."))


def warn_of_unused(request: Request, emit: Emit) -> None:
    """Settings that somebody gave and that do nothing here."""
    from webstead.formats.oryx import SETTINGS

    for setting in SETTINGS:
        said = request.configuration.found(setting.name)
        if not setting.used and said and said[0].strip().lower() not in ("", "false"):
            emit(Note("warning", f"{setting.name} ({said[1]}) changes nothing: {setting.doc}."))
