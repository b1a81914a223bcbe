"""Calling the project's own functions in the mind: what they return, and what the objects of its classes
hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from webstead.project.reader import Imports, Reader
from webstead.project.signatures import parameters_of
from webstead.project.source import module_level
from webstead.project.values import App, Function, Instance, Module, OwnClass, Place, Value

__all__ = ["Calls", "called", "member", "returned_app"]

MAX_DEPTH = 20  # calls inside calls: a factory is some few functions deep, and Python's own stack ends, too

_Key = tuple[Place, object]


@dataclass(slots=True)
class Calls:
    """What has been called already, so that nothing is run twice. running: what is being run: a function
    that calls itself gets nothing."""

    results: dict[_Key, Value | None] = field(default_factory=dict)
    running: set[Place] = field(default_factory=set)


class Project(Imports, Protocol):
    """The rest of the project, and what was called in it."""

    @property
    def calls(self) -> Calls: ...

    def module(self, path: str) -> Module | None: ...


def returned_app(function: Function, project: Project) -> App | None:
    """The app that a function of the project returns, whatever arguments it needs; None if it returns
    none."""
    value = called(function, {}, project)
    return value if isinstance(value, App) else None


def called(function: Function, given: Mapping[str, Value], project: Project) -> Value | None:
    """What it returns. given: the arguments that are known, by parameter."""
    place = Place(function.path, function.node.lineno)
    key = (place, (function.bound, tuple(sorted(given.items(), key=lambda item: item[0]))))
    return _once(key, place, project, lambda: _run(function, given, project))


def member(of: Instance | OwnClass, name: str, project: Project) -> Value | None:
    """An attribute: of the class, or one that its methods give to `self`, `__init__` before the others."""
    own = of.of if isinstance(of, Instance) else of
    place = Place(own.path, own.node.lineno)
    return _once((place, name), place, project, lambda: _find_member(own, name, project))


def _once(key: _Key, place: Place, project: Project, run: Callable[[], Value | None]) -> Value | None:
    calls = project.calls
    if key not in calls.results:
        if place in calls.running or len(calls.running) >= MAX_DEPTH:
            return None
        calls.running.add(place)
        try:
            calls.results[key] = run()
        finally:
            calls.running.discard(place)
    return calls.results[key]


def _run(function: Function, given: Mapping[str, Value], project: Project) -> Value | None:
    reader = _reader(function, given, project)
    found: Value | None = None
    if reader is None:
        return None
    for statement, _ in module_level(function.node.body):
        reader.bind(statement)
        if isinstance(statement, ast.Return) and statement.value is not None:
            value = reader.value(statement.value)
            found = value if isinstance(value, App | Instance) else found
    return found


def _reader(function: Function, given: Mapping[str, Value], project: Project) -> Reader | None:
    module = project.module(function.path)
    if module is None:
        return None
    scope = dict(module.scope)
    names = parameters_of(function.node)
    for name in names:
        scope.pop(name, None)
    if function.bound is not None and names:
        scope[names[0]] = function.bound
    return Reader(module, project, {**scope, **given})


def _find_member(own: OwnClass, name: str, project: Project) -> Value | None:
    module = project.module(own.path)
    methods = [inner for inner in own.node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)]
    bound = Instance(own)
    for method in methods:
        if method.name == name:
            function = Function(method, own.path, bound)
            return called(function, {}, project) if _is_property(method) else function
    if module is not None:
        reader = Reader(module, project, dict(module.scope))
        for statement in own.node.body:
            reader.bind(statement)
        value = reader.scope.get(name)
        if isinstance(value, App) and value is not module.scope.get(name):
            return value
    given = (_given_to_self(Function(m, own.path, bound), name, project) for m in sorted(methods, key=_later))
    return next((value for value in given if value is not None), None)


def _later(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return method.name != "__init__"


def _is_property(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = (d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in method.decorator_list)
    return any(name in ("property", "cached_property") for name in names)


def _given_to_self(method: Function, name: str, project: Project) -> Value | None:
    """`self.app = FastAPI()` in a method."""
    own = parameters_of(method.node)[:1]
    if not any(name == target.attr for target in _attributes(method.node, own)):
        return None
    reader = _reader(method, {}, project)
    found: Value | None = None
    if reader is None:
        return None
    for statement, _ in module_level(method.node.body):
        reader.bind(statement)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(t, ast.Attribute) and t.attr == name and _is_self(t, own) for t in targets):
                found = reader.value(statement.value) or found
    return found


def _attributes(node: ast.AST, own: list[str]) -> Iterator[ast.Attribute]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and _is_self(inner, own):
            yield inner


def _is_self(target: ast.Attribute, own: list[str]) -> bool:
    return isinstance(target.value, ast.Name) and target.value.id in own
