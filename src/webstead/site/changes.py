"""What a change of the site's files asks for, as two tables: by which files have changed, and by what the
site is with them compared to what it was. Nothing here looks at a disk or a process.

On IIS a change of `web.config` takes effect at once, `app_offline.htm` takes the site off, and a change of a
file that `monitorChangesTo` or `recycleOnFileChange` names renews the processes. So it is here; code is taken
up by `--reload` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.prepare import Prepared

__all__ = ["EFFECTS", "OFFLINE", "STEPS", "Asked", "Effect", "Kind", "Watched", "asked", "effect_of"]

OFFLINE = "app_offline.htm"
"""In the site's folder: as long as it is there, it is the answer to every request."""

Kind = Literal["configuration", "named", "offline", "code", "other"]
Step = Literal["plan_anew", "recycle", "look_for_offline", "renew_all"]

STEPS: dict[Kind, tuple[Step, ...]] = {
    "configuration": ("plan_anew",),
    "named": ("recycle",),
    "offline": ("look_for_offline",),
    "code": ("plan_anew", "renew_all"),
    "other": (),
}
"""What is done for a file of each kind. `plan_anew` leads to EFFECTS."""

Effect = Literal["nothing", "publish", "start"]

EFFECTS: dict[tuple[bool, bool], Effect] = {
    (True, True): "nothing",
    (True, False): "publish",
    (False, True): "start",
    (False, False): "start",
}
"""What a new plan leads to, by whether its processes are the same as those that serve, and its files.
`publish`: the front gets the new configuration, and no process is started. `start`: the processes that are
not the same start beside the old, which drain; an environment that is not there is built before, while the
site serves on as it is."""

_CODE_SUFFIXES = frozenset(
    {".cfg", ".config", ".env", ".html", ".ini", ".j2", ".jinja", ".jinja2", ".lock", ".mako", ".py", ".toml"}
    | {".tpl", ".yaml", ".yml"}
)
"""Code, templates, configuration. Not what apps write (databases, logs, JSON) or what needs no restart."""

_CODE_NAMES = frozenset(
    {"Pipfile", "Pipfile.lock", "Procfile", ".python-version", "pdm.lock", "poetry.lock", "runtime.txt"}
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked for among a site's files. read: those that made the configuration, relative to wwwroot,
    with `/`; a folder that goes takes those in it along. named: files that processes are renewed for, with
    the keys of their pools. code: it is watched too."""

    wwwroot: Path
    read: frozenset[str] = frozenset()
    named: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    code: bool = False

    def kind(self, path: Path) -> Kind:
        if path in self.named:
            return "named"
        if not path.is_relative_to(self.wwwroot):
            return "other"
        inside = path.relative_to(self.wwwroot)
        if any(part in IGNORED_FOLDERS for part in inside.parts):
            return "other"
        if inside.as_posix().lower() == OFFLINE:
            return "offline"
        if inside.name.lower() == "web.config" or self._holds(inside.as_posix()):
            return "configuration"
        return "code" if self.code and _is_code(inside) else "other"

    def _holds(self, path: str) -> bool:
        return path in self.read or any(name.startswith(f"{path}/") for name in self.read)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a set of changed files asks for. names: of the files, as they are told of. recycle: pools."""

    names: tuple[str, ...] = ()
    steps: frozenset[Step] = frozenset()
    recycle: frozenset[str] = frozenset()

    def __or__(self, other: Asked) -> Asked:
        names = tuple(sorted({*self.names, *other.names}))
        return Asked(names, self.steps | other.steps, self.recycle | other.recycle)


def asked(paths: Iterable[Path], watched: Watched) -> Asked:
    kinds = {path: watched.kind(path) for path in paths}
    return Asked(
        tuple(sorted(_name(path, watched) for path, kind in kinds.items() if kind != "other")),
        frozenset(step for kind in kinds.values() for step in STEPS[kind]),
        frozenset(key for path in kinds for key in watched.named.get(path, ())),
    )


def effect_of(old: Prepared, new: Prepared) -> Effect:
    """old: what serves."""
    same = len(old.launches) == len(new.launches) and all(
        before.starts_the_same(after) for before, after in zip(old.launches, new.launches, strict=True)
    )
    return EFFECTS[same, old.files == new.files]


def _name(path: Path, watched: Watched) -> str:
    inside = path.is_relative_to(watched.wwwroot)
    return path.relative_to(watched.wwwroot).as_posix() if inside else str(path)


def _is_code(path: PurePath) -> bool:
    return (
        path.suffix.lower() in _CODE_SUFFIXES
        or path.name in _CODE_NAMES
        or (path.name.startswith("requirements") and path.suffix == ".txt")
    )
