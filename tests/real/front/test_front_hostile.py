"""The front between hostile clients and apps that break their own protocol."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.real.front.stage import (
    FASTCGI,
    PATIENCE,
    FrontProcess,
    Stage,
    eventually,
    failed,
    fastcgi,
    memory,
    platform,
    read_all,
    webconfig,
)
from webstead.formats.fastcgi.records import STDOUT, pack_end, pack_record
from webstead.front.limits import KEEPALIVE_SECONDS, STALL_SECONDS
from webstead.site_table import Endpoint, FailureText

ECHO = """
def app(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
LISTENER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    listener.accept()
"""
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@contextmanager
def instance(*replies: bytes) -> Iterator[Endpoint]:
    """A FastCGI instance that answers so, whatever it is asked; each reply on a connection of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for reply in replies:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    client.sendall(reply)
                    client.recv(1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield Endpoint("app/1", f"127.0.0.1:{listener.getsockname()[1]}")


def whole(content: bytes) -> bytes:
    return pack_record(STDOUT, 1, content) + pack_end(1, 0, 0)


def in_parts(*contents: bytes) -> bytes:
    return b"".join(pack_record(STDOUT, 1, content) for content in contents) + pack_end(1, 0, 0)


@pytest.mark.parametrize(
    "reply",
    [
        whole(b"Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        in_parts(b"Content-Length: 3\r\n\r\nab", b"cHTTP/1.1 200 OK\r\n", b"Content-Length: 0\r\n\r\n"),
    ],
    ids=["whole", "in parts"],
)
def test_a_body_longer_than_its_length_is_never_the_next_response(stage: Stage, reply: bytes) -> None:
    front = stage.front()
    with instance(reply) as endpoint:
        front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
        with front.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            raw = read_all(client)
    assert b"content-length: 3\r\n" in raw
    assert raw.endswith(b"\r\n\r\nabc")


def test_a_body_shorter_than_its_length_takes_nothing_of_the_next_response(stage: Stage) -> None:
    front = stage.front()
    with instance(whole(b"Content-Length: 9\r\n\r\nabc")) as endpoint:
        front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
        assert front.ask("/", head="Host: localhost\r\n").body.startswith(b"502 The app did not answer")


def test_a_204_has_no_length(stage: Stage) -> None:
    front = stage.front()
    with instance(whole(b"Status: 204\r\nContent-Length: 3\r\n\r\nabc")) as endpoint:
        front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
        answer = front.ask("/")
    assert (answer.status, answer.body, answer.headers.get("content-length")) == (204, b"", None)


LIMITLESS = """<security><requestFiltering><requestLimits maxUrl="65536" maxQueryString="65536"/>
</requestFiltering></security>"""


def echo(stage: Stage) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.gateway(ECHO)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", LIMITLESS))
    return front


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("chunked", b"1\r\nx\r\n0\r\n\r\n", 200),
        ("gzip, chunked", b"1\r\nx\r\n0\r\n\r\n", 501),
        ("chunked, chunked", b"1\r\nx\r\n0\r\n\r\n", 501),
        ("chunked", b"-1\r\nx\r\n0\r\n\r\n", 400),
        ("chunked", b"1\nx\n0\n\n", 400),
    ],
    ids=["chunks", "two codings", "chunked twice", "negative size", "bare line feeds"],
)
def test_only_well_formed_chunks_are_a_body(stage: Stage, coding: str, body: bytes, status: int) -> None:
    with echo(stage).connect() as client:
        head = f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: {coding}\r\n\r\n"
        client.sendall(head.encode() + body)
        raw = read_all(client)
    assert raw.startswith(b"HTTP/1.1 %d " % status)


def test_the_server_itself_may_be_asked_for_its_options(stage: Stage) -> None:
    answer = echo(stage).ask("*", method="OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (200, "OPTIONS, GET, HEAD, POST")


@pytest.mark.parametrize("host", ["a:99999", "[:::::]", "a,b"])
def test_a_websocket_for_a_host_that_is_none_is_a_400(stage: Stage, host: str) -> None:
    front = stage.front()
    endpoint, _ = stage.platform(LISTENER)
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    with front.connect() as client:
        client.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}\r\n".encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert front.errors.read_text() == ""


def test_idle_connections_keep_nobody_out(stage: Stage) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    front = echo(stage)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    idle: list[socket.socket] = []
    try:
        for beginning in (b"", b"PRI", b"GET / HTTP/1.1\r\nHost"):
            for _ in range(500):
                idle.append(front.connect())
                idle[-1].sendall(beginning)
        assert front.ask("/").status == 200
    finally:
        for client in idle:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_start_of_http2_holds_no_connection(stage: Stage) -> None:
    with echo(stage).connect() as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert not read_all(client).startswith(b"\x00")


def test_connections_whose_client_stands_still_end_by_themselves(stage: Stage) -> None:
    """Accepted connections have what the listening socket, which front and supervisor share, is set to."""
    stage.front()
    listener = next(each for each in stage._sockets if each.family == socket.AF_INET)
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == KEEPALIVE_SECONDS
    assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == STALL_SECONDS * 1000


def test_a_client_that_takes_nothing_frees_the_app_s_thread(stage: Stage) -> None:
    front = stage.front()
    listener = next(each for each in stage._sockets if each.family == socket.AF_INET)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
    code = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"] if environ["PATH_INFO"] == "/" else (b"x" * 100_000 for _ in range(1000))
"""
    endpoint, _ = stage.gateway(code, "--threads", "1")
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", front.port))
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1)
        assert front.ask("/").body == b"ok"


def test_long_addresses_headers_and_hosts_are_not_remembered(stage: Stage) -> None:
    front = echo(stage)
    front.ask("/")
    before = memory(front.process)
    for number in range(150):
        long = f"{number:06}{'a' * 60_000}"
        assert front.ask(f"/?{long}").status == 200
        assert front.ask("/", head=f"{long}: 1\r\n").status == 200
        assert front.ask("/", head=f"Host: {long}\r\n").status == 400
        assert front.ask("/", method=long).status == 200
    assert memory(front.process) - before < 30_000_000
    eventually(lambda: len(front.lines()) >= 600, "the log is written")
    assert max(map(len, front.lines())) < 2200


@pytest.mark.parametrize("head", ["Host: evil.test\r\n", "Host: localhost\r\nVia: 1.1 proxy\r\n"])
def test_details_are_not_for_strangers(stage: Stage, head: str) -> None:
    front = stage.front()
    failure = FailureText(500, "w", "/secret/path", "x", "Traceback")
    front.serve(stage.root, failed(FASTCGI, failure), config=webconfig("fastcgi"))
    assert b"/secret/path" in front.ask("/", head="Host: localhost\r\n").body
    assert front.ask("/", head=head).body == b"500 The site has an error.\n"


def test_a_folder_s_redirect_is_an_address(stage: Stage) -> None:
    (stage.root / "caf\u00e9").mkdir()
    front = stage.front()
    front.serve(stage.root, config=webconfig("static"))
    assert front.ask("/caf\u00e9".encode()).headers["location"] == "/caf%C3%A9/"
    assert front.ask("/caf%C3%A9?a=%2f").headers["location"] == "/caf%C3%A9/?a=%2f"
