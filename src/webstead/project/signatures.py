"""What the text of a statement, a function or a class tells by itself: the calls that it is, the app that its
signature makes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from webstead.project.frameworks import ASGI_FUNCTION, WSGI_FUNCTION, Framework

__all__ = ["app_of_signature", "calls_of", "parameters_of", "takes_app"]

_NAMES_OF_APPS = frozenset({"app", "application", "wsgi_app", "asgi_app", "inner"})


def calls_of(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls that a statement itself is: `f()`, `x = f()`, `with f():`."""
    match statement:
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call):
            yield call
        case ast.With():
            for item in statement.items:
                if isinstance(item.context_expr, ast.Call):
                    yield item.context_expr
        case _:
            return


def app_of_signature(node: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> Framework | None:
    """`def f(environ, start_response)` is a WSGI app (PEP 3333), `async def f(scope, receive, send)` an ASGI
    app."""
    names = [argument.arg.lstrip("_") for argument in (*node.args.posonlyargs, *node.args.args)][method:]
    if isinstance(node, ast.AsyncFunctionDef):
        return ASGI_FUNCTION if names[1:3] == ["receive", "send"] and len(names) == 3 else None
    if len(names) != 2:
        return None
    usual = names[1] in ("start_response", "start_resp")
    short = names[0] in ("environ", "env") and names[1] in ("start", "respond", "sr")
    return WSGI_FUNCTION if usual or short else None


def takes_app(node: ast.ClassDef) -> bool:
    init = next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"), None)
    names = [argument.arg for argument in init.args.args[1:]] if init else []
    return not _NAMES_OF_APPS.isdisjoint(names)


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Those that can be given by their place, then those by name only."""
    arguments = node.args
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
