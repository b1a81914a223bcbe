"""Which module a file is, and from which folder it is imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webstead.project.paths import folder_of, join, relative_to, stem_of
from webstead.project.source import Source

__all__ = ["Layout", "ModuleName", "absolute_imports", "imported_names", "is_package"]


@dataclass(frozen=True, slots=True)
class ModuleName:
    """name: dotted, relative to directory (`.` for the project's root), which must be on `sys.path` to import
    it."""

    name: str
    directory: str

    def inside(self, level: int, is_package: bool) -> str | None:
        """The package that `from . import x` (level 1) means here; None when it leaves the top package."""
        parts = self.name.split(".")
        keep = len(parts) - level + (1 if is_package else 0)
        return ".".join(parts[:keep]) if keep > 0 else None


class Layout:
    """The Python files of a project as importable modules."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = frozenset(files)
        self._folders: frozenset[str | None] = frozenset(
            parent for path in files if path.endswith(".py") for parent in _parents(folder_of(path))
        )

    def name(self, source: Source) -> ModuleName:
        """A file's module. Its import root is the first folder up without `__init__.py`, or another one where
        the file's own imports need it: `from app.routes import x` in app/main.py, a relative import,
        `import models` beside it, or the settings module that it gives Django."""
        root = self.package_root(source.path)
        absolute, level = absolute_imports(source)
        for _ in range(max(0, level - relative_to(source.path, root).count("/"))):
            root = folder_of(root) if root != "." else root
        own = folder_of(source.path)
        ways = (root, own, *_parents(own)[1:], ".") if source.settings else ()
        named = next((folder for folder in ways if self._has_settings(folder, source.settings)), None)
        if named is not None:
            return ModuleName(_dotted(relative_to(source.path, named)), named)
        if not level and not self._finds(root, absolute) and self._finds(own, absolute):
            root = own
        above = root
        while above != "." and not self._finds(root, absolute):
            above = folder_of(above)
            if self._finds(above, absolute):
                root = above
        return ModuleName(_dotted(relative_to(source.path, root)), root)

    def _has_settings(self, root: str, names: Sequence[str]) -> bool:
        folders = [join(root, name.replace(".", "/")) for name in names]
        return any(self.path_of(root, name) for name in names) or not self._folders.isdisjoint(folders)

    def _finds(self, root: str, absolute: frozenset[str]) -> bool:
        return any(self.has(root, top) for top in absolute)

    def package_root(self, path: str) -> str:
        folder = folder_of(path)
        while folder != "." and f"{folder}/__init__.py" in self.files:
            folder = folder_of(folder)
        return folder

    def has(self, root: str, top: str) -> bool:
        """Whether `import top` finds something in folder root."""
        base = top if root == "." else f"{root}/{top}"
        return f"{base}.py" in self.files or base in self._folders

    def path_of(self, root: str, dotted: str) -> str | None:
        """The file of module `dotted` when it is imported from root."""
        base = dotted.replace(".", "/") if root == "." else f"{root}/{dotted.replace('.', '/')}"
        return next((path for path in (f"{base}/__init__.py", f"{base}.py") if path in self.files), None)


def absolute_imports(source: Source) -> tuple[frozenset[str], int]:
    """The top names that the code imports absolutely (not the standard library's), and the deepest relative
    level."""
    tops: set[str] = set()
    level = 0
    for node in source.imports:
        if isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif node.level:
            level = max(level, node.level)
        elif node.module:
            tops.add(node.module.partition(".")[0])
    return frozenset(tops - sys.stdlib_module_names), level


def imported_names(source: Source, name: ModuleName) -> Iterator[str]:
    """The dotted names that a file imports anywhere, relative ones made absolute; `from a import b` gives
    `a.b`."""
    for node in source.imports:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            package = name.inside(node.level, is_package(source.path)) if node.level else ""
            base = ".".join(part for part in (package, node.module) if part)
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def _dotted(path: str) -> str:
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _parents(folder: str) -> list[str]:
    found = []
    while folder != ".":
        found.append(folder)
        folder = folder_of(folder)
    return found


def is_package(path: str) -> bool:
    return stem_of(path) == "__init__"
