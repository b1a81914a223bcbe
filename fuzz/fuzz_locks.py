"""Fuzz the reading of locks: `python fuzz locks`.

Any bytes are a lock or a LockError; each line that is made of a lock is one requirement of one package.
"""

from __future__ import annotations

from webstead.project.manifests.locks import (
    LOCKS,
    LockError,
    pylock_paths,
    read_lock,
    requirement_line,
    select,
)
from webstead.project.manifests.reading import read_manifests
from webstead.project.tree import MemoryTree

__all__ = ["one"]

NAMES = ("poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "1",
    "platform_python_implementation": "CPython",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def one(data: bytes) -> None:
    """data: a whole lock, of each kind in turn."""
    for name in NAMES:
        manifests = read_manifests(MemoryTree({name: data}))
        if manifests.chosen is None or manifests.chosen.path != name:
            raise AssertionError(f"{name} is passed over")
    pylock_paths("pylock.toml", data)
    for kind in LOCKS:
        try:
            lock = read_lock(kind, MemoryTree({"lock": data}), "lock")
        except LockError as error:
            if not str(error):
                raise AssertionError("an error without words") from error
            continue
        for pin in select(lock, ENVIRONMENT).pins:
            line = requirement_line(pin, lambda path: f"file:///srv/{path}")
            if len(line.splitlines()) != 1 or line.startswith("-") is not line.startswith("-e file:"):
                raise AssertionError(f"no requirement: {line!r}")
