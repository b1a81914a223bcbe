"""What an environment is built from, read once: for its address, and to name the line that a failure is
about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webstead.build.address import LocalPath, local_paths, locked_paths, variables_used
from webstead.build.conda import conda_facts
from webstead.effects.files import DiskTree
from webstead.errors import BuildError
from webstead.plan.model import InstallStep
from webstead.project.manifests import KINDS, LOCK_KINDS, Listed, Manifest, read_manifest
from webstead.project.manifests.conda import parse_conda
from webstead.project.manifests.locks import LOCKS, LockError, pylock_paths, read_lock
from webstead.project.text import decode
from webstead.project.tree import IGNORED_FOLDERS, MemoryTree, Tree

__all__ = ["Inputs", "read_inputs"]

_NO_REQUIREMENTS = (".toml", ".lock", ".py", ".cfg", ".json", "pipfile")
_METADATA = ("pyproject.toml", "setup.py", "setup.cfg")
_BUILT = IGNORED_FOLDERS | {"build", "dist"}  # what building a package leaves in its folder


@dataclass(frozen=True, slots=True)
class Inputs:
    """files: bytes by path. facts: what else the environment follows from. listed: the requirements, with
    their lines. copied: whether the content of a local folder goes in. manifest: what packages are installed
    from.
    """

    files: Mapping[str, bytes]
    facts: tuple[str, ...] = ()
    listed: tuple[Listed, ...] = ()
    copied: bool = False
    manifest: Manifest | None = None


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
    manifests: list[Manifest] = []
    for step in steps:
        try:
            manifests += _read_step(step, recorded)
        except FileNotFoundError as error:
            raise _missing(step, str(error), project) from None
    if "uv.toml" in tree.files():  # it names the indexes that uv takes packages from
        recorded.read("uv.toml")
    listed = tuple(item for manifest in manifests for item in manifest.listed)
    lines = [line for manifest in manifests for line in manifest.lines or ()]
    computed = {path for manifest in manifests if manifest.computed for path in manifest.files}
    read = {path: data for path, data in recorded.seen.items() if path not in computed}
    locals_ = dict((*_locals(steps, read, project), *_local_lines(lines, project)))
    variables = {name for data in recorded.seen.values() for name in variables_used(decode(data).text)}
    facts = [f"{name}={environ.get(name, '')}" for name in sorted(variables)]
    facts += [f"in {project / step.path}" for step in steps if step.kind == "vendored"]
    facts += conda_facts(steps, recorded.seen, environ)
    facts += [fact for local, target in locals_.items() for fact in _local_facts(local, target)]
    copied = any(not local.editable and target.is_dir() for local, target in locals_.items())
    return Inputs(dict(recorded.seen), tuple(facts), listed, copied, manifests[0] if manifests else None)


def _read_step(step: InstallStep, tree: Tree) -> Sequence[Manifest]:
    for path in step.inputs:
        tree.read(path)
    kind = next((kind for kind in KINDS if kind == step.kind), None)
    manifest = read_manifest(kind, tree, step.path) if kind else None
    return [manifest] if manifest else []


def _missing(step: InstallStep, path: str, project: Path) -> BuildError:
    whys = "".join(f"; {evidence.why}" for evidence in step.evidence if evidence.path == path)
    return BuildError(
        f"The file {path} is missing",
        found=f"the step {step.summary!r} reads it, and it is not in {project}{whys}",
        fix=f"Put {path} back, or run `webstead plan {project}` to see what the plan is now.",
    )


def _locals(
    steps: Sequence[InstallStep], files: Mapping[str, bytes], project: Path
) -> Iterator[tuple[LocalPath, Path]]:
    """Local folders and files that requirements name, and where they are."""
    kinds = {*LOCK_KINDS, "vendored"}
    locks = {path for step in steps if step.kind in kinds for path in (step.path, *step.inputs)}
    for step in steps:
        for local in _of_lock(step, files):
            yield local, Path(os.path.normpath(project / local.path))
    for path, data in files.items():
        if path.endswith("uv.lock"):
            folder = project / os.path.dirname(path)
            found = locked_paths(decode(data).text)
        elif path.endswith((".yml", ".yaml")):
            folder = project
            pip = parse_conda(path, data).pip
            found = local_paths("\n".join(line.text for line in pip))
        elif not path.lower().endswith(_NO_REQUIREMENTS) and path not in locks:
            folder = project  # uv reads a path as seen from the folder that it is started in, as pip does
            found = local_paths(decode(data).text)
        else:
            continue
        for local in found:
            yield local, _target(folder, local)


def _local_lines(lines: Sequence[str], project: Path) -> Iterator[tuple[LocalPath, Path]]:
    """The same of what is converted to requirement lines."""
    for local in local_paths("\n".join(lines)):
        yield local, _target(project, local)


def _target(folder: Path, local: LocalPath) -> Path:
    return Path(os.path.normpath(folder / local.path))


def _of_lock(step: InstallStep, files: Mapping[str, bytes]) -> Iterator[LocalPath]:
    if step.kind == "pylock":
        paths = pylock_paths(step.path, files[step.path])
        yield from (LocalPath(path, editable) for path, editable in paths)
    elif step.kind in LOCKS:
        with suppress(LockError):  # the installer says so
            lock = read_lock(step.kind, MemoryTree(files), step.path)
            yield from (LocalPath(pin.path, pin.editable) for pin in lock.pins if pin.path)


def _local_facts(local: LocalPath, target: Path) -> Iterator[str]:
    """An environment follows from the content of the folders that it copies."""
    yield f"{target} {local.editable}"
    if target.is_file():
        yield _stamp(target)
    elif local.editable:  # its code is used where it is; only what it depends on is built in
        yield from (f"{name} {_stamp(target / name)}" for name in _METADATA)
    elif target.is_dir():
        stamps = DiskTree(target, _BUILT).stamps()
        yield from (f"{stamp}" for stamp in stamps if ".egg-info/" not in stamp.path)


def _stamp(file: Path) -> str:
    return f"{file.stat().st_mtime_ns} {file.stat().st_size}" if file.is_file() else "-"
