"""FastCGI parameters as an ASGI scope."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.asgi.scope import header_lines, make_scope
from webstead.gateway.wsgi.environ import REQUIRED


def scope_of(**params: str) -> dict[str, Any]:
    return dict(make_scope({**REQUIRED, "PATH_INFO": "", **params}, {}))


def tunnelled(text: str) -> str:
    """As a server sends it: UTF-8 bytes, read as latin-1."""
    return text.encode().decode("latin-1")


def test_a_request_of_every_day() -> None:
    scope = scope_of(
        PATH_INFO="/a",
        QUERY_STRING="q=1&q=%C3%A9",
        REQUEST_URI="/a?q=1",
        REMOTE_ADDR="192.0.2.7",
        REMOTE_PORT="40000",
        SERVER_NAME="example.org",
        SERVER_PORT="8080",
        HTTP_HOST="example.org",
    )
    params = scope["extensions"].pop("webstead.params")
    assert params["QUERY_STRING"] == "q=1&q=%C3%A9"
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a",
        "raw_path": b"/a",
        "query_string": b"q=1&q=%C3%A9",
        "root_path": "",
        "headers": [(b"host", b"example.org")],
        "client": ("192.0.2.7", 40000),
        "server": ("example.org", 8080),
        "state": {},
        "extensions": {"http.response.pathsend": {}},
    }


@pytest.mark.parametrize(
    ("script", "info", "path", "root"),
    [
        ("", "/", "/", ""),
        ("", "", "/", ""),
        ("/", "/a", "/a", ""),
        ("/app", "", "/app", "/app"),
        ("/app", "/a", "/app/a", "/app"),
        (tunnelled("/é"), tunnelled("/ü"), "/é/ü", "/é"),
        ("", "/%20", "/%20", ""),
        ("", "/\xff", "/\ufffd", ""),
    ],
)
def test_the_path_holds_the_root(script: str, info: str, path: str, root: str) -> None:
    scope = scope_of(SCRIPT_NAME=script, PATH_INFO=info)
    assert (scope["path"], scope["root_path"]) == (path, root)


@pytest.mark.parametrize(
    ("uri", "raw"),
    [
        ("/a%2Fb?x=/y?", b"/a%2Fb"),
        ("http://example.org:80/a%20b?x", b"/a%20b"),
        ("https://example.org", b"/"),
        ("/\xe9", b"/\xe9"),
        ("*", b"*"),
        ("", None),
        (None, None),
    ],
)
def test_the_raw_path_is_what_the_client_sent(uri: str | None, raw: bytes | None) -> None:
    assert scope_of(**({} if uri is None else {"REQUEST_URI": uri}))["raw_path"] == raw


@pytest.mark.parametrize(
    ("https", "scheme"), [("on", "https"), ("ON", "https"), ("1", "https"), ("off", "http"), ("", "http")]
)
def test_https(https: str, scheme: str) -> None:
    scope = scope_of(HTTPS=https, SERVER_PORT="")
    assert scope["scheme"] == scheme
    assert scope["server"] == ("localhost", {"http": 80, "https": 443}[scheme])


@pytest.mark.parametrize(
    ("protocol", "version"),
    [("HTTP/1.0", "1.0"), ("HTTP/2.0", "2"), ("HTTP/3.0", "3"), ("INCLUDED", "1.1")],
)
def test_http_version(protocol: str, version: str) -> None:
    assert scope_of(SERVER_PROTOCOL=protocol)["http_version"] == version


def test_headers_are_lower_case_and_named_once() -> None:
    lines = header_lines(
        {
            "CONTENT_TYPE": "text/plain",
            "HTTP_CONTENT_TYPE": "text/plain",
            "CONTENT_LENGTH": "",
            "HTTP_CONTENT_LENGTH": "5",
            "HTTP_X_FORWARDED_FOR": "\xe9",
            "HTTP_ACCEPT": "",
            "REMOTE_USER": "ada",
        }
    )
    assert lines == [(b"content-type", b"text/plain"), (b"x-forwarded-for", b"\xe9"), (b"accept", b"")]


@pytest.mark.parametrize(("address", "port"), [("", "1"), ("unix:", "")])
def test_no_address_is_no_client(address: str, port: str) -> None:
    assert scope_of(REMOTE_ADDR=address, REMOTE_PORT=port)["client"] is None


@pytest.mark.parametrize("port", ["", "x", "²", "1" * 5000])
def test_a_port_that_is_none(port: str) -> None:
    scope = scope_of(REMOTE_ADDR="::1", REMOTE_PORT=port, SERVER_PORT=port)
    assert scope["client"] == ("::1", 0)
    assert scope["server"] == ("localhost", 80)


def test_state_is_a_copy() -> None:
    state: dict[str, Any] = {"pool": object()}
    scope = make_scope({**REQUIRED, "PATH_INFO": ""}, state)
    scope["state"]["mine"] = 1
    assert list(state) == ["pool"]
    assert scope["state"]["pool"] is state["pool"]


LATIN = st.text(st.characters(max_codepoint=255), max_size=30)


@given(
    st.dictionaries(
        st.one_of(st.sampled_from([*REQUIRED, "REQUEST_URI", "HTTPS", "REMOTE_ADDR", "REMOTE_PORT"]), LATIN),
        LATIN,
    )
)
def test_whatever_bytes_come_there_is_a_scope(params: dict[str, str]) -> None:
    scope = scope_of(**{**REQUIRED, **params})
    assert scope["path"]
    assert all(name == name.lower() for name, _ in scope["headers"])
