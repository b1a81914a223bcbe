"""What the app is told of a request, and what the client gets, through each web server."""

from __future__ import annotations

import contextlib
import json
from email.message import Message

import psutil
import pytest

from .client import Answer, ask, connect, environ_of, send_raw
from .conftest import Stage
from .webserver import eventually

KEEPS_CONNECTIONS = {"nginx", "apache", "haproxy"}
"""The others ask the gateway to close after each response."""

NORMALIZES = {"nginx", "lighttpd", "apache", "apache-fcgid"}
"""These resolve `..` and double slashes in the path. REQUEST_URI holds what the client sent."""

REFUSES = {
    (b"/%FF", "lighttpd"): 400,
    (b"/a%0ab", "lighttpd"): 400,
    (b"/a%0ab", "haproxy"): 400,
    (b"/caf\xc3\xa9", "haproxy"): 400,
}
"""Paths that a server does not let through."""

LARGEST_REQUEST_HEADER = {"haproxy": 15000, "caddy": 60000}
"""Near the server's limit; 8000 for the others."""

LARGEST_RESPONSE_HEADER = {"nginx": 15000, "haproxy": 15000, "lighttpd": 60000, "caddy": 60000}
"""Near what the configuration allows; 8000 for the others."""


def get(port: int, path: bytes, *headers: bytes, method: bytes = b"GET") -> Answer:
    head = [method + b" " + path + b" HTTP/1.1", b"Host: 127.0.0.1:%d" % port, b"Connection: close", *headers]
    return send_raw(port, b"\r\n".join([*head, b"", b""]))


def test_get(stage: Stage) -> None:
    environ = environ_of(ask(stage.port, "/a/b?c=d%20e&f"))
    assert environ["REQUEST_METHOD"] == "GET"
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/a/b")
    assert environ["QUERY_STRING"] == "c=d%20e&f"
    assert environ["REQUEST_URI"] == "/a/b?c=d%20e&f"
    assert environ["HTTP_HOST"] == f"127.0.0.1:{stage.port}"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", str(stage.port))
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["REQUEST_SCHEME"] == environ["wsgi.url_scheme"] == "http"
    assert environ.get("HTTPS", "off") == "off"
    assert environ.get("CONTENT_LENGTH", "") in ("", "0")


def test_post_tells_type_and_length(stage: Stage) -> None:
    environ = environ_of(ask(stage.port, "/", "POST", b"a=b", {"Content-Type": "text/x-test"}))
    assert (environ["REQUEST_METHOD"], environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == (
        "POST",
        "text/x-test",
        "3",
    )


def test_head_has_the_length_and_no_body(stage: Stage) -> None:
    with contextlib.closing(connect(stage.port)) as connection:
        connection.request("HEAD", "/missing")
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Length"], response.read()) == (404, "26", b"")


def test_not_modified(stage: Stage) -> None:
    answer = ask(stage.port, "/not_modified")
    assert (answer.status, answer.headers["ETag"], answer.body) == (304, '"a"', b"")


def test_the_apps_own_404_passes(stage: Stage) -> None:
    answer = ask(stage.port, "/missing")
    assert (answer.status, answer.text) == (404, "no such page, says the app")
    assert answer.headers["Content-Length"] == "26"


def test_a_response_varies_by_nothing_that_the_app_does_not_name(stage: Stage) -> None:
    assert "Vary" not in ask(stage.port, "/missing").headers


def test_headers_of_one_name_pass_one_by_one(stage: Stage) -> None:
    headers: Message = ask(stage.port, "/").headers
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/a%20b%2Fc", b"/a b/c"),
        (b"/caf%C3%A9", b"/caf\xc3\xa9"),
        (b"/caf\xc3\xa9", b"/caf\xc3\xa9"),
        (b"/%FF", b"/\xff"),
        (b"/%25", b"/%"),
        (b"/a+b;c=d", b"/a+b;c=d"),
        (b"/a%5Cb", b"/a\\b"),
        (b"/a%0ab", b"/a\nb"),
    ],
)
def test_paths_arrive_decoded_as_latin1(stage: Stage, path: bytes, expected: bytes) -> None:
    answer = get(stage.port, path)
    if (path, stage.kind) in REFUSES:
        assert answer.status == REFUSES[path, stage.kind]
        return
    environ = environ_of(answer)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", expected.decode("latin-1"))
    if b"%" in path:
        assert environ["REQUEST_URI"] == path.decode("latin-1")


