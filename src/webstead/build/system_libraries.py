"""The libraries of the system that an environment's packages need, and this system lacks.

What an environment needs follows from its files: it is read once, and kept beside them. What the system has
is looked at with each build, since a library may have been installed meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from webstead.build.environment import Environment, site_packages
from webstead.build.steps import Steps
from webstead.effects.files import write_atomically
from webstead.effects.plain_files import LARGEST_NOTE, read_plain
from webstead.formats.elf import Elf, NotElf, read_elf
from webstead.project.system_libraries import how_to_install

__all__ = ["Needed", "lacking", "needed_libraries", "warn_of_libraries"]

NOTE = "webstead-libraries.json"
NOTE_VERSION = 1
MAX_OBJECTS = 20_000  # the largest environments (deep learning) have two thousand

_OBJECT_LINE = re.compile(r"^\"?([^,\"\n]*\.so[^,\"\n]*)", re.MULTILINE)
"""The path of a shared object in a RECORD."""

_CACHE = Path("/etc/ld.so.cache")
_FOLDERS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Needed:
    """library: its name. package: `opencv-python 4.11.0`, or a file's path. file: the first that needs it."""

    library: str
    package: str
    file: str


def warn_of_libraries(environment: Environment, steps: Steps, environ: Mapping[str, str]) -> None:
    """Say which are lacking, each with the package that has it."""
    if sys.platform != "linux":
        return
    by_package: dict[str, list[str]] = {}
    for found in lacking(_known(environment), environ):
        by_package.setdefault(found.package, []).append(found.library)
    for package, names in by_package.items():
        what = f"{package} needs {', '.join(names)}, which this system lacks."
        steps.warn(f"{what} Fix: {how_to_install(*names)}")


def lacking(needed: list[Needed], environ: Mapping[str, str]) -> list[Needed]:
    """Those that neither the loader's cache nor its folders have."""
    if not needed:
        return []
    cached = _CACHE.read_bytes() if _CACHE.is_file() else b""
    folders = [*filter(None, environ.get("LD_LIBRARY_PATH", "").split(":")), *_FOLDERS]
    return [
        each
        for each in needed
        if not any(mark + each.library.encode() + b"\0" in cached for mark in (b"/", b"\0"))
        and not any(os.path.exists(os.path.join(folder, each.library)) for folder in folders)
    ]


def _known(environment: Environment) -> list[Needed]:
    """What the environment needs, from its note; read from its files the first time."""
    note = environment.prefix / NOTE
    try:
        data = json.loads(read_plain(note, LARGEST_NOTE))
        if data["version"] == NOTE_VERSION:
            return [Needed(*words) for words in data["needed"]]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):  # none yet, or cut off
        pass
    found = needed_libraries(environment.prefix)
    with contextlib.suppress(OSError):  # a cache that another user filled
        record = {"version": NOTE_VERSION, "needed": [astuple(each) for each in found]}
        write_atomically(note, json.dumps(record).encode())
    return found


def needed_libraries(prefix: Path) -> list[Needed]:
    """What the shared objects below prefix need from outside, each library once."""
    objects = dict(_objects(prefix))
    own = {path.name for path in objects} | {elf.name for elf in objects.values()} | _beside_python(prefix)
    first: dict[str, Path] = {}
    for path, elf in sorted(objects.items()):
        for library in elf.needed:
            if os.path.basename(library) not in own and not _on_path(library, path, elf):
                first.setdefault(library, path)
    owners = _owners(prefix, {str(path) for path in first.values()}) if first else {}
    return [
        Needed(library, owners.get(str(path), str(path.relative_to(prefix))), str(path.relative_to(prefix)))
        for library, path in sorted(first.items())
    ]


def _objects(prefix: Path) -> Iterator[tuple[Path, Elf]]:
    """Every shared object below prefix for this machine."""
    machine = _machine()
    count = 0
    for folder, _, names in os.walk(prefix):
        for name in names:
            if not (name.endswith(".so") or ".so." in name):
                continue
            path = Path(folder, name)
            if path.is_symlink():
                continue
            count += 1
            if count > MAX_OBJECTS:
                return
            elf = _read(path)
            if elf is not None and (elf.machine, elf.bits) == machine:
                yield path, elf


def _machine() -> tuple[int, int]:
    own = _read(Path(os.path.realpath(sys.executable)))
    return (own.machine, own.bits) if own else (0, 0)


def _read(path: Path) -> Elf | None:
    try:
        with path.open("rb", buffering=0) as file:

            def read(offset: int, size: int) -> bytes:
                if offset > sys.maxsize:
                    raise NotElf("an offset outside of any file")
                return os.pread(file.fileno(), size, offset)

            return read_elf(read)
    except (NotElf, OSError):
        return None


def _beside_python(prefix: Path) -> set[str]:
    """The libraries of the interpreter that the environment was made from."""
    base = Path(os.path.realpath(prefix / "bin" / "python")).parent.parent / "lib"
    return {entry.name for entry in base.glob("*.so*")}


def _on_path(library: str, path: Path, elf: Elf) -> bool:
    """Whether the folders that the object itself names have it."""
    if "/" in library:
        return os.path.exists(library)
    for folder in elf.path:
        place = folder.replace("${ORIGIN}", str(path.parent)).replace("$ORIGIN", str(path.parent))
        if os.path.isabs(place) and os.path.exists(os.path.join(place, library)):
            return True
    return False


def _owners(prefix: Path, files: set[str]) -> dict[str, str]:
    """By file, the package that brought it: `name version`, from the RECORD of each."""
    found: dict[str, str] = {}
    for folder in (*site_packages(prefix), *prefix.glob("overlay")):
        for record in folder.glob("*.dist-info/RECORD"):
            label = record.parent.name.removesuffix(".dist-info").replace("-", " ").replace("_", "-")
            for line in _OBJECT_LINE.findall(record.read_text("utf-8", "replace")):
                path = str(folder / line)
                if path in files:
                    found[path] = label
    return found
