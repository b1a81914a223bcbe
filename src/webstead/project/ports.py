"""The port that a program's code names for its server, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from webstead.project.self_serving import ADDRESS_AT, PORT_KEYWORDS
from webstead.project.values import Module

__all__ = ["PortReader"]

_MOST = 65535
_CONVERTERS = frozenset({"int", "str", "Option", "Argument", "Field", "field", "cast"})
_LOOK_UPS = frozenset({"getenv", "get", "config", "env", "int"})
_DECLARATIONS = frozenset({"add_argument", "option", "define"})

Expressions = dict[str, list[ast.expr]]


class PortReader:
    """Reads ports in the modules of a program. A name stands for whatever is given to it anywhere in them:
    constants, parameters' defaults, options of a command line."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._known: Expressions = {}
        for module in modules:
            for name, value in _given(module.source.body):
                self._known.setdefault(name.lower(), []).append(value)

    def named(self, call: ast.Call) -> frozenset[int] | None:
        """The ports that a call names; empty when it names one that the text does not tell, None when it
        names none."""
        expressions = list(_port_arguments(call))
        if not expressions:
            return None
        return frozenset(port for expression in expressions for port in self._values(expression, set()))

    def _values(self, expression: ast.expr, seen: set[str]) -> Iterator[int]:
        """seen: the names gone into, each once: `port = port or 8000`."""
        match expression:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                yield from (number,) if 0 <= number <= _MOST else ()
            case ast.Constant(value=str(text)):
                yield from _in_text(text)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                known = () if name.lower() in seen else self._known.get(name.lower(), ())
                seen.add(name.lower())
                for value in known:
                    yield from self._values(value, seen)
            case ast.Tuple(elts=[_, port]):
                yield from self._values(port, seen)
            case ast.Call():
                for value in _inside(expression):
                    yield from self._values(value, seen)
            case ast.BoolOp(values=values):
                for value in values:
                    yield from self._values(value, seen)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._values(body, seen)
                yield from self._values(orelse, seen)
            case _:
                return


def _in_text(text: str) -> Iterator[int]:
    """`8000`, and `*:8080` as waitress takes it."""
    digits = text.rpartition(":")[2]
    if digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MOST)) and int(digits) <= _MOST:
        yield int(digits)


def _inside(call: ast.Call) -> Sequence[ast.expr]:
    """What a conversion, or a look-up with a default, may give."""
    name = _last_name(call)
    defaults = [keyword.value for keyword in call.keywords if keyword.arg == "default"]
    if name in _CONVERTERS and not _is_look_up(call):
        return [*call.args, *defaults]
    return [*call.args[1:], *defaults] if name in _LOOK_UPS else defaults


def _is_look_up(call: ast.Call) -> bool:
    """`env.int("PORT", 8000)`."""
    return isinstance(call.func, ast.Attribute) and _last_name(call) == "int"


def _port_arguments(call: ast.Call) -> Iterator[ast.expr]:
    for keyword in call.keywords:
        if keyword.arg in PORT_KEYWORDS or (keyword.arg == "listen" and _last_name(call) == "serve"):
            yield keyword.value
    at = ADDRESS_AT.get(_last_name(call), -1)
    if 0 <= at < len(call.args):
        yield call.args[at]
    elif call.args and isinstance(call.args[0], ast.Tuple) and len(call.args[0].elts) == 2:
        yield call.args[0]
    elif call.args and isinstance(call.args[0], ast.Name) and _last_name(call).endswith("Server"):
        yield call.args[0]  # address = ("", 8000); HTTPServer(address, Handler)


def _last_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _given(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of assignments, defaults and options, anywhere."""
    for node in (inner for statement in body for inner in ast.walk(statement)):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _assigned(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned(target, value)
            case ast.arguments():
                yield from _defaults(node)
            case ast.Call() if _last_name(node) in _DECLARATIONS:
                yield from _declared(node)
            case _:
                pass


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case (ast.Name(id=name), _) | (ast.Attribute(attr=name), _):
            yield name, value
        case (ast.Tuple(elts=targets), ast.Tuple(elts=values)) if len(targets) == len(values):
            for inner, given in zip(targets, values, strict=True):
                yield from _assigned(inner, given)
        case _:
            return


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    yield from ((a.arg, d) for a, d in zip(positional[first:], arguments.defaults, strict=True))
    yield from (
        (argument.arg, default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    )


def _declared(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """argparse, click and tornado: the option's name, and its default."""
    default = next((keyword.value for keyword in call.keywords if keyword.arg == "default"), None)
    for argument in call.args if default is not None else ():
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and default is not None:
            yield argument.value.lstrip("-").replace("-", "_"), default
