"""What an object is: an app, a factory, an ASGI app, or nothing that can be served."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import pytest

from webstead.gateway.interface import app_names, fault

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


async def coroutine() -> None:
    return None


class Wsgi:
    def __init__(self, environ: dict[str, object] | None = None, start_response: Start | None = None) -> None:
        self.environ = environ

    def __call__(self, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]

    def method(self, environ: dict[str, object], start_response: Start) -> Iterable[bytes]:
        return [b""]


class Asgi:
    async def __call__(self, scope: object, receive: object, send: object) -> None:
        return None


@pytest.mark.parametrize(
    "app",
    [
        plain,
        with_more,
        any_arguments,
        Wsgi(),
        Wsgi().method,
        Wsgi,
        functools.partial(with_more, extra=2),
        print,
        len,
        functools.partial(functools.partial(plain)),
        functools.partial(plain, {}),
    ],
)
def test_what_may_be_an_app(app: object) -> None:
    assert fault(app, "m:app") is None


@pytest.mark.parametrize(
    ("candidate", "what"),
    [
        (None, "is None"),
        (7, "not callable"),
        ("text", "not callable"),
        (create_app, "looks like a factory"),
        (create_named, "looks like a factory"),
        (lambda: plain, "looks like a factory"),
        (asgi, "is an ASGI app"),
        (Asgi(), "is an ASGI app"),
        (functools.partial(asgi), "is an ASGI app"),
        (coroutine, "coroutine function"),
    ],
)
def test_what_is_no_app(candidate: object, what: str) -> None:
    found = fault(candidate, "m:app")
    assert found is not None
    assert what in found.what
    assert found.fix


def test_the_names_that_look_like_apps() -> None:
    namespace: dict[str, object] = {
        "app": plain,
        "site": Wsgi(),
        "create_app": create_app,
        "make_site": create_named,
        "helper": lambda: None,
        "three": lambda a, b, c: None,
        "asgi": asgi,
        "Wsgi": Wsgi,
        "pytest": pytest,
        "_private": plain,
        "number": 7,
    }
    assert app_names(namespace) == ["app", "site", "create_app()", "make_site()"]
