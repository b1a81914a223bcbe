"""The environ: what PEP 3333 requires, and what a client must not choose."""

from __future__ import annotations

import io

import pytest

from webstead.formats.fastcgi.server import Request
from webstead.gateway.dialect import Dialect
from webstead.gateway.wsgi.environ import (
    REQUIRED,
    FileWrapper,
    declared_length,
    make_environ,
    own_values,
    set_whole_body,
)


def environ_of(**params: str) -> dict[str, object]:
    return make_environ(Request(1, {**REQUIRED, **params}, True, b"", True), own_values(1), Dialect())


def test_what_pep_3333_requires_is_always_there() -> None:
    environ = environ_of()
    for name in (
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
    ):
        assert isinstance(environ[name], str)
    assert environ["PATH_INFO"] == ""
    assert environ["wsgi.version"] == (1, 0)
    assert type(environ) is dict


def test_parameters_beat_defaults_and_never_our_own_values() -> None:
    environ = environ_of(REQUEST_METHOD="PUT", **{"wsgi.version": "9", "wsgi.url_scheme": "gopher"})
    assert environ["REQUEST_METHOD"] == "PUT"
    assert environ["wsgi.version"] == (1, 0)
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize(
    ("https", "scheme"), [("on", "https"), ("ON", "https"), ("1", "https"), ("off", "http"), ("", "http")]
)
def test_https_makes_the_scheme(https: str, scheme: str) -> None:
    assert environ_of(HTTPS=https)["wsgi.url_scheme"] == scheme


def test_requests_share_nothing() -> None:
    own = own_values(1)
    first = make_environ(Request(1, {**REQUIRED, "HTTPS": "on"}, True, b"", True), own, Dialect())
    first["wsgi.errors"] = None
    second = make_environ(Request(1, dict(REQUIRED), True, b"", True), own, Dialect())
    assert second["wsgi.url_scheme"] == "http"
    assert second["wsgi.errors"] is not None


def test_httpoxy_is_dropped() -> None:
    assert "HTTP_PROXY" not in environ_of(HTTP_PROXY="http://evil.example")
    assert environ_of(HTTP_PROXY_CONNECTION="x")["HTTP_PROXY_CONNECTION"] == "x"


def test_the_root_is_an_empty_script_name() -> None:
    assert environ_of(SCRIPT_NAME="/", PATH_INFO="/x")["SCRIPT_NAME"] == ""
    assert environ_of(SCRIPT_NAME="/app", PATH_INFO="/x")["SCRIPT_NAME"] == "/app"


def test_threads_are_told() -> None:
    assert [own_values(count)["wsgi.multithread"] for count in (1, 2)] == [False, True]


@pytest.mark.parametrize(
    ("body", "length", "seen", "told"),
    [
        (b"abc", 3, b"abc", None),
        (b"abc", None, b"abc", "3"),
        (b"abc", 2, b"ab", None),
        (b"", None, b"", None),
    ],
)
def test_a_whole_body(body: bytes, length: int | None, seen: bytes, told: str | None) -> None:
    environ = environ_of()
    set_whole_body(environ, body, length)
    stream = environ["wsgi.input"]
    assert isinstance(stream, io.BytesIO)
    assert stream.read() == seen
    assert environ.get("CONTENT_LENGTH") == told


def test_a_body_cut_short_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 bytes of 3"):
        set_whole_body(environ_of(), b"ab", 3)


def test_declared_lengths() -> None:
    assert declared_length({}) is None
    assert declared_length({"CONTENT_LENGTH": ""}) is None
    assert declared_length({"CONTENT_LENGTH": "007"}) == 7
    for text in ("-2", "1 ", "a", "٣", "1_0"):
        with pytest.raises(ValueError, match="CONTENT_LENGTH"):
            declared_length({"CONTENT_LENGTH": text})


def test_a_wrapped_file_is_iterated_in_blocks_and_closed() -> None:
    file = io.BytesIO(b"0123456789")
    wrapper = FileWrapper(file, 4)
    assert list(wrapper) == [b"0123", b"4567", b"89"]
    wrapper.close()
    assert file.closed
    FileWrapper(object()).close()
