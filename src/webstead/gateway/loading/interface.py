"""What an object is, seen from outside: a WSGI app, an ASGI app (also the two calls of ASGI 2), a factory, or
none of them.

Looked at is what a call would run: its parameters, and whether it is a coroutine function. Where that cannot
be seen (functions written in C, `*args`), it is WSGI, as everything was before ASGI marked its apps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, MutableMapping
from types import FunctionType, ModuleType
from typing import Any, Callable, NamedTuple

from webstead.gateway.loading.shape import Shape, shape_of

__all__ = ["ASGI", "ASGI2", "AUTO", "WSGI", "App", "AsgiApp", "Fault", "app_names", "from_asgi2", "kind_of"]

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""PEP 3333. An app is untyped code of somebody else: here is the edge at which `Any` is meant."""

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[Mapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], _Receive, _Send], Awaitable[None]]
"""ASGI 3: https://asgi.readthedocs.io/en/latest/specs/main.html#applications"""

AUTO = "auto"
WSGI = "wsgi"
ASGI = "asgi"
ASGI2 = "asgi2"

_WSGI_ARGUMENTS = 2
_ASGI_ARGUMENTS = 3
_GIVEN = ("environ", "env", "scope")
"""First arguments of a class whose constructor is the call itself."""

_FACTORY_PARTS = ("create", "make", "build", "get_", "factory")
_OWN_SERVERS = {"aiohttp": "aiohttp", "tornado": "Tornado"}
"""Frameworks whose apps speak neither interface."""


class Fault(NamedTuple):
    """Why an object cannot be served."""

    what: str
    found: str
    fix: str


def kind_of(candidate: object, name: str, wanted: str = AUTO) -> str | Fault:
    """WSGI, ASGI or ASGI2; else why not. wanted: WSGI or ASGI where the object's looks do not matter as long
    as they allow it.
    """
    if candidate is None:
        return Fault(f"{name!r} is None.", "the value None", "Make it return the app.")
    kind = type(candidate).__name__
    if not callable(candidate):
        what = f"{name!r} is not callable, so it is no app."
        return Fault(what, f"an object of type {kind}", "Name the app itself.")
    framework = _OWN_SERVERS.get(type(candidate).__module__.partition(".")[0])
    if framework is not None:
        return _own_server(name, framework)
    shape = shape_of(candidate)
    if shape is None:
        return ASGI if wanted == ASGI else WSGI
    if isinstance(candidate, type):
        fault = _class_fault(candidate, shape, name)
        if fault is not None:
            return fault
    return _told(shape, wanted, name, kind)


def _told(shape: Shape, wanted: str, name: str, kind: str) -> str | Fault:
    if shape.coroutine:
        return _of_coroutine(shape, wanted, name, kind)
    if shape.names[:1] == ("scope",) and wanted != WSGI:
        if shape.most >= _ASGI_ARGUMENTS:
            return ASGI
        if shape.most == 1:
            return ASGI2
    if wanted == ASGI:
        return _of_wanted_asgi(shape, name)
    if shape.most < _WSGI_ARGUMENTS:
        return _factory(shape, name)
    if shape.needed > _WSGI_ARGUMENTS:
        return _too_many(shape, wanted, name)
    return WSGI


def _of_coroutine(shape: Shape, wanted: str, name: str, kind: str) -> str | Fault:
    found = f"{kind} with an async __call__ or an async function"
    if not shape.needed <= _ASGI_ARGUMENTS <= shape.most:
        fix = "Name a WSGI app, or an ASGI app: async def app(scope, receive, send)."
        return Fault(f"{name!r} is a coroutine function, but neither a WSGI nor an ASGI app.", found, fix)
    if wanted == WSGI:
        fix = "Leave the interface to be found: --interface auto."
        return Fault(f"{name!r} is an ASGI app; WSGI is asked for.", f"{found} of three arguments", fix)
    return ASGI


def _of_wanted_asgi(shape: Shape, name: str) -> str | Fault:
    if shape.needed <= _ASGI_ARGUMENTS <= shape.most:
        return ASGI
    if shape.most == 1:
        return ASGI2
    if shape.most == 0:
        return _factory(shape, name)
    found = f"a function that takes {shape.most} arguments, not (scope, receive, send)"
    return Fault(f"{name!r} is no ASGI app; ASGI is asked for.", found, "Write --interface auto.")


def _factory(shape: Shape, name: str) -> Fault:
    found = f"a function that takes {shape.most or 'no'} argument{'s' if shape.most != 1 else ''}"
    if shape.needed:
        fix = "Name the app: a WSGI app takes (environ, start_response), an ASGI app (scope, receive, send)."
        return Fault(f"{name!r} is neither a WSGI nor an ASGI app.", found, fix)
    return Fault(
        f"{name!r} is neither a WSGI nor an ASGI app; it looks like a factory.",
        found,
        f"Write {name}() to call it.",
    )


def _too_many(shape: Shape, wanted: str, name: str) -> Fault:
    fix = "Name a WSGI app: app(environ, start_response)."
    if shape.needed == _ASGI_ARGUMENTS and wanted == AUTO:
        fix += " When it returns the coroutine of an ASGI app, write --interface asgi."
    found = f"a plain function that needs {shape.needed} arguments"
    return Fault(f"{name!r} is no WSGI app.", found, fix)


def _class_fault(candidate: type, shape: Shape, name: str) -> Fault | None:
    """For a class whose objects are apps: it was meant to be called."""
    call = getattr(candidate, "__call__", None)  # noqa: B004 (its code is looked at)
    if not isinstance(call, FunctionType) or shape.needed >= _WSGI_ARGUMENTS or shape.coroutine:
        return None
    if shape.names and shape.names[0] in _GIVEN:
        return None
    fix = f"Write {name}()." if not shape.needed else "Name an object of it."
    return Fault(f"{name!r} is a class; its objects may be apps.", f"the class {candidate.__name__}", fix)


def _own_server(name: str, framework: str) -> Fault:
    return Fault(
        f"{name!r} is an app of {framework}, which is neither WSGI nor ASGI.",
        f"{framework} has a server of its own, and no way to be called by another",
        "Start it as a process that speaks HTTP, and pass requests on to its port: under IIS with the "
        "HttpPlatformHandler, elsewhere with the web server's proxy.",
    )


def from_asgi2(double: Callable[[Any], Any]) -> AsgiApp:
    """An ASGI 2 app, called with the scope and then with receive and send, as one of ASGI 3."""

    async def app(scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        await double(scope)(receive, send)

    return app


def app_names(namespace: Mapping[str, object]) -> list[str]:
    """The names in a module that look like apps, factories with `()`."""
    names = []
    for name, value in namespace.items():
        if name.startswith("_") or isinstance(value, (type, ModuleType)) or not callable(value):
            continue
        shape = shape_of(value)
        if shape is None or type(value).__module__.partition(".")[0] in _OWN_SERVERS:
            continue
        if shape.needed == (_ASGI_ARGUMENTS if shape.coroutine else _WSGI_ARGUMENTS):
            names.append(name)
        elif shape.needed == 0 and not shape.coroutine and any(part in name for part in _FACTORY_PARTS):
            names.append(f"{name}()")
    return names
