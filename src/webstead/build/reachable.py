"""Which modules a script needs, and this Python has not: what would fail at its first import, told without
running any of it.

A program of its own, run by its path in the app's interpreter: standard library only, Python 3.9 and newer.
It gets one JSON object as its only argument, and prints one line of JSON last:

    {"script": "app.py", "modules": ["streamlit"], "root": "/site", "path": ["/site"]}
    {"broken": {"file": "/site/app.py", "line": 3, "text": "invalid syntax"}}
    {"missing": [{"module": "numpy", "wanted": "numpy.linalg", "file": "/site/app.py", "line": 1, …}]}

Looked at is what certainly runs: imports of the module's own level, not those in `try` with an ImportError,
in `if`, in functions and classes; then those of the project's files that are so reached.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any, NamedTuple, Union

__all__ = ["Broken", "Missing", "Search", "imports_of", "main"]

MOST_FILES = 2000
"""Of the project, that are read: a page of a site imports hundreds at most."""

_CATCHES = frozenset({"BaseException", "Exception", "ImportError", "ModuleNotFoundError"})
_INSTALLED = frozenset(
    {"site-packages", "dist-packages", ".python_packages", "__oryx_packages__", "node_modules"}
)

Import = Union[ast.Import, ast.ImportFrom]


class Missing(NamedTuple):
    """module: the first part that is not there. wanted: the whole name. own: the project has the package in
    which it should be."""

    module: str
    wanted: str
    file: str
    line: int
    code: str
    own: bool


class Broken(NamedTuple):
    """A file that does not compile."""

    file: str
    line: int
    text: str


class _File(NamedTuple):
    """A file of the project. name: as a module; `__main__` for the one that is started."""

    path: str
    name: str
    package: str


def imports_of(body: list[ast.stmt], *, started: bool = False) -> Iterator[Import]:
    """The imports that certainly run when the module does. started: as `__main__`."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif isinstance(statement, ast.Try):
            blocks = () if _catches(statement) else (statement.body, statement.orelse)
            for block in (*blocks, statement.finalbody):
                yield from imports_of(block, started=started)
        elif isinstance(statement, ast.With):
            if not any(_suppresses(item.context_expr) for item in statement.items):
                yield from imports_of(statement.body, started=started)
        elif isinstance(statement, ast.If) and started and _is_main(statement.test):
            yield from imports_of(statement.body, started=started)


def _catches(statement: ast.Try) -> bool:
    return any(handler.type is None or _names(handler.type) & _CATCHES for handler in statement.handlers)


def _names(node: ast.expr) -> frozenset[str]:
    """The last parts of the names in an expression: `(ImportError, socket.error)`."""
    inner = node.elts if isinstance(node, ast.Tuple) else [node]
    named = (getattr(each, "attr", None) or getattr(each, "id", "") for each in inner)
    return frozenset(name for name in named if isinstance(name, str))


