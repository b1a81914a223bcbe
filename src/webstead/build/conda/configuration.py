"""What is configured for conda on a machine: the variables and the `.condarc` that conda itself reads. Pure.

Source: conda's "Settings" and "Using the .condarc conda configuration file". A variable wins over the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "DEFAULTS",
    "Configuration",
    "Priority",
    "configuration_files",
    "read_configuration",
    "without_tokens",
]

Priority = Literal["strict", "flexible", "disabled"]

DEFAULTS = ("main", "r")
"""The channels that `defaults` stands for, under the channel alias, unless `default_channels` says others."""

_PRIORITIES: Mapping[str, Priority] = {
    "strict": "strict",
    "flexible": "flexible",
    "true": "flexible",
    "disabled": "disabled",
    "false": "disabled",
}
_TRUE = frozenset({"1", "true", "yes", "on"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_TOKEN = re.compile(r"(/t/)[^/\s]+(?=/)")
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@]+@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Configuration:
    """channels: for environments that name none. alias: what names of channels are seen from; "": conda's
    own. defaults: what the name `defaults` stands for. custom: where channels of these names are. many: names
    for several channels. subdir: the platform, as `linux-64`; "": this machine's. overrides:
    CONDA_OVERRIDE_*, which say what the machine has (`__cuda`, `__glibc`)."""

    channels: tuple[str, ...] = ("defaults",)
    alias: str = ""
    defaults: tuple[str, ...] = DEFAULTS
    custom: tuple[tuple[str, str], ...] = ()
    many: tuple[tuple[str, tuple[str, ...]], ...] = ()
    priority: Priority = "flexible"
    offline: bool = False
    subdir: str = ""
    overrides: tuple[tuple[str, str], ...] = ()

    def resolve(self, named: Sequence[str]) -> tuple[str, ...]:
        """The channels that these words mean: names for the alias, addresses and folders, each once. An
        environment that names channels has only those."""
        words = [word for word in named if word != "nodefaults"] or list(self.channels)
        return tuple(dict.fromkeys(channel for word in words for channel in self._meant(word)))

    def _meant(self, word: str, depth: int = 0) -> Iterator[str]:
        several = dict(self.many).get(word)
        if word == "defaults" and several is None:
            several = self.defaults
        if several is not None and depth < 3:
            for each in several:
                yield from self._meant(each, depth + 1)
            return
        first = word.split("/")[0]
        base = dict(self.custom).get(first)
        yield f"{base.rstrip('/')}/{word}" if base else word

    def facts(self, named: Sequence[str]) -> Iterator[str]:
        """What an environment follows from, besides its file."""
        yield from (f"channel {channel}" for channel in self.resolve(named))
        yield f"alias {self.alias}"
        yield f"priority {self.priority}"
        yield f"subdir {self.subdir}"
        yield from (f"{name}={value}" for name, value in self.overrides)


def configuration_files(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The paths at which conda looks for its configuration; the first weighs most."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    config = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    own = (environ["CONDARC"],) if environ.get("CONDARC") else ()
    return (
        *own,
        f"{home}/.condarc",
        f"{home}/.conda/.condarc",
        f"{config}/conda/.condarc",
        "/etc/conda/.condarc",
    )


def read_configuration(environ: Mapping[str, str], files: Sequence[tuple[str, bytes]] = ()) -> Configuration:
    """files: path and bytes of those of configuration_files that are there. Raises ValueError, naming the
    file, for one that is no configuration."""
    settings: dict[str, object] = {}
    for path, data in reversed(files):
        settings |= _settings(path, data)
    look = _Look(settings, environ)
    own = Configuration()
    subdir = look.text("subdir")
    return Configuration(
        look.words("channels") or own.channels,
        look.text("channel_alias").rstrip("/"),
        look.words("default_channels") or own.defaults,
        tuple(
            sorted(
                (name, look.expand(url))
                for name, url in look.mapping("custom_channels")
                if isinstance(url, str)
            )
        ),
        tuple(sorted((name, look.list_of(each)) for name, each in look.mapping("custom_multichannels"))),
        _PRIORITIES.get(look.text("channel_priority").lower(), own.priority),
        any(word.lower() in _TRUE for word in (look.text("offline"), environ.get("UV_OFFLINE", ""))),
        subdir,
        tuple(sorted((n, v) for n, v in environ.items() if n.startswith("CONDA_OVERRIDE_"))),
    )


def without_tokens(text: str) -> str:
    """The text with `user:password@` and `/t/token/` in addresses masked."""
    return _TOKEN.sub(r"\1***", _USER.sub(r"\1***@", text))


def _settings(path: str, data: bytes) -> dict[str, object]:
    if not data.strip():
        return {}
    import yaml  # here: most machines have no such file

    try:
        loaded = yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ValueError(f"{path}: it is no mapping")
    return {str(key): value for key, value in loaded.items()}


@dataclass(frozen=True, slots=True)
class _Look:
    """Looks a setting up: CONDA_NAME, then the files."""

    settings: Mapping[str, object]
    environ: Mapping[str, str]

    def expand(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self.environ.get(found[1] or found[2], found[0]), text)

    def text(self, name: str) -> str:
        value = self.environ.get(f"CONDA_{name.upper()}")
        if value:
            return value.strip()
        found = self.settings.get(name)
        return "" if found is None else self.expand(str(found)).strip()

    def words(self, name: str) -> tuple[str, ...]:
        value = self.environ.get(f"CONDA_{name.upper()}")
        if value:
            return tuple(value.replace(",", " ").split())
        return self.list_of(self.settings.get(name))

    def list_of(self, value: object) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        return tuple(self.expand(item) for item in items if isinstance(item, str) and item.strip())

    def mapping(self, name: str) -> Iterator[tuple[str, object]]:
        value = self.settings.get(name)
        return ((str(key), each) for key, each in value.items()) if isinstance(value, dict) else iter(())
