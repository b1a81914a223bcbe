"""The project's modules, read on demand and only as far as apps are concerned.

Each module is run in the mind: its module-level statements bind names to values (values.py); what is not
understood binds nothing. Names imported from other modules of the project are looked up there, so a factory
in one file and the object that it makes in another are seen as one app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webstead.project.calls import Calls, called, member
from webstead.project.finding import Finding
from webstead.project.modules import Layout, ModuleName, imported_names
from webstead.project.reader import read_module
from webstead.project.source import may_pass_on, parse_source, too_deep
from webstead.project.tree import Tree
from webstead.project.values import Function, Instance, Module, OwnClass, Value

__all__ = ["Code"]


MAX_DEPTH = 40  # modules that are read because another one imports them: Python's own stack ends, too

MAX_COMPARED = 200  # files with an app of their own; a project of more has no single one


class Code:
    """findings: files that do not parse."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.layout = Layout(tree.files())
        self.findings: dict[str, Finding] = {}
        self.calls = Calls()
        self._modules: dict[str, Module | None] = {}
        self._imported: dict[str, frozenset[str]] = {}
        self._depth = 0

    def module(self, path: str) -> Module | None:
        """The module of a file, as far as it has been read when modules import each other; None if it does
        not parse."""
        if path not in self._modules:
            source = parse_source(path, self.tree.read(path))
            if isinstance(source, Finding):
                self.findings[path] = source
                self._modules[path] = None
            else:
                module = Module(source, self.layout.name(source))
                self._modules[path] = module
                self._read(module)
        return self._modules[path]

    def _read(self, module: Module) -> None:
        self._depth += 1
        try:
            read_module(module, self)
        except RecursionError:
            self.findings[module.path] = too_deep(module.path)
        finally:
            self._depth -= 1

    def lookup(self, dotted: str, seen_from: ModuleName) -> Value | None:
        """What `import dotted` (a module's attribute) gives, if it is the project's own."""
        head, _, name = dotted.rpartition(".")
        path = self.layout.path_of(seen_from.directory, head) if head else None
        module = self._giving(path) if path else None
        return module.scope.get(name) if module else None

    def imported(self, dotted: str, seen_from: ModuleName) -> Module | None:
        path = self.layout.path_of(seen_from.directory, dotted)
        return self._giving(path) if path else None

    def called(self, function: Function, given: Mapping[str, Value]) -> Value | None:
        return called(function, given, self)

    def member(self, of: Instance | OwnClass, name: str) -> Value | None:
        return member(of, name, self)

    def _giving(self, path: str) -> Module | None:
        """A module to take an app from; those that cannot have one are not parsed, nor is one that stands at
        the end of a long chain of imports."""
        if path in self._modules:
            return self._modules[path]
        if self._depth >= MAX_DEPTH or not may_pass_on(path, self.tree.read(path)):
            return None
        return self.module(path)

    def reach(self, path: str) -> frozenset[str]:
        """The project's files that importing this one imports, directly and through others."""
        seen: set[str] = set()
        waiting = [path]
        while waiting:
            module = self.module(waiting.pop())
            if module is None:
                continue
            found = self._imports(module)
            waiting += found - seen
            seen |= found
        return frozenset(seen - {path})

    def used_by(self, paths: Sequence[str]) -> dict[str, str]:
        """Which of the files another one of them imports, directly or through others, without being imported
        by it; with that one. Of very many none: then nothing is a part of one thing."""
        files = dict.fromkeys(paths)
        if not 1 < len(files) <= MAX_COMPARED:
            return {}
        reach = {path: self.reach(path) for path in files}
        return {
            inner: outer
            for outer in files
            for inner in reach[outer]
            if inner in files and outer not in reach[inner]
        }

    def _imports(self, module: Module) -> frozenset[str]:
        if module.path not in self._imported:
            self._imported[module.path] = frozenset(
                own
                for dotted in imported_names(module.source, module.name)
                for own in self._files_of(dotted, module.name)
            )
        return self._imported[module.path]

    def _files_of(self, dotted: str, seen_from: ModuleName) -> list[str]:
        """The files that importing `dotted` runs: of each package on the way, and its own."""
        parts = dotted.split(".")
        names = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        paths = (self.layout.path_of(seen_from.directory, name) for name in names)
        return [path for path in paths if path is not None]
