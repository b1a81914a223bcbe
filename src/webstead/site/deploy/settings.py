"""The settings that decide about a deployment, by Kudu's precedence, and the file `.deployment`. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from webstead.errors import ConfigError
from webstead.project.text import decode
from webstead.site.deploy.known_settings import KNOWN

__all__ = [
    "DEFAULTS",
    "LARGEST_DEPLOYMENT_FILE",
    "is_off",
    "is_true",
    "merged",
    "read_deployment_file",
    "value_of",
]

DEFAULTS: Mapping[str, str] = {known.name: known.default for known in KNOWN if known.default is not None}
"""What Kudu takes where nothing is set."""

LARGEST_DEPLOYMENT_FILE = 1 << 16
"""Bytes. It has a few lines, and comes from whoever deploys."""


def merged(
    scm: Mapping[str, str],
    app: Mapping[str, str],
    deployment_file: Mapping[str, str],
    defaults: Mapping[str, str] = DEFAULTS,
) -> dict[str, str]:
    """One setting a name, whatever its case; in Kudu's order: those of the site's management (100), app
    settings (10), `.deployment` (5), defaults (0). The spelling is that of the one that wins. By name."""
    found: dict[str, tuple[str, str]] = {}
    for layer in (scm, app, deployment_file, defaults):
        for name, value in layer.items():
            found.setdefault(name.casefold(), (name, value))
    return dict(sorted(found.values()))


def value_of(settings: Mapping[str, str], name: str) -> str:
    """Whatever the case of the name; "" where it is not set."""
    if name in settings:
        return settings[name]
    low = name.casefold()
    return next((value for other, value in settings.items() if other.casefold() == low), "")


def is_true(value: str) -> bool:
    """As Kudu reads a switch: `1` or `true`."""
    return value.strip().casefold() in ("1", "true")


def is_off(value: str) -> bool:
    """Of a switch that is on where nobody sets it."""
    return value.strip().casefold() in ("0", "false")


def read_deployment_file(data: bytes) -> dict[str, str]:
    """The section `[config]` of a `.deployment`, by the names as they are written; a value is all behind the
    first `=`, as it stands; of a name that is there twice the last counts. What is no such line, and what
    could be no variable, is passed over. Raises ConfigError for one that is too large."""
    if len(data) > LARGEST_DEPLOYMENT_FILE:
        raise ConfigError(
            "The file .deployment is too large.",
            path=".deployment",
            found=f"more than {LARGEST_DEPLOYMENT_FILE:,} bytes",
            fix="Keep only its section [config] with a few settings.",
        )
    found: dict[str, tuple[str, str]] = {}
    section = ""
    for line in map(str.strip, decode(data).text.split("\n")):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().casefold()
        elif section == "config" and (setting := _setting(line)) is not None:
            found[setting[0].casefold()] = setting
    return dict(found.values())


def _setting(line: str) -> tuple[str, str] | None:
    name, equals, value = line.partition("=")
    if not equals or not name.strip() or line[0] in "#;" or "\0" in line:
        return None
    return name.strip(), value.strip()
