"""What an environment is built from, read once: for its address, and to name the line that a failure is
about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.build.address import LocalPath, local_paths, variables_used
from webstead.effects.files import DiskTree
from webstead.errors import BuildError
from webstead.plan.model import InstallStep
from webstead.project.pyproject import read_pyproject
from webstead.project.requirements import Listed, read_requirements
from webstead.project.text import decode
from webstead.project.tree import IGNORED_FOLDERS, Tree

__all__ = ["Inputs", "read_inputs"]

_METADATA = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Inputs:
    """files: bytes by path. facts: what else the environment follows from. listed: the requirements, with
    lines.
    """

    files: Mapping[str, bytes]
    facts: tuple[str, ...] = ()
    listed: tuple[Listed, ...] = ()


class _Recorded:
    """A Tree that remembers what was read from it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.seen: dict[str, bytes] = {}

    def files(self) -> Sequence[str]:
        return self._tree.files()

    def read(self, path: str) -> bytes:
        if path not in self.seen:
            self.seen[path] = self._tree.read(path)
        return self.seen[path]


def read_inputs(
    steps: Sequence[InstallStep], tree: Tree, project: Path, environ: Mapping[str, str]
) -> Inputs:
    """Read the input files of these steps, and those that they include. Raises BuildError when one is
    missing.
    """
    recorded = _Recorded(tree)
    listed: list[Listed] = []
    for step in steps:
        try:
            listed += _read_step(step, recorded)
        except FileNotFoundError as error:
            raise _missing(step, str(error), project) from None
    if "uv.toml" in tree.files():  # it names the indexes that uv takes packages from
        recorded.read("uv.toml")
    texts = {
        path: decode(data).text for path, data in recorded.seen.items() if path.endswith((".txt", ".in"))
    }
    return Inputs(dict(recorded.seen), tuple(_facts(texts, project, environ)), tuple(listed))


def _read_step(step: InstallStep, tree: Tree) -> Sequence[Listed]:
    for path in step.inputs:
        tree.read(path)
    if step.kind == "requirements":
        return read_requirements(tree, step.path).listed
    if step.kind == "pyproject":
        return read_pyproject(tree, step.path).listed
    if step.kind == "lock":
        tree.read(step.path)
        folder = step.path.rpartition("/")[0]
        return read_pyproject(tree, f"{folder}/pyproject.toml".lstrip("/")).listed
    return ()


def _missing(step: InstallStep, path: str, project: Path) -> BuildError:
    return BuildError(
        f"The file {path} is missing",
        found=f"the step {step.summary!r} reads it, and it is not in {project}",
        fix=f"Put {path} back, or run `webstead plan {project}` to see what the plan is now.",
    )


def _facts(texts: Mapping[str, str], project: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Variables and local folders that requirements name: the environment is of their content too."""
    for path, text in texts.items():
        for name in variables_used(text):
            yield f"{name}={environ.get(name, '')}"
        for local in local_paths(text):
            # uv reads a path as seen from the folder that it is started in, as pip does.
            yield from _local_facts(local, Path(os.path.normpath(project / local.path)), path)


def _local_facts(local: LocalPath, target: Path, source: str) -> Iterator[str]:
    yield f"{source} {target} {local.editable}"
    if target.is_file():
        info = target.stat()
        yield f"{info.st_mtime_ns} {info.st_size}"
    elif local.editable:  # its code is used where it is; only what it depends on is built in
        yield from (f"{name} {_stamp(target / name)}" for name in _METADATA)
    elif target.is_dir():
        yield from (f"{stamp}" for stamp in DiskTree(target, IGNORED_FOLDERS).stamps())


def _stamp(file: Path) -> str:
    return f"{file.stat().st_mtime_ns} {file.stat().st_size}" if file.is_file() else "-"