def _suppresses(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or "suppress" not in _names(node.func):
        return False
    return any(_names(argument) & _CATCHES for argument in node.args)


def _is_main(test: ast.expr) -> bool:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


class Search:
    """Goes from file to file. root: the project's folder."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._specs: dict[str, ModuleSpec | None] = {}
        self._waiting: list[_File] = []
        self._seen: set[str] = set()
        self.missing: dict[tuple[str, str], Missing] = {}

    def start(self, script: str) -> None:
        self._waiting.append(_File(script, "__main__", ""))

    def need(self, module: str) -> None:
        """A module that is run by its name: `python -m module`."""
        absent = self._absent(module)
        if absent is not None:
            self._tell(absent, module, "", 0, f"python -m {module}")
            return
        for name in (module, f"{module}.__main__"):
            if self._absent(name) is None:
                self._reach(name)

    def run(self) -> Broken | None:
        """Fill `missing`; the first file that does not compile ends it."""
        while self._waiting and len(self._seen) < MOST_FILES:
            file = self._waiting.pop(0)
            real = os.path.realpath(file.path)
            if real not in self._seen:
                self._seen.add(real)
                broken = self._read(file)
                if broken is not None:
                    return broken
        return None

    def _read(self, file: _File) -> Broken | None:
        try:
            with open(file.path, "rb") as source, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                data = source.read()
                tree = ast.parse(data, file.path)
                compile(tree, file.path, "exec", dont_inherit=True)
        except SyntaxError as error:
            return Broken(file.path, error.lineno or 0, f"{type(error).__name__}: {error.msg}")
        except (OSError, ValueError, RecursionError) as error:
            return Broken(file.path, 0, str(error))
        lines = data.decode("utf-8", "replace").splitlines()
        for node in imports_of(tree.body, started=file.name == "__main__"):
            code = lines[node.lineno - 1].strip() if node.lineno <= len(lines) else ""
            for name in self._names(node, file.package):
                absent = self._absent(name)
                if absent is None:
                    self._reach(name)
                else:
                    self._tell(absent, _wanted(node, name), file.path, node.lineno, code)
        return None

    def _names(self, node: Import, package: str) -> Iterator[str]:
        """The modules that an import must find; parts of what it takes from one only where they are files."""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        base = _absolute(node, package)
        if not base:
            return
        yield base
        spec = self._spec(base) if self._absent(base) is None else None
        if spec is None or spec.submodule_search_locations is None:
            return
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            if alias.name != "*" and (_is_namespace(spec) or self._spec(inner) is not None):
                yield inner

    def _absent(self, name: str) -> str | None:
        """The first part of a dotted name that is certainly not there."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            part = ".".join(parts[:count])
            if self._spec(part) is not None:
                continue
            above = self._spec(".".join(parts[: count - 1])) if count > 1 else None
            if above is None or _is_namespace(above) or self._is_own(above):
                return part
            return None  # an installed package may make its parts at run time, as six does
        return None

    def _spec(self, name: str) -> ModuleSpec | None:
        if name not in self._specs:
            self._specs[name] = self._found(name)
        return self._specs[name]

    def _found(self, name: str) -> ModuleSpec | None:
        parent = name.rpartition(".")[0]
        path = None
        if parent:
            above = self._spec(parent)
            path = list(above.submodule_search_locations or ()) if above is not None else None
            if not path:
                return None
        for finder in sys.meta_path:
            with contextlib.suppress(Exception):  # of a stranger's finder: Python itself will ask it again
                spec = finder.find_spec(name, path)
                if spec is not None:
                    return spec
        loaded: Any = sys.modules.get(name)
        return getattr(loaded, "__spec__", None)

    def _is_own(self, spec: ModuleSpec) -> bool:
        if not spec.origin or not spec.origin.endswith(".py"):
            return False
        real = os.path.realpath(spec.origin)
        inside = (
            os.path.relpath(real, self._root).split(os.sep) if real.startswith(self._root + os.sep) else []
        )
        return bool(inside) and _INSTALLED.isdisjoint(inside) and not real.startswith(sys.prefix + os.sep)

    def _reach(self, name: str) -> None:
        """Queue the project's files that importing it runs."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            spec = self._spec(".".join(parts[:count]))
            if spec is not None and spec.origin and self._is_own(spec):
                self._waiting.append(_File(spec.origin, spec.name, spec.parent or ""))

    def _tell(self, module: str, wanted: str, file: str, line: int, code: str) -> None:
        above = self._spec(module.rpartition(".")[0]) if "." in module else None
        own = above is not None and self._is_own(above)
        self.missing.setdefault((module, wanted), Missing(module, wanted, file, line, code, own))


def _wanted(node: Import, name: str) -> str:
    """With what is taken from the module: of `from google.cloud import storage` that tells the package."""
    return (
        f"{name}.{node.names[0].name}" if isinstance(node, ast.ImportFrom) and name == node.module else name
    )


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that is imported from; "" where that is outside of any package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _is_namespace(spec: ModuleSpec) -> bool:
    return spec.origin is None and spec.submodule_search_locations is not None


def main(words: list[str]) -> int:
    asked = json.loads(words[0])
    sys.path[:1] = asked["path"]  # in the place of this file's own folder
    importlib.invalidate_caches()
    search = Search(asked["root"])
    for module in asked["modules"]:
        search.need(module)
    if asked["script"]:
        search.start(asked["script"])
    broken = search.run()
    missing = [found._asdict() for found in search.missing.values()]
    print(json.dumps({"broken": broken._asdict() if broken else None, "missing": missing}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
