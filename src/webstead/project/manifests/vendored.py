"""Packages that are in the project itself, installed there before: `.python_packages` of Azure Functions,
`__oryx_packages__` of Oryx, and `vendor`. They are used as they are, where no manifest states any.

What is read is what an installer has written of each package: METADATA, WHEEL, entry_points.txt (PyPA's
"Recording installed projects"). A folder without that is code of the project's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.paths import folder_of, join, name_of, relative_to
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["Script", "Tag", "read_vendored", "scripts_of", "tags_of", "vendored_folder"]

_FOLDERS = (
    re.compile(r"\.python_packages/lib/(?:python3\.\d{1,2}/)?site-packages"),
    re.compile(r"__oryx_packages__"),
)
_ONLY_ALONE = re.compile(r"vendor")
"""The project may put it on its path itself, or hold something else in it."""

_INSTALLED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._]*)-(?P<version>\d[\w.!+]*)\.dist-info")
_TAG = re.compile(r"Tag:\s*(?P<python>[a-z]\w*)-(?P<abi>\w+)-(?P<platform>[\w.]+)\s*")
_SCRIPT = re.compile(
    r"\s*(?P<name>[\w][\w.-]{0,100})\s*=\s*(?P<module>[A-Za-z_][\w.]*)\s*:\s*(?P<object>[A-Za-z_][\w.]*)\s*"
    r"(?:\[.*\])?"
)
_READ = ("WHEEL", "entry_points.txt")


@dataclass(frozen=True, slots=True)
class Tag:
    """For which interpreter and system a package was built: `cp312`, `manylinux_2_17_x86_64`."""

    python: str
    abi: str
    platform: str

    @property
    def version(self) -> str:
        """`3.12`; "" when it is not built for one version."""
        found = re.fullmatch(r"cp3(\d{1,2})", self.python)
        return f"3.{found[1]}" if found and self.abi not in ("none", "abi3") else ""


@dataclass(frozen=True, slots=True)
class Script:
    """A command of a package."""

    name: str
    module: str
    object: str


def vendored_folder(tree: Tree, folder: str, *, alone: bool) -> str | None:
    """The folder of packages in a folder. alone: nothing else states packages."""
    found = {folder_of(folder_of(path)) for path in tree.files() if path.endswith(".dist-info/METADATA")}
    inside = {relative_to(path, folder): path for path in sorted(found) if join(folder, ".") is not None}
    patterns = (*_FOLDERS, *((_ONLY_ALONE,) if alone else ()))
    return next(
        (path for each in patterns for name, path in inside.items() if each.fullmatch(name)),
        None,
    )


def read_vendored(tree: Tree, path: str) -> Manifest:
    """path: of the folder."""
    listed = tuple(sorted(_installed(tree, path), key=lambda item: item.name))
    files = [
        file
        for file in tree.files()
        if name_of(file) in _READ and folder_of(folder_of(file)) == path and folder_of(file) != path
    ]
    why = f"{len(listed)} package{'' if len(listed) == 1 else 's'} installed in it"
    names = frozenset(item.name for item in listed)
    return Manifest("vendored", path, tuple(sorted(files)), why, listed, names)


def _installed(tree: Tree, path: str) -> Iterator[Listed]:
    for file in tree.files():
        if name_of(file) == "METADATA" and folder_of(folder_of(file)) == path:
            found = _INSTALLED.fullmatch(name_of(folder_of(file)))
            if found:
                text = f"{found['name']}=={found['version']}"
                yield Listed(canonicalize_name(found["name"]), text, Evidence(file, 0, f"holds {text}"))


def tags_of(files: Mapping[str, bytes]) -> dict[str, tuple[Tag, ...]]:
    """By the WHEEL file, the tags of each package."""
    return {
        path: tuple(
            Tag(found["python"], found["abi"], found["platform"])
            for line in decode(data).lines
            if (found := _TAG.fullmatch(line))
        )
        for path, data in files.items()
        if name_of(path) == "WHEEL"
    }


def scripts_of(files: Mapping[str, bytes]) -> tuple[Script, ...]:
    """The commands of all packages, one of each name."""
    found: dict[str, Script] = {}
    for path, data in sorted(files.items()):
        section = ""
        for line in decode(data).lines if name_of(path) == "entry_points.txt" else ():
            section = line.strip() if line.startswith("[") else section
            match = _SCRIPT.fullmatch(line) if section == "[console_scripts]" else None
            if match:
                found.setdefault(match["name"], Script(match["name"], match["module"], match["object"]))
    return tuple(found.values())
