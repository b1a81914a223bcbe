"""The options that `build` and `build-script` share, as one value, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webstead.cli.oryx.decision import needs_platform
from webstead.cli.oryx.request import Asked, Request, read_request
from webstead.events import Emit, Note
from webstead.formats.oryx import SETTINGS

__all__ = ["Words", "asked_for", "warn"]


@dataclass(frozen=True, slots=True)
class Words:
    """settings: options that are settings, too, by these names. old: deprecated options, by the names that
    took their place."""

    source: Path
    platform: str
    version: str
    properties: list[str] | None
    skip: bool
    settings: Mapping[str, str]
    old: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def asked_for(words: Words, environ: Mapping[str, str]) -> tuple[Request, bool]:
    """The request, and whether detection is skipped. Raises UsageError, UnsupportedPlatform."""
    platform = words.platform or words.old.get("platform", ("", ""))[1]
    version = words.version or words.old.get("platform-version", ("", ""))[1]
    asked = Asked(platform, version, words.properties or (), words.settings)
    request = read_request(words.source, asked, environ)
    skip = words.skip or request.configuration.on("SKIP_PLATFORM_DETECTION")
    needs_platform(request, skip=skip)
    return request, skip


def warn(words: Words, request: Request, emit: Emit) -> None:
    """Of deprecated options, and of settings that somebody gave and that do nothing here."""
    for new, (old, value) in words.old.items():
        if value:
            emit(Note("warning", f"--{old} is deprecated. Use --{new} instead."))
    for setting in SETTINGS:
        said = request.configuration.found(setting.name)
        if not setting.used and said and said[0].strip().lower() not in ("", "false"):
            emit(Note("warning", f"{setting.name} ({said[1]}) changes nothing: {setting.doc}."))
