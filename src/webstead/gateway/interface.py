"""What an object is, seen from outside: a WSGI app, an ASGI app, a factory, or none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Callable, NamedTuple

__all__ = ["App", "Fault", "app_names", "fault"]

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""PEP 3333. An app is untyped code of somebody else: here is the edge at which `Any` is meant."""

_COROUTINE = 0x80  # inspect.CO_COROUTINE
_VARIADIC = 0x04  # inspect.CO_VARARGS
_WSGI_ARGUMENTS = 2
_ASGI_ARGUMENTS = 3
_FACTORY_PARTS = ("create", "make", "build", "get_", "factory")


class Fault(NamedTuple):
    """Why an object cannot be served."""

    what: str
    found: str
    fix: str


class _Shape(NamedTuple):
    """What a call takes: the most positional arguments, and how many of them have no default."""

    coroutine: bool
    most: int
    needed: int


def fault(candidate: object, name: str) -> Fault | None:
    """Why candidate is no WSGI app; None when it may be one."""
    kind = type(candidate).__name__
    if candidate is None:
        return Fault(f"{name!r} is None.", "the value None", "Make it return the app.")
    if not callable(candidate):
        return Fault(
            f"{name!r} is not callable, so it is no app.", f"an object of type {kind}", "Name the app itself."
        )
    shape = _shape(candidate)
    if shape is None:
        return None
    if shape.coroutine:
        return _coroutine_fault(name, kind, shape)
    if shape.most < _WSGI_ARGUMENTS:
        found = f"a function that takes {shape.most or 'no'} argument{'s' if shape.most != 1 else ''}"
        return Fault(
            f"{name!r} is no WSGI app; it looks like a factory.", found, f"Write {name}() to call it."
        )
    return None


def _coroutine_fault(name: str, kind: str, shape: _Shape) -> Fault:
    found = f"{kind} with an async __call__ or an async function"
    if shape.most >= _ASGI_ARGUMENTS:
        fix = f"Start it with an ASGI server: --command 'python -m uvicorn {name} --port $PORT'."
        return Fault(f"{name!r} is an ASGI app; the gateway serves WSGI.", f"{found} of three arguments", fix)
    return Fault(f"{name!r} is a coroutine function, not a WSGI app.", found, "Name a WSGI app.")


def app_names(namespace: Mapping[str, object]) -> list[str]:
    """The names in a module that look like apps, factories with `()`."""
    names = []
    for name, value in namespace.items():
        if name.startswith("_") or isinstance(value, (type, ModuleType)) or not callable(value):
            continue
        shape = _shape(value)
        if shape is None or shape.coroutine:
            continue
        if shape.needed == _WSGI_ARGUMENTS:
            names.append(name)
        elif shape.needed == 0 and any(part in name for part in _FACTORY_PARTS):
            names.append(f"{name}()")
    return names


def _shape(candidate: object) -> _Shape | None:
    """None where Python code cannot be seen: classes, functions written in C."""
    while hasattr(candidate, "func") and hasattr(candidate, "keywords"):  # functools.partial
        if getattr(candidate, "args", ()):
            return None
        candidate = candidate.func
    bound = 0
    if not isinstance(candidate, (FunctionType, MethodType, type)):
        candidate = getattr(type(candidate), "__call__", None)  # noqa: B004 (its code is looked at)
        bound = 1
    if isinstance(candidate, MethodType):
        candidate = candidate.__func__
        bound = 1
    code = getattr(candidate, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    most = 99 if code.co_flags & _VARIADIC else code.co_argcount - bound
    defaults = getattr(candidate, "__defaults__", None) or ()
    return _Shape(bool(code.co_flags & _COROUTINE), most, code.co_argcount - bound - len(defaults))
