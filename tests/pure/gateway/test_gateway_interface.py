"""What an object is: a WSGI app, an ASGI app, a factory, or nothing that can be served."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable

import pytest

from webstead.gateway.loading.interface import Fault, app_names, from_asgi2, kind_of

Start = Callable[..., object]


def plain(environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
    return [b""]


def with_more(environ: dict[str, object], start_response: Start, extra: int = 1) -> Iterable[bytes]:
    return [b""]


def any_arguments(*arguments: object) -> Iterable[bytes]:
    return [b""]


def create_app() -> object:
    return plain


def create_named(name: str = "x") -> object:
    return plain


async def asgi(scope: object, receive: object, send: object) -> None:
    return None


async def asgi_of_anything(*arguments: object) -> None:
    return None


async def asgi_with_more(scope: object, receive: object, send: object, depth: int = 0) -> None:
    return None


def returns_a_coroutine(scope: object, receive: object, send: object) -> Awaitable[None]:
    return asgi(scope, receive, send)


def other_names(one: object, two: object, three: object) -> Awaitable[None]:
    return asgi(one, two, three)


async def coroutine() -> None:
    return None


async def coroutine_of_two(environ: object, start_response: object) -> None:
    return None


async def coroutine_of_four(one: object, two: object, three: object, four: object) -> None:
    return None


async def generator(scope: object, receive: object, send: object) -> AsyncIterator[None]:
    yield None


def double(scope: object) -> Callable[[object, object], Awaitable[None]]:
    async def inner(receive: object, send: object) -> None:
        return None

    return inner


def plain_decorator(function: Callable[..., object]) -> Callable[..., object]:
    """As most of them are written."""

    @functools.wraps(function)
    def wrapper(*arguments: object, **named: object) -> object:
        return function(*arguments, **named)

    return wrapper


class Wsgi:
    def __init__(self, environ: dict[str, object] | None = None, start_response: Start | None = None) -> None:
        self.environ = environ

    def __call__(self, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]

    def method(self, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]

    @staticmethod
    def static(environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]

    @classmethod
    def of_class(cls, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]

    @plain_decorator
    def decorated(self, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]


class Iterated:
    """An app whose call is its constructor."""

    def __init__(self, environ: dict[str, object], start_response: Start) -> None:
        self.start_response = start_response

    def __iter__(self) -> Generator[bytes]:
        yield b""


class Asgi:
    async def __call__(self, scope: object, receive: object, send: object) -> None:
        return None


class Awaited:
    """Starlette's HTTPEndpoint: the call gives an object that is awaited."""

    def __init__(self, scope: object, receive: object, send: object) -> None:
        self.scope = scope

    def __await__(self) -> Generator[None]:
        yield None


class Asgi2:
    def __init__(self, scope: object) -> None:
        self.scope = scope

    async def __call__(self, receive: object, send: object) -> None:
        return None


class Asgi2Router:
    """As of Channels 2."""

    def __call__(self, scope: object) -> Asgi2:
        return Asgi2(scope)


class Slotted:
    """Sentry's middleware: what a call runs is an attribute of the object."""

    __slots__ = ("__call__",)

    def __init__(self) -> None:
        self.__call__ = asgi


class MisleadingAttribute:
    """A call looks at the class, never at the object's own `__call__`."""

    def __init__(self) -> None:
        setattr(self, "__call__", asgi)  # noqa: B010

    def __call__(self, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]


class Configured:
    def __init__(self, debug: bool = False) -> None:
        self.debug = debug

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        return None


class Anything(type):
    def __call__(cls, *arguments: object) -> object:
        return [b""]


class OfMetaclass(metaclass=Anything):
    pass


def marked(*arguments: object) -> Awaitable[None]:
    return asgi(*arguments[:3])


if sys.version_info >= (3, 12):
    inspect.markcoroutinefunction(marked)
else:
    setattr(marked, "_is_coroutine", True)  # noqa: B010 (what asyncio.coroutines leaves)


class Compiled:
    """A coroutine function compiled by Cython: no code to look at, only its mark."""

    _is_coroutine = True

    def __call__(self, *arguments: object) -> object:
        return None


@pytest.mark.parametrize(
    "app",
    [
        plain,
        with_more,
        any_arguments,
        Wsgi(),
        Wsgi().method,
        Wsgi.static,
        Wsgi.of_class,
        Wsgi().decorated,
        Wsgi,
        Iterated,
        OfMetaclass,
        MisleadingAttribute(),
        plain_decorator(plain),
        plain_decorator(plain_decorator(plain)),
        plain_decorator(Wsgi()),
        functools.partial(with_more, extra=2),
        print,
        len,
        functools.lru_cache(plain),
        functools.partial(functools.partial(plain)),
        functools.partial(lambda settings, environ, start_response: [b""], {}),
    ],
)
def test_what_may_be_a_wsgi_app(app: object) -> None:
    assert kind_of(app, "m:app") == "wsgi"
    assert kind_of(app, "m:app", "wsgi") == "wsgi"


