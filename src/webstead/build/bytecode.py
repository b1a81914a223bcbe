"""Byte code that was compiled once, lent to each new environment that holds the same package.

uv compiles all modules of an environment or none, and all are thousands, of which an app imports hundreds. So
none are compiled: Python itself does it for what is imported when static files are collected and the start
is verified, and what it wrote is kept here by package. Files are links of one inode: Python never writes into
a `.pyc` file, it puts another in its place. Byte code of a source with another time or size is passed over by
Python, as always.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

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


_MODULE = re.compile(r"^((?!/)[^,\"\n]*\.py),([^,\n]+),", re.MULTILINE)
"""A module in a RECORD (path, hash, size: the specification of installed projects); one whose path needs
quotes is left to Python."""


@dataclass(frozen=True, slots=True)
class _Package:
    """One installed distribution. key: what its modules are. folders: those that hold modules, relative to
    site, with the modules' names."""

    site: str
    key: str
    folders: Mapping[str, Set[str]]


def lend(environment: Environment, cache: Path) -> None:
    """Put what is kept of the environment's packages into it. What cannot be linked is left out: Python
    compiles it."""
    for package in _packages(environment):
        home = str(cache / KEPT / package.key)
        for folder in package.folders if os.path.isdir(home) else ():
            _link_all(os.path.join(home, folder), os.path.join(package.site, folder), frozenset())


def keep(environment: Environment, cache: Path) -> None:
    """Keep the byte code that Python has written for the environment's packages."""
    for package in _packages(environment):
        home = str(cache / KEPT / package.key)
        for folder, modules in package.folders.items():
            _link_all(os.path.join(package.site, folder), os.path.join(home, folder), modules)


def _packages(environment: Environment) -> Iterator[_Package]:
    for site in site_packages(environment.prefix):
        for record in site.glob("*.dist-info/RECORD"):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                yield _read(str(site), record.read_text("utf-8"))


def _read(site: str, record: str) -> _Package:
    found = [(path, digest) for path, digest in _MODULE.findall(record) if ".." not in path.split("/")]
    folders: dict[str, set[str]] = {}
    for path, _ in found:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, set()).add(name.removesuffix(".py"))
    modules = "".join(f"{path}\0{digest}\n" for path, digest in found)
    return _Package(site, hashlib.sha256(modules.encode()).hexdigest()[:32], folders)


def _link_all(source: str, target: str, modules: Set[str]) -> None:
    """Link the byte code of one folder's modules to another folder. modules: whose; any, when there are
    none."""
    source, target = os.path.join(source, "__pycache__"), os.path.join(target, "__pycache__")
    try:
        names = [name for name in os.listdir(source) if name.endswith(".pyc")]
    except OSError:  # nothing was compiled there
        return
    wanted = [name for name in names if not modules or name.partition(".")[0] in modules]
    with contextlib.suppress(OSError):  # a file system without links, a cache that is not ours to write
        os.makedirs(target, exist_ok=True)
        for name in wanted:
            with contextlib.suppress(FileExistsError):
                os.link(os.path.join(source, name), os.path.join(target, name))
