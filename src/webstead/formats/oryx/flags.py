"""The flags of `oryx create-script`, as Go's flag package reads them: `-name value`, `-name=value`, either
with two dashes; a switch is `-name` or `-name=false`; the first word that is no flag, or `--`, ends them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["FLAGS", "Flag", "FlagError", "Flags", "go_boolean", "read_flags"]

_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""The words of Go's strconv.ParseBool."""


@dataclass(frozen=True, slots=True)
class Flag:
    """metavar: what stands for the value; "" for a switch."""

    name: str
    metavar: str
    default: str
    doc: str


FLAGS: tuple[Flag, ...] = (
    Flag("appPath", "DIR", ".", "The built app: what `oryx build` was given with -o."),
    Flag("manifestDir", "DIR", "", "The folder of oryx-manifest.toml; by default the app's."),
    Flag(
        "userStartupCommand", "COMMAND", "", "A command, or a script of the app, in place of its own start."
    ),
    Flag("defaultApp", "DIR", "", "An app that is started when nothing says how the app itself is."),
    Flag("defaultAppModule", "MODULE:OBJECT", "application:app", "What the default app serves."),
    Flag("defaultAppDebugModule", "FILE", "application.py", "The file of the default app under a debugger."),
    Flag("debugAdapter", "NAME", "", "debugpy: the app is started under it. ptvsd means the same."),
    Flag("debugPort", "PORT", "5678", "Where the debugger listens."),
    Flag("debugWait", "", "false", "The app starts when a debugger has come."),
    Flag("virtualEnvName", "NAME", "", "The environment's folder, where the manifest does not say it."),
    Flag("packagedir", "DIR", "", "The folder of the packages, where the manifest does not say it."),
    Flag("bindPort", "PORT", "", "Where the app listens; by default $PORT when the script runs, else 80."),
    Flag("output", "FILE", "run.sh", "The script to write."),
    Flag(
        "skipVirtualEnvExtraction", "", "false", "A packed environment stays packed: it is unpacked already."
    ),
)


class FlagError(ValueError):
    """Words that cannot be read as flags."""


@dataclass(frozen=True, slots=True)
class Flags:
    """values: of those that were given, by name. rest: the words behind them."""

    values: Mapping[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        return self.values.get(name, _DECLARED[name].default)

    def on(self, name: str) -> bool:
        return _BOOLEANS[self.text(name)]


_DECLARED: Mapping[str, Flag] = {flag.name: flag for flag in FLAGS}


def read_flags(words: Sequence[str]) -> Flags:
    """Raises FlagError for an unknown flag, one without its value, and a switch that is neither true nor
    false; in Go's own words."""
    values: dict[str, str] = {}
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return Flags(values, tuple(words[at + 1 :]))
        if not word.startswith("-") or word == "-":
            return Flags(values, tuple(words[at:]))
        name, equals, value = word[2 if word.startswith("--") else 1 :].partition("=")
        flag = _declared(word, name)
        if not flag.metavar:
            value = value if equals else "true"
            if value not in _BOOLEANS:
                raise FlagError(f'invalid boolean value "{value}" for -{name}: parse error')
        elif not equals:
            at += 1
            if at == len(words):
                raise FlagError(f"flag needs an argument: -{name}")
            value = words[at]
        values[name] = value
        at += 1
    return Flags(values)


def _declared(word: str, name: str) -> Flag:
    if not name or name[0] in "-=":
        raise FlagError(f"bad flag syntax: {word}")
    if name not in _DECLARED:
        raise FlagError(f"flag provided but not defined: -{name}")
    return _DECLARED[name]


def go_boolean(text: str) -> bool | None:
    """What Go takes for true or false; None for any other word."""
    return _BOOLEANS.get(text)
