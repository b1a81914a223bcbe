"""What a call of an object takes: how many arguments, and whether it gives a coroutine; read from its code,
without `inspect`, whose import costs more than everything else here.
"""

from __future__ import annotations

import functools
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

__all__ = ["Shape", "shape_of"]

_COROUTINE = 0x80  # inspect.CO_COROUTINE
_ASYNC_GENERATOR = 0x200  # inspect.CO_ASYNC_GENERATOR
_VARIADIC = 0x04  # inspect.CO_VARARGS
_MANY = 99
_COROUTINE_MARKS = ("_is_coroutine_mark", "_is_coroutine")
"""Left by inspect.markcoroutinefunction, and by asyncio and compiled coroutine functions before it."""


class Shape(NamedTuple):
    """What a call takes: the most positional arguments, how many of them have no default, their names."""

    coroutine: bool
    most: int
    needed: int
    names: tuple[str, ...]


def shape_of(candidate: object) -> Shape | None:
    """None where Python code cannot be seen, or the object does not let itself be looked at: attributes of
    Flask's `request` raise RuntimeError outside of a request (werkzeug.local.LocalProxy)."""
    try:
        return _shape_of(candidate)
    except Exception:  # noqa: BLE001 (whatever the attribute of a stranger's object runs)
        return None


def _shape_of(candidate: object) -> Shape | None:
    if isinstance(candidate, functools.partial):
        return _shape_of_partial(candidate)
    marked = _is_marked(candidate)
    if isinstance(candidate, type):
        function, bound = _constructor(candidate), 1
        marked = hasattr(candidate, "__await__")
    else:
        function, bound = _run_by_call(candidate)
    code = getattr(function, "__code__", None)
    wrapped = getattr(function, "__wrapped__", None)
    if not isinstance(code, CodeType):
        return shape_of(wrapped) if callable(wrapped) else None
    if code.co_flags & _VARIADIC and callable(wrapped):  # a decorator's function(*args): as what it decorates
        inner = shape_of(wrapped)
        return inner and _unbound(inner, bound)
    return _shape_of_code(code, bound, function, marked)


def _shape_of_code(code: CodeType, bound: int, function: object, marked: bool) -> Shape | None:
    if code.co_flags & _ASYNC_GENERATOR:
        return Shape(True, 0, 0, ())
    coroutine = marked or bool(code.co_flags & _COROUTINE) or _is_marked(function)
    names = code.co_varnames[bound : code.co_argcount]
    most = _MANY if code.co_flags & _VARIADIC else max(0, code.co_argcount - bound)
    defaults = getattr(function, "__defaults__", None) or ()
    return Shape(coroutine, most, max(0, code.co_argcount - bound - len(defaults)), names)


def _is_marked(function: object) -> bool:
    return any(getattr(function, mark, None) for mark in _COROUTINE_MARKS)


def _unbound(shape: Shape, count: int) -> Shape:
    """The shape with the first arguments given."""
    most = shape.most if shape.most == _MANY else max(0, shape.most - count)
    return Shape(shape.coroutine, most, max(0, shape.needed - count), shape.names[count:])


def _shape_of_partial(partial: functools.partial[Any]) -> Shape | None:
    shape = shape_of(partial.func)
    if shape is None:
        return None
    shape = _unbound(shape, len(partial.args))
    named = [at for at, name in enumerate(shape.names) if name in partial.keywords]
    if not named:
        return shape
    most = named[0]  # what stands behind a keyword can be given by keyword only
    return Shape(shape.coroutine, most, min(shape.needed, most), shape.names[:most])


def _constructor(candidate: type) -> object:
    """What a call of the class runs; None where a metaclass has the say."""
    if type(candidate).__call__ is not type.__call__:
        return None
    init: object = getattr(candidate, "__init__", None)
    return candidate.__new__ if init is object.__init__ else init


def _run_by_call(candidate: object) -> tuple[object, int]:
    """The function that a call runs, and how many of its arguments are then given."""
    if not isinstance(candidate, (FunctionType, MethodType)):
        call: object = getattr(type(candidate), "__call__", None)  # noqa: B004 (its code is looked at)
        bind = getattr(type(call), "__get__", None)
        if bind is not None:
            call = bind(call, candidate, type(candidate))
        if not isinstance(call, (FunctionType, MethodType)):
            return (call if hasattr(call, "__code__") else candidate), 0
        candidate = call
    if isinstance(candidate, MethodType):
        return candidate.__func__, 1
    return candidate, 0
