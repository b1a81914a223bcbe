"""What a name in a module can be, as far as the search for apps cares."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

from webstead.project.frameworks import Framework
from webstead.project.modules import ModuleName
from webstead.project.source import Source

__all__ = [
    "App",
    "AppClass",
    "Binding",
    "Dotted",
    "Function",
    "Instance",
    "Module",
    "OwnClass",
    "Place",
    "Run",
    "Value",
]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an app is made. Two names with one place are the same app. column: of the call, as
    `app, admin = FastAPI(), FastAPI()` makes two in a line."""

    path: str
    line: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class App:
    """A WSGI or ASGI app. contains: the places of the apps inside a wrapped or combined one."""

    framework: Framework
    place: Place
    contains: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class AppClass:
    """A class whose instances are apps. wraps: it is middleware, given an app when it is made."""

    framework: Framework
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Dotted:
    """Something imported that is not the project's own: `flask.Flask`."""

    name: str


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class of the project that is no app itself; its objects may hold one. path: as of a function."""

    node: ast.ClassDef
    path: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of such a class."""

    of: OwnClass


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project, which may turn out to be a factory. path: of the module that defines it.
    bound: the object whose method it is."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    path: str
    bound: Instance | None = None


Value = App | AppClass | Dotted | Function | Instance | OwnClass


@dataclass(frozen=True, slots=True)
class Binding:
    """How a name of a module came to be, and where."""

    line: int
    how: Literal["made", "imported", "defined"]


@dataclass(frozen=True, slots=True)
class Run:
    """A development server that the module starts: when imported, or (guarded) only as `__main__`."""

    place: Place
    line: int
    guarded: bool


@dataclass(slots=True)
class Module:
    """One module while and after it is read. mounted: apps that became part of another. adds: apps of other
    modules that this one gives routes or the like, so that they are whole only when it is loaded. targets:
    (`module:object`, line) strings given to a server. guarded: (name, line, app) of those that are made only
    when the file runs as a program. bare_runs: lines of `bottle.run()` without an app. imported_as: see
    names_imported, once it was asked."""

    source: Source
    name: ModuleName
    scope: dict[str, Value] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    mounted: set[Place] = field(default_factory=set)
    adds: set[Place] = field(default_factory=set)
    targets: list[tuple[str, int]] = field(default_factory=list)
    guarded: list[tuple[str, int, App]] = field(default_factory=list)
    bare_runs: list[int] = field(default_factory=list)
    imported_as: dict[str, str] | None = None

    @property
    def path(self) -> str:
        return self.source.path
