"""Packages that a lock of Poetry, PDM or Pipenv fixes: each in its version, with its hash, and no others.

The lock is read here; uv gets the packages as lines of a requirements file that need nothing more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from packaging.markers import default_environment

from webstead.build.installers.work import Work
from webstead.build.interpreter import Interpreter
from webstead.build.uv import index_variables
from webstead.effects.files import write_atomically
from webstead.errors import BuildError
from webstead.project.manifests import Kind
from webstead.project.manifests.locks import (
    Lock,
    LockError,
    Need,
    Selection,
    admits,
    read_lock,
    requirement_line,
    select,
)
from webstead.project.tree import MemoryTree

__all__ = ["LOCKED_FILE", "lock_installer"]

LOCKED_FILE = "webstead-locked.txt"
"""In the environment: what was installed from the lock."""


def lock_installer(kind: Kind) -> Callable[[Work], None]:
    def install(work: Work) -> None:
        _install(work, _read(work, kind))

    return install


def _install(work: Work, lock: Lock) -> None:
    if not admits(lock.python, work.interpreter.version):
        raise BuildError(
            f"{lock.path} is made for Python {lock.python}, and the site's is {work.interpreter.version}",
            found=f"{lock.path} says so itself; it may have other packages for another Python",
            fix="Choose one that fits with --runtime, or change what the project asks for and write the lock "
            f"anew: {lock.relock}",
        )
    selection = select(lock, _environment(work.interpreter))
    if selection.missing or selection.others:
        raise _not_fitting(work, lock, selection)
    hashed = all(pin.hashes for pin in selection.pins if pin.version)
    variables = index_variables(lock.path, lock.indexes, work.environ, hashed=hashed)
    lines = [requirement_line(pin, lambda path: _address(work, path)) for pin in selection.pins]
    file = work.environment.prefix / LOCKED_FILE
    write_atomically(file, "\n".join([*lines, ""]).encode(), 0o600)  # an address may hold a token
    if lines:
        work.uv.install_requirements(
            work.environment.python, str(file), refresh=work.inputs.copied, alone=True, variables=variables
        )


def _address(work: Work, path: str) -> str:
    return Path(os.path.normpath(work.project / path)).as_uri()


def _read(work: Work, kind: Kind) -> Lock:
    try:
        return read_lock(kind, MemoryTree(work.inputs.files), work.step.path)
    except LockError as error:
        raise BuildError(
            f"{work.step.path} cannot be installed from",
            found=str(error),
            fix="Write it anew with the tool that made it.",
        ) from None


def _environment(interpreter: Interpreter) -> dict[str, str]:
    """The values of markers: of this machine, and of the interpreter that the packages are for."""
    implementation = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalVM"}
    return {
        **{name: str(value) for name, value in default_environment().items()},
        "implementation_name": interpreter.implementation,
        "implementation_version": interpreter.version,
        "platform_python_implementation": implementation.get(
            interpreter.implementation, interpreter.implementation
        ),
        "python_full_version": interpreter.version,
        "python_version": ".".join(map(str, interpreter.release[:2])),
    }


def _not_fitting(work: Work, lock: Lock, selection: Selection) -> BuildError:
    where = {item.name: f"{item.evidence.where}: {item.text}" for item in work.inputs.listed}

    def lines() -> Iterator[str]:
        for need in selection.missing:
            yield f"{_said(where, lock, need)}, and {lock.path} has no {need.name}"
        for need, pin in selection.others:
            yield f"{_said(where, lock, need)}, and {lock.path} has {pin.name} {pin.version}"

    folder = (work.project / lock.path).parent
    return BuildError(
        f"{lock.path} does not fit {lock.manifest}",
        found="\n".join(lines()),
        fix=f"Run `{lock.relock}` in {folder}.",
    )


def _said(where: dict[str, str], lock: Lock, need: Need) -> str:
    return where.get(need.name, f"{lock.manifest}: {need.name} {need.version}".strip())
