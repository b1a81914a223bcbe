"""An environment as items of an output, changed so that it works wherever the output is put.

What is changed: console scripts, activation scripts, `.pth` files and modules of editable packages, byte
code, and the RECORDs of all these. The link to the interpreter stays: `repair` in the start makes it anew
where the target has its Python elsewhere. A conda environment brings a program that replaces its path.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from webstead.build.environment import OVERLAY, Environment
from webstead.build.output.activation import CONDA_ACTIVATION, relocatable_activation
from webstead.build.output.items import Item, chunks, folder_items
from webstead.build.output.moved import NOTE
from webstead.build.output.relocatable import (
    Outside,
    fixed_byte_code,
    record_of,
    relocatable_finder,
    relocatable_pth,
    relocatable_script,
)
from webstead.errors import BuildError

__all__ = ["MOVER", "relocated_items"]

MOVER = "conda-meta/webstead_moved.py"
"""Of a conda environment: run by its Python with its folder, before anything else at a new place."""

_LEFT = frozenset({".gitignore", ".lock", "CACHEDIR.TAG"})
"""Notes to tools that an environment is none of their business: an output is the user's."""

_SCRIPTS_LIMIT = 1 << 20  # a larger file in bin is a binary


def relocated_items(environment: Environment, name: str, project: Path, root: str = "..") -> tuple[Item, ...]:
    """Everything of the environment that goes into an output, in its folder name. project: the folder whose
    files are in the output too, at root as seen from the environment. Raises BuildError for one that cannot
    be moved, and OSError.
    """
    if os.name == "nt":
        raise BuildError(
            "An output cannot be made on Windows",
            found="the programs of an environment hold its path here, as compiled launchers",
            fix="Build it on Linux, for example in the Windows Subsystem for Linux.",
        )
    prefix = environment.prefix
    items = tuple(_Relocation(prefix, name, project, root).items())
    if environment.conda is None:
        return items
    there = {item.path for item in items}
    return (*items, *(item for item in _moved_by_itself(prefix, name) if item.path not in there))


def _moved_by_itself(prefix: Path, name: str) -> Iterator[Item]:
    """What makes a conda environment one of its new place: its packages hold their path in binary files."""
    yield Item.of(f"{name}/{NOTE}", os.fsencode(prefix))
    yield Item.of(f"{name}/{MOVER}", Path(__file__).with_name("moved.py").read_bytes())
    yield Item.of(f"{name}/bin/activate", CONDA_ACTIVATION.encode())


@dataclass(slots=True)
class _Relocation:
    prefix: Path
    name: str
    project: Path
    root: str

    def items(self) -> Iterator[Item]:
        """Files first that are changed, as RECORDs name their digests."""
        found = {item.path: item for item in folder_items(self.prefix, skip=self._is_left)}
        changed = {path: self._changed(item) for path, item in found.items() if _may_hold_path(path)}
        new = {path: data for path, data in changed.items() if data is not _AS_IT_IS}
        for path, item in found.items():
            if posixpath.basename(path) == "RECORD" and ".dist-info/" in path:
                new[path] = self._record(item, new)
        for path, item in sorted(found.items()):
            data = new.get(path, _AS_IT_IS)
            placed = posixpath.join(self.name, path)
            if data is _AS_IT_IS and "/__pycache__/" in path and path.endswith(".pyc"):
                yield from self._byte_code(item, placed)
            elif data is _AS_IT_IS:
                yield Item(placed, item.size, item.executable, item.data, item.source, item.link)
            elif data is not None:
                yield Item.of(placed, data, executable=item.executable)

    def _is_left(self, path: str, entry: os.DirEntry[str]) -> bool:
        own = "/" not in path and (path in _LEFT or path.startswith("webstead"))
        return own or path == f"{OVERLAY}/.lock"

    def _byte_code(self, item: Item, placed: str) -> Iterator[Item]:
        """What Python would not take any more is left out: it would run in place of its source for ever."""
        folder, file = os.path.split(item.source or "")
        source = Path(folder).parent / f"{file.partition('.')[0]}.py"
        with contextlib.suppress(FileNotFoundError):
            info = source.stat()
            data = fixed_byte_code(_bytes(item), int(info.st_mtime), info.st_size)
            if data is not None:
                yield Item.of(placed, data)

    def _changed(self, item: Item) -> bytes | None:
        """None for what is left out; _AS_IT_IS for what holds no path."""
        if item.link is not None:
            return _AS_IT_IS
        folder, file = posixpath.split(item.path)
        if file == "direct_url.json":
            return None if b'"dir_info"' in _bytes(item) or b"file:" in _bytes(item) else _AS_IT_IS
        if item.size > _SCRIPTS_LIMIT:
            return _AS_IT_IS
        before = _bytes(item)
        try:
            after = self._rewritten(folder, file, before)
        except Outside as outside:
            raise self._outside(item, outside.path) from None
        return _AS_IT_IS if after == before else after

    def _rewritten(self, folder: str, file: str, data: bytes) -> bytes:
        prefix, project = str(self.prefix), str(self.project)
        if folder.endswith("bin"):
            way = b"../../bin/" if folder.startswith(OVERLAY) else b""
            script = relocatable_script(data, prefix, way)
            return _text(script, lambda t: relocatable_activation(file, t, prefix))
        if file.endswith(".pth"):
            return _text(data, lambda t: relocatable_pth(t, folder, prefix, project, self.root))
        return _text(data, lambda t: relocatable_finder(t, folder, project, self.root))

    def _record(self, item: Item, new: dict[str, bytes | None]) -> bytes:
        site = posixpath.dirname(posixpath.dirname(item.path))
        named = {posixpath.relpath(path, site): data for path, data in new.items()}
        return _text(_bytes(item), lambda text: record_of(text, named))

    def _outside(self, item: Item, path: str) -> BuildError:
        return BuildError(
            f"The environment needs a folder that the output does not hold: {path}",
            found=f"{item.path} names it, which is neither in the project ({self.project}) nor in the "
            "environment",
            fix="Move it into the project, or install it as a package (without -e).",
        )


_AS_IT_IS = b"\0as it is"


def _may_hold_path(path: str) -> bool:
    folder, file = posixpath.split(path)
    return (
        folder in ("bin", f"{OVERLAY}/bin")
        or file.endswith(".pth")
        or file == "direct_url.json"
        or (file.startswith("__editable__") and file.endswith("_finder.py"))
    )


def _bytes(item: Item) -> bytes:
    return b"".join(chunks(item))


def _text(data: bytes, change: Callable[[str], str]) -> bytes:
    return change(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
