"""Platform sections over each other: a child's attributes over its parent's, then the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from webstead.errors import ConfigError
from webstead.formats.webconfig.configuration import Add, Level, PlatformSection, appended
from webstead.formats.webconfig.model import AppSetting, HttpPlatform

__all__ = ["Platform", "PlatformKind", "http_platform", "platforms_over"]

T = TypeVar("T")

PlatformKind = Literal["http_platform", "asp_net_core"]

_STDOUT = {"http_platform": r".\httpplatform-stdout", "asp_net_core": "aspnetcore-stdout"}


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform section in force. folder: of the deepest level that has one."""

    folder: str
    settings: PlatformSection
    environment: tuple[Add[AppSetting], ...]
    recycle_on: tuple[Add[str], ...]


def platforms_over(
    parent: Mapping[PlatformKind, Platform], folder: str, level: Level
) -> Mapping[PlatformKind, Platform]:
    """The platforms of a folder: its parent's, and this level over them."""
    sections: dict[PlatformKind, PlatformSection | None] = {
        "http_platform": level.http_platform,
        "asp_net_core": level.asp_net_core,
    }
    found = dict(parent)
    for kind, section in sections.items():
        if section is not None:
            found[kind] = _over(found.get(kind), section, folder)
    return found


def _over(below: Platform | None, section: PlatformSection, folder: str) -> Platform:
    if below is None:
        environment, recycle_on = appended((), section.environment), appended((), section.recycle_on)
        return Platform(folder, section, environment, recycle_on)
    old = below.settings
    merged = replace(
        section,
        process_path=_or(section.process_path, old.process_path),
        arguments=_or(section.arguments, old.arguments),
        startup_seconds=_or(section.startup_seconds, old.startup_seconds),
        request_seconds=_or(section.request_seconds, old.request_seconds),
        shutdown_seconds=_or(section.shutdown_seconds, old.shutdown_seconds),
        startup_retries=_or(section.startup_retries, old.startup_retries),
        rapid_fails_per_minute=_or(section.rapid_fails_per_minute, old.rapid_fails_per_minute),
        processes=_or(section.processes, old.processes),
        log_enabled=_or(section.log_enabled, old.log_enabled),
        log_file=_or(section.log_file, old.log_file),
    )
    return Platform(
        folder,
        merged,
        appended(below.environment, section.environment),
        appended(below.recycle_on, section.recycle_on),
    )


def http_platform(kind: PlatformKind, platform: Platform) -> HttpPlatform:
    """The section with its defaults. Raises ConfigError when it names no program."""
    settings = platform.settings
    if not settings.process_path:
        name = "httpPlatform" if kind == "http_platform" else "aspNetCore"
        raise ConfigError(
            f"<{name}> needs the attribute processPath",
            path=settings.origin.path,
            line=settings.origin.line,
            column=settings.column,
            found=f"<{name}> without processPath",
            fix='Add processPath="…", the program that serves on %HTTP_PLATFORM_PORT%.',
        )
    log = (settings.log_file or _STDOUT[kind]) if settings.log_enabled else None
    return HttpPlatform(
        process_path=settings.process_path,
        arguments=settings.arguments or "",
        environment=tuple(add.value for add in platform.environment),
        origin=settings.origin,
        startup_seconds=_or(settings.startup_seconds, 120.0),
        request_seconds=_or(settings.request_seconds, 120.0),
        shutdown_seconds=_or(settings.shutdown_seconds, 10.0),
        startup_retries=_or(settings.startup_retries, 10),
        rapid_fails_per_minute=_or(settings.rapid_fails_per_minute, 10),
        processes=_or(settings.processes, 1),
        stdout_log=log,
        port_variable="HTTP_PLATFORM_PORT" if kind == "http_platform" else "ASPNETCORE_PORT",
        recycle_on=tuple(add.value for add in platform.recycle_on),
    )


def _or(value: T | None, default: T) -> T:
    return default if value is None else value
