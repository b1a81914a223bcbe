"""Byte code that was compiled once, lent to each new environment that holds the same package.

uv compiles all modules of an environment or none, and all are thousands, of which an app imports hundreds. So
none are compiled: Python itself does it for what is imported when static files are collected and the start
is verified, and what it wrote is kept here by package. Files are links of one inode: Python never writes into
a `.pyc` file, it puts another in its place. Byte code of a source with another time or size is passed over by
Python, as always.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from webstead.build.environment import Environment, site_packages

__all__ = ["ONLY_INTO_THE_ENVIRONMENT", "keep", "lend"]

KEPT = Path("bytecode", "1")
"""Below the cache. The files' names say of which Python they are: `x.cpython-311.pyc`."""

ONLY_INTO_THE_ENVIRONMENT = """
import os, runpy, sys
from importlib.machinery import SourceFileLoader
write, inside = SourceFileLoader.set_data, sys.prefix + os.sep
def set_data(self, path, data, **options):
    if path.startswith(inside):
        write(self, path, data, **options)
SourceFileLoader.set_data, sys.dont_write_bytecode = set_data, False
del sys.argv[0]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""A program for `python -c`: runs the script in its first argument as `python SCRIPT` would, and writes byte
code for the environment's modules only, not beside the project's."""


@dataclass(frozen=True, slots=True)
class _Package:
    """One installed distribution. key: what its modules are. folders: those that hold modules, relative to
    site, with the modules' names."""

    site: Path
    key: str
    folders: Mapping[PurePosixPath, frozenset[str]]


def lend(environment: Environment, cache: Path) -> None:
    """Put what is kept of the environment's packages into it. What cannot be linked is left out: Python
    compiles it."""
    for package in _packages(environment):
        home = cache / KEPT / package.key
        for folder in package.folders if home.is_dir() else ():
            _link_all(home / folder / "__pycache__", package.site / folder / "__pycache__", frozenset())


def keep(environment: Environment, cache: Path) -> None:
    """Keep the byte code that Python has written for the environment's packages."""
    for package in _packages(environment):
        home = cache / KEPT / package.key
        for folder, modules in package.folders.items():
            _link_all(package.site / folder / "__pycache__", home / folder / "__pycache__", modules)


def _packages(environment: Environment) -> Iterator[_Package]:
    for site in site_packages(environment.prefix):
        for record in site.glob("*.dist-info/RECORD"):
            with contextlib.suppress(OSError, UnicodeDecodeError, csv.Error):
                yield _read(site, record)


def _read(site: Path, record: Path) -> _Package:
    """The modules of a RECORD (path, hash, size: the specification of installed projects)."""
    digest = hashlib.sha256()
    folders: dict[PurePosixPath, set[str]] = {}
    with record.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            path = row[0] if row else ""
            if path.endswith(".py") and len(row) > 1 and row[1] and _is_inside(path):
                digest.update(f"{path}\0{row[1]}\n".encode())
                at = PurePosixPath(path)
                folders.setdefault(at.parent, set()).add(at.stem)
    modules = {folder: frozenset(names) for folder, names in folders.items()}
    return _Package(site, digest.hexdigest()[:32], modules)


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")


def _link_all(source: Path, target: Path, modules: frozenset[str]) -> None:
    """Link the byte code in one folder to another. modules: whose; any, when there are none."""
    try:
        names = [name for name in os.listdir(source) if name.endswith(".pyc")]
    except OSError:  # nothing was compiled there
        return
    wanted = [name for name in names if not modules or name.partition(".")[0] in modules]
    with contextlib.suppress(OSError):  # a file system without links, a cache that is not ours to write
        target.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            with contextlib.suppress(FileExistsError):
                os.link(source / name, target / name)
