"""Where a project is read from: a folder, a zip, or a commit of a repository; each as a tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import DiskTree
from webstead.errors import UsageError
from webstead.project.tree import IGNORED_FOLDERS, Tree
from webstead.site.layout import default_state, find_layout

__all__ = ["Source", "is_meant_as_zip", "open_source"]

_WWWROOT = "site/wwwroot/"


@dataclass(frozen=True, slots=True)
class Source:
    """tree: the project's files. entered: the folder of the zip that holds everything, or ""."""

    tree: Tree
    entered: str = ""


@contextmanager
def open_source(path: Path, revision: str | None) -> Iterator[Source]:
    """The project of a folder, of a zip, or of a revision of the repository that a folder is in. A home is
    entered, as of a site. Raises UsageError, RuntimeMissing."""
    if path.is_file() and is_meant_as_zip(path):
        if revision is not None:
            fix = f"Leave --ref out, or name the repository: webstead plan FOLDER --ref {revision}"
            raise UsageError("A zip has no revisions.", found=f"--ref {revision} with {path}", fix=fix)
        from webstead.effects.zip_tree import ZipTree

        opened = ZipTree(path, IGNORED_FOLDERS)
        yield Source(_site(opened), opened.top)
    elif revision is not None and path.is_dir():
        from webstead.effects.git_tree import GitTree

        with GitTree(path, revision, IGNORED_FOLDERS) as tree:
            yield Source(_site(tree))
    else:
        if path.is_file():
            raise _no_project(path)
        yield Source(DiskTree(find_layout(path, default_state()).wwwroot, IGNORED_FOLDERS))


def _no_project(path: Path) -> UsageError:
    found = f"{path.stat().st_size} bytes that do not begin as a zip"
    fix = f"Name a zip, or a folder: {path.parent}. Another archive has to be unpacked first."
    return UsageError(f"{path} is neither a folder nor a zip.", found=found, fix=fix)


def is_meant_as_zip(path: Path) -> bool:
    """A file named *.zip is meant as one, whatever is in it."""
    from webstead.effects.zip_listing import is_zip

    return path.suffix.lower() == ".zip" or is_zip(path)


class _Below:
    """A folder of a tree, as a tree."""

    def __init__(self, tree: Tree, prefix: str) -> None:
        self._tree = tree
        self._prefix = prefix

    def files(self) -> Sequence[str]:
        paths = self._tree.files()
        return [path.removeprefix(self._prefix) for path in paths if path.startswith(self._prefix)]

    def read(self, path: str) -> bytes:
        return self._tree.read(posixpath.join(self._prefix, path))


def _site(tree: Tree) -> Tree:
    """A home's site/wwwroot, as find_layout finds it in a folder."""
    inside = any(path.startswith(_WWWROOT) for path in tree.files())
    return _Below(tree, _WWWROOT) if inside else tree