@pytest.mark.parametrize("path", [b"/a//b", b"/a/../b"])
def test_unusual_paths(stage: Stage, path: bytes) -> None:
    expected = {b"/a//b": "/a/b", b"/a/../b": "/b"}[path]
    environ = environ_of(get(stage.port, path))
    assert environ["PATH_INFO"] == (expected if stage.kind in NORMALIZES else path.decode())
    assert environ["REQUEST_URI"] == path.decode()


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        (b"/app", ""),
        (b"/app/", "/"),
        (b"/app/b/c", "/b/c"),
        (b"/app/caf%C3%A9", "/café".encode().decode("latin-1")),
        (b"/app/a%2Fb", "/a/b"),
        (b"/%61pp/b", "/b"),
        (b"/app?x", ""),
    ],
)
def test_mounted(stage: Stage, path: bytes, rest: str) -> None:
    environ = environ_of(get(stage.mounted, path))
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app", rest)
    assert environ["REQUEST_URI"] == path.decode()


@pytest.mark.parametrize("path", [b"/application", b"/applic/x", b"/app.", b"/app%0a", b"/", b"/APP/x"])
def test_what_only_looks_mounted_is_not_the_apps(stage: Stage, path: bytes) -> None:
    answer = get(stage.mounted, path)
    assert answer.status in (400, 403, 404)
    assert b"SCRIPT_NAME" not in answer.body


def test_static_files_are_the_servers(stage: Stage) -> None:
    if stage.kind == "haproxy":  # sends no files: the URL is the app's
        assert environ_of(ask(stage.port, "/static/a.css"))["PATH_INFO"] == "/static/a.css"
        return
    (stage.static / "a.css").write_text("body {}")
    (stage.static.parent / "secret").write_text("not for you")
    answer = ask(stage.port, "/static/a.css")
    assert (answer.status, answer.text) == (200, "body {}")
    assert answer.headers["Content-Type"].startswith("text/css")
    assert ask(stage.port, "/static/none.css").status == 404
    assert environ_of(ask(stage.port, "/staticx"))["PATH_INFO"] == "/staticx"
    assert ask(stage.mounted, "/app/static/a.css").text == "body {}"
    assert environ_of(ask(stage.mounted, "/app/staticx"))["PATH_INFO"] == "/staticx"


@pytest.mark.parametrize("path", [b"/static/../secret", b"/static/%2e%2e/secret", b"/static/..%2Fsecret"])
def test_nothing_beside_the_static_folder_is_sent(stage: Stage, path: bytes) -> None:
    (stage.static.parent / "secret").write_text("not for you")
    assert b"not for you" not in get(stage.port, path).body


def test_a_large_request_header(stage: Stage) -> None:
    size = LARGEST_REQUEST_HEADER.get(stage.kind, 8000)
    environ = environ_of(ask(stage.port, "/", headers={"X-Big": "v" * size}))
    assert environ["HTTP_X_BIG"] == "v" * size


def test_a_large_response_header(stage: Stage) -> None:
    size = LARGEST_RESPONSE_HEADER.get(stage.kind, 8000)
    answer = ask(stage.port, f"/big_header?{size}")
    assert (answer.status, answer.headers["X-Big"]) == (200, "v" * size)


def test_connections_to_the_gateway_are_kept_where_the_server_can(stage: Stage) -> None:
    if stage.kind == "apache-fcgid":  # it holds the socket itself; each response says that it is the last
        assert environ_of(ask(stage.port, "/"))["HTTP_CONNECTION"] == "close"
        return
    with contextlib.closing(connect(stage.port)) as connection:
        for _ in range(20):
            connection.request("GET", "/process")
            words = json.loads(connection.getresponse().read())
    process = psutil.Process(words["process"])

    def held() -> int:
        return sum(str(found.laddr) == stage.socket for found in process.net_connections("unix")) - 1

    if stage.kind in KEEPS_CONNECTIONS:
        assert 1 <= held() < 10
    else:
        eventually(lambda: held() == 0, lambda: f"{held()} connections are still open")
