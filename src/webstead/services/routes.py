"""What a noun declares: its routes, as values. The frame does the rest the same way for all.

A path is declared once, without `/api`. By `at` it holds with and without that prefix, as Kudu's do, or in
one form only. Paths are matched without regard to case, and a `/` at the end is nothing, but where the path
is one of files (`{path:path}`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel
from starlette.routing import compile_path

from webstead.site.store.model import Scope

__all__ = ["WEBSOCKET", "Found", "Route", "Table"]

WEBSOCKET = "WEBSOCKET"
"""Stands among methods for a WebSocket."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. methods: as `"GET"` or `"POST PUT"`. scope: what a caller needs for it. by: where a word
    of the query says what is asked for, its name, and the scopes of those values that need another. summary:
    the line of the OpenAPI page; its text is the endpoint's docstring. gives: the model of its body, or a
    list of one; None where `media` says what else it sends, or nothing is sent. status: when all goes well.
    takes: the model of the JSON that it reads, or the media type of other bytes. optional: whether that body
    may be missing. others: further statuses and what they mean. arm: whether Azure's resource manager gets
    the answer wrapped. example: of the body that it takes. aliases: further paths, whole."""

    methods: str
    path: str
    endpoint: Callable[..., object]
    scope: Scope
    summary: str
    gives: object = None
    status: int = 200
    takes: type[BaseModel] | str | None = None
    optional: bool = False
    media: str = ""
    others: Mapping[int, str] = field(default_factory=dict)
    at: Literal["both", "api", "root"] = "both"
    aliases: tuple[str, ...] = ()
    arm: bool = False
    example: object = None
    by: tuple[str, Mapping[str, Scope]] = ("", {})

    def needed(self, query: str) -> Scope:
        """The scope for a request. query: with names as the application knows them; of a name that comes
        twice the last value counts, as for the endpoint."""
        name, scopes = self.by
        values = dict(parse_qsl(query, keep_blank_values=True)) if name else {}
        return scopes.get(values.get(name, ""), self.scope)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """All that it may need."""
        return tuple(dict.fromkeys((self.scope, *self.by[1].values())))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.methods.split())

    @property
    def path_of_schema(self) -> str:
        """The path that the OpenAPI page shows and the application knows; all others are led to it."""
        return self.path if self.at == "root" else f"/api{self.path}"

    @property
    def paths(self) -> tuple[str, ...]:
        """All that lead to it."""
        own = {
            "both": (f"/api{self.path}", self.path),
            "api": (f"/api{self.path}",),
            "root": (self.path,),
        }
        return (*own[self.at], *self.aliases)


@dataclass(frozen=True, slots=True)
class Found:
    """route: None when the path is known, and the method is not. path: as the application knows it. allowed:
    the methods that the path takes."""

    route: Route | None
    path: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    pattern: re.Pattern[str]
    route: Route
    into: str
    tree: bool


class Table:
    """All routes of an application; the first that fits is taken."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._lines = tuple(_line(route, path) for route in routes for path in route.paths)

    def find(self, path: str, method: str) -> Found | None:
        """None for an unknown path. path: decoded."""
        fitting = [(line, match) for line in self._lines if (match := _matched(line, path)) is not None]
        if not fitting:
            return None
        allowed = tuple(dict.fromkeys(name for line, _ in fitting for name in line.route.names))
        for line, match in fitting:
            if method in line.route.names:
                return Found(line.route, line.into.format_map(match.groupdict()), allowed)
        return Found(None, path, allowed)


def _line(route: Route, path: str) -> _Line:
    pattern, _, _ = compile_path(path)
    _, into, _ = compile_path(route.path_of_schema)
    return _Line(re.compile(pattern.pattern, re.IGNORECASE | re.DOTALL), route, into, path.endswith(":path}"))


def _matched(line: _Line, path: str) -> re.Match[str] | None:
    return line.pattern.fullmatch(path if line.tree else path.rstrip("/") or "/")
