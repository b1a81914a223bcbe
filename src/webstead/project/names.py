"""Which names a module has once it has run, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

__all__ = ["names_of"]

_UNKNOWN = frozenset({"exec", "globals", "locals", "setattr", "vars"})
"""Functions that can give a module any name."""


def names_of(body: Sequence[ast.stmt]) -> frozenset[str] | None:
    """The names that the statements of a module bind, on any way through them; None when that cannot be told:
    `from x import *`, a module's `__getattr__`, names made at run time."""
    names: set[str] = set()
    for node in _own(body):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.ImportFrom() if any(alias.name == "*" for alias in node.names):
                return None
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case ast.Name(ctx=ast.Store()):
                names.add(node.id)
            case ast.Call(func=ast.Name(id=called)) if called in _UNKNOWN:
                return None
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                names.add(name)
            case ast.Global():
                names |= set(node.names)
            case _:
                pass
    return None if "__getattr__" in names else frozenset(names)


def _own(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of the module's own scope, and `global` statements of its functions."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Global))
        else:
            waiting += ast.iter_child_nodes(node)