@pytest.mark.parametrize(
    "app",
    [
        asgi,
        asgi_of_anything,
        asgi_with_more,
        returns_a_coroutine,
        Asgi(),
        Asgi().__call__,
        Awaited,
        Slotted(),
        functools.partial(asgi),
        functools.partial(asgi_with_more, depth=2),
        functools.partial(lambda settings, scope, receive, send: None, {}),
        plain_decorator(asgi),
        plain_decorator(plain_decorator(Asgi())),
        marked,
        Compiled(),
    ],
)
def test_what_is_an_asgi_app(app: object) -> None:
    assert kind_of(app, "m:app") == "asgi"
    assert kind_of(app, "m:app", "asgi") == "asgi"


@pytest.mark.parametrize("app", [double, Asgi2, Asgi2Router(), plain_decorator(double)])
def test_the_two_calls_of_asgi_2(app: object) -> None:
    assert kind_of(app, "m:app") == "asgi2"
    assert kind_of(app, "m:app", "asgi") == "asgi2"
    assert isinstance(kind_of(app, "m:app", "wsgi"), Fault)


def test_asgi_2_as_asgi_3() -> None:
    seen: list[object] = []

    def recording(scope: object) -> Callable[[object, object], Awaitable[None]]:
        async def inner(receive: object, send: object) -> None:
            seen.extend((scope, receive, send))

        return inner

    async def receive() -> dict[str, object]:
        return {}

    async def send(message: object) -> None:
        return None

    app = from_asgi2(recording)
    assert kind_of(app, "m:app") == "asgi"
    scope: dict[str, object] = {"type": "http"}

    async def main() -> None:
        await app(scope, receive, send)

    asyncio.run(main())
    assert seen == [scope, receive, send]


@pytest.mark.parametrize(
    ("candidate", "what"),
    [
        (None, "is None"),
        (7, "not callable"),
        ("text", "not callable"),
        (create_app, "looks like a factory"),
        (create_named, "looks like a factory"),
        (lambda: plain, "looks like a factory"),
        (functools.partial(plain, {}), "neither a WSGI nor an ASGI app."),
        (lambda environ: None, "neither a WSGI nor an ASGI app."),
        (coroutine, "coroutine function"),
        (coroutine_of_two, "coroutine function"),
        (coroutine_of_four, "coroutine function"),
        (generator, "coroutine function"),
        (other_names, "is no WSGI app"),
        (lambda one, two, three, four: None, "is no WSGI app"),
        (Configured, "is a class"),
    ],
)
def test_what_is_no_app(candidate: object, what: str) -> None:
    found = kind_of(candidate, "m:app")
    assert isinstance(found, Fault)
    assert what in found.what
    assert found.found
    assert found.fix


def test_what_looks_like_neither_can_be_declared() -> None:
    assert "--interface asgi" in getattr(kind_of(other_names, "m:app"), "fix", "")
    assert kind_of(other_names, "m:app", "asgi") == "asgi"
    assert kind_of(any_arguments, "m:app", "asgi") == "asgi"
    assert kind_of(print, "m:app", "asgi") == "asgi"
    assert kind_of(create_named, "m:app", "asgi") == "asgi2"


@pytest.mark.parametrize(
    ("candidate", "wanted", "what"),
    [
        (asgi, "wsgi", "is an ASGI app; WSGI is asked for"),
        (Asgi(), "wsgi", "is an ASGI app; WSGI is asked for"),
        (plain, "asgi", "is no ASGI app"),
        (create_app, "asgi", "looks like a factory"),
        (create_app, "wsgi", "looks like a factory"),
        (other_names, "wsgi", "is no WSGI app"),
    ],
)
def test_what_an_object_cannot_be_declared_to_be(candidate: object, wanted: str, what: str) -> None:
    found = kind_of(candidate, "m:app", wanted)
    assert isinstance(found, Fault)
    assert what in found.what


def test_frameworks_that_speak_neither() -> None:
    class Application:
        def __call__(self) -> object:
            return self

    Application.__module__ = "aiohttp.web_app"
    found = kind_of(Application(), "m:app")
    assert isinstance(found, Fault)
    assert "aiohttp" in found.what
    assert "HttpPlatformHandler" in found.fix


class Proxy:
    """As Flask's `request`: it can be called, and no attribute can be had outside of a request."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("Working outside of request context.")

    def __call__(self, environ: object, start_response: object) -> object:
        raise RuntimeError("Working outside of request context.")


def test_the_names_that_look_like_apps() -> None:
    namespace: dict[str, object] = {
        "app": plain,
        "site": Wsgi(),
        "create_app": create_app,
        "make_site": create_named,
        "helper": lambda: None,
        "three": lambda a, b, c: None,
        "asgi": asgi,
        "asgi_site": Asgi(),
        "coroutine": coroutine,
        "Wsgi": Wsgi,
        "pytest": pytest,
        "_private": plain,
        "number": 7,
        "request": Proxy(),
    }
    assert app_names(namespace) == ["app", "site", "create_app()", "make_site()", "asgi", "asgi_site"]
