"""What runs when a file runs as a program: its own statements, and the functions and classes that they name,
also those of other modules."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from webstead.project.import_names import dotted_name, names_imported
from webstead.project.modules import Layout, ModuleName
from webstead.project.self_serving import ENTRY_COMMANDS
from webstead.project.values import Function, Module, Value

__all__ = ["Modules", "reached"]

MAX_DEFINITIONS = 500  # functions and classes that are gone into: a start is near its file

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Modules(Protocol):
    """The project's modules, as `Code` gives them."""

    @property
    def layout(self) -> Layout: ...

    def module(self, path: str) -> Module | None: ...

    def lookup(self, dotted: str, seen_from: ModuleName) -> Value | None: ...

    def imported(self, dotted: str, seen_from: ModuleName) -> Module | None: ...


def reached(modules: Modules, program: Module) -> Iterator[tuple[Module, ast.expr]]:
    """The calls, and the attributes that name a function to be called, with the modules that they stand in;
    in the order in which they are come by."""
    waiting: deque[tuple[Module, ast.AST]] = deque(
        (program, statement) for statement in _run_at_once(program)
    )
    seen: set[int] = set()
    known = _Known(modules, {})
    while waiting:
        module, node = waiting.popleft()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call | ast.Attribute):
                yield module, inner
            if not isinstance(inner, ast.Name | ast.Attribute) or len(seen) >= MAX_DEFINITIONS:
                continue
            for owner, definition in _definitions(known, module, inner):
                if id(definition) not in seen:
                    seen.add(id(definition))
                    waiting.append((owner, definition))


def _run_at_once(module: Module) -> Iterator[ast.stmt]:
    """Definitions run nothing by themselves, but the one that a command line of the file calls: of several
    commands none runs unless it is named."""
    body = module.source.body
    entries = [(s, name) for s in body if isinstance(s, Definition) for name in _commanded_by(s)]
    names = [name for _, name in entries]
    called = _called_at_once(body)
    single = [id(statement) for statement, name in entries if name in called and names.count(name) == 1]
    for statement in body:
        if not isinstance(statement, Definition) or id(statement) in single:
            yield statement


def _commanded_by(definition: Definition) -> Iterator[str]:
    """`app`, for a function under `@app.command()`. Its own name, where the decorator is a package's, as
    click's."""
    for decorator in definition.decorator_list:
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (
            isinstance(inner, ast.Attribute)
            and inner.attr in ENTRY_COMMANDS
            and isinstance(inner.value, ast.Name)
        ):
            yield inner.value.id


def _called_at_once(body: Sequence[ast.stmt]) -> set[str]:
    """The names that the module calls when it runs as a program."""
    nodes = (node for s in body if not isinstance(s, Definition) for node in ast.walk(s))
    return {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


@dataclass(frozen=True, slots=True)
class _Names:
    """What the names of a module stand for: its own definitions, and what it imports."""

    defined: Mapping[str, Sequence[Definition]]
    imported: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """names: by file, each looked through once."""

    modules: Modules
    names: dict[str, _Names]

    def of(self, module: Module) -> _Names:
        if module.path not in self.names:
            defined: dict[str, list[Definition]] = {}
            for statement in module.source.body:
                if isinstance(statement, Definition):
                    defined.setdefault(statement.name, []).append(statement)
            self.names[module.path] = _Names(defined, names_imported(module))
        return self.names[module.path]


def _definitions(
    known: _Known, module: Module, named: ast.Name | ast.Attribute
) -> Iterator[tuple[Module, Definition]]:
    own, modules, names = isinstance(named, ast.Name), known.modules, known.of(module)
    if isinstance(named, ast.Name):
        yield from ((module, found) for found in names.defined.get(named.id, ()))
    dotted = dotted_name(named, names.imported)
    if dotted is None or (own and "." not in dotted):
        return
    value = modules.lookup(dotted, module.name)
    if isinstance(value, Function):
        owner = modules.module(value.path)
        if owner is not None:
            yield owner, value.node
        return
    head, _, name = dotted.rpartition(".")
    giving = modules.imported(head, module.name) if head else None
    if giving is not None:
        yield from ((giving, found) for found in known.of(giving).defined.get(name, ()))
