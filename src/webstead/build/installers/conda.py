"""A conda environment: its packages by rattler, Python among them, and then its `pip` part by uv.

The file, the channels and the platform decide where the environment stands. What the solver chose is written
beside the marker; an environment that is there needs neither the network nor rattler.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from webstead.build.conda import activate, machine_configuration
from webstead.build.environment import environment_at
from webstead.build.installers.work import Work
from webstead.effects.files import write_atomically
from webstead.errors import BuildError
from webstead.project.manifests.conda import CondaEnvironment, CondaSpec, parse_conda
from webstead.project.manifests.conda_lock import FILE as LOCK

if TYPE_CHECKING:
    from rattler import RepoDataRecord

    from webstead.build.conda.engine import Engine

__all__ = ["install_conda"]

EXPLICIT = "conda-explicit.txt"
"""Beside the marker: what was installed, as `conda create --file` and micromamba read it."""

_PIP_FILE = "webstead-pip.txt"
_INCLUDE = re.compile(r"^(-r|--requirement|-c|--constraint)(?:\s+|=)?(\S.*)$")


def install_conda(work: Work) -> None:
    """Raises BuildError, and UvFailed for the `pip` part."""
    file = work.project / work.step.path
    data = work.inputs.files[work.step.path]
    if file.name.lower() == LOCK:
        engine = _engine(work, CondaEnvironment(work.step.path))
        locked = engine.locked(file)
        _install(work, engine, locked.records)
        _finish(work, (), locked.pip, alone=True)
        return
    environment = parse_conda(work.step.path, data)
    engine = _engine(work, environment)
    work.say(f"Solving {len(environment.specs)} packages for {engine.subdir}")
    _install(work, engine, engine.solve())
    pip = [_absolute(spec.text, file.parent) for spec in environment.pip]
    _finish(work, environment.variables, pip, alone=False)


def _engine(work: Work, environment: CondaEnvironment) -> Engine:
    try:
        from webstead.build.conda.engine import CondaJob, Engine
    except ImportError as error:
        raise _no_rattler(work.step.path, error) from None
    asked = tuple(CondaSpec(word, 0) for word in work.step.words)
    return Engine(
        CondaJob(
            work.step.path,
            (work.project / work.step.path).parent,
            work.environment.prefix.parents[1] / "conda",
            machine_configuration(work.environ),
            environment.channels,
            (*environment.specs, *asked),
        )
    )


def _install(work: Work, engine: Engine, records: Sequence[RepoDataRecord]) -> None:
    prefix = work.environment.prefix
    if not any(record.name.normalized == "python" for record in records):
        raise BuildError(
            f"The environment of {work.step.path} has no Python",
            found=f"its {len(records)} packages do not need one",
            fix=f"Add a line to `dependencies` of {work.step.path}: - python=3.12",
        )
    work.say(f"Installing {len(records)} packages")
    downloaded = work.meter("Downloading", "bytes", None)
    engine.install(records, prefix, downloaded, work.meter("Installing", "packages", len(records)))
    lines = [f"{record.url}#{record.md5.hex()}" if record.md5 else record.url for record in records]
    write_atomically(prefix / EXPLICIT, "\n".join(["@EXPLICIT", *sorted(lines), ""]).encode())


def _finish(work: Work, variables: Sequence[tuple[str, str]], pip: Sequence[str], *, alone: bool) -> None:
    """Activation, then the packages of pip. alone: these are all, with what they need."""
    prefix = work.environment.prefix
    activate(prefix, dict(variables), work.runner, work.environ, work.say)
    if not pip:
        return
    file = prefix / _PIP_FILE
    write_atomically(file, "\n".join([*pip, ""]).encode())
    python = environment_at(prefix).python
    work.uv.install_requirements(python, str(file), refresh=work.inputs.copied, alone=alone)


def _absolute(line: str, folder: Path) -> str:
    """uv reads an included file as seen from the file that includes it, which is not the project's here."""
    found = _INCLUDE.match(line)
    return f"{found[1]} {folder / found[2].strip()}" if found and "://" not in found[2] else line


def _no_rattler(path: str, error: ImportError) -> BuildError:
    return BuildError(
        f"{path} asks for a conda environment, and this Webstead is installed without its conda part",
        found=str(error),
        fix="Install it with that part (25 MB): pip install 'webstead[conda]', or uv tool install "
        "'webstead[conda]'. Or list the packages in a requirements.txt, if PyPI has them.",
    )
