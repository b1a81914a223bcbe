"""Bodies through each web server: large, of unknown length, streamed, cut off."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from .client import ask, connect, environ_of
from .conftest import Stage
from .webserver import SECONDS

MEGABYTE = 1 << 20
BLOCK = bytes(range(256)) * 4096  # 1 MiB

CHUNKED = {
    "nginx": "length",
    "lighttpd": "length",
    "apache": "length",
    "apache-fcgid": "length",
    "caddy": "refused",
    "haproxy": "length",
}
"""What becomes of a body sent in chunks. length: the server collects it, and tells how long it was."""


def blocks(count: int) -> Iterator[bytes]:
    return (BLOCK for _ in range(count))


def test_an_upload_of_100_megabytes_takes_no_memory_of_the_gateway(stage: Stage) -> None:
    before = json.loads(ask(stage.port, "/process").text)["peak"]
    length = {"Content-Length": str(100 * MEGABYTE)}
    answer = json.loads(ask(stage.port, "/digest", "POST", blocks(100), length).text)
    expected = hashlib.sha256()
    for block in blocks(100):
        expected.update(block)
    assert (answer["size"], answer["sha256"]) == (100 * MEGABYTE, expected.hexdigest())
    assert answer["peak"] - before < 16 * MEGABYTE


def test_a_download_of_20_megabytes_takes_no_memory_of_the_gateway(stage: Stage) -> None:
    before = json.loads(ask(stage.port, "/process").text)["peak"]
    assert len(ask(stage.port, "/blocks").body) == 20_000_000
    assert json.loads(ask(stage.port, "/process").text)["peak"] - before < 16 * MEGABYTE


def test_a_body_in_chunks(stage: Stage) -> None:
    with contextlib.closing(connect(stage.port)) as connection:
        parts = iter([b"hello", b" ", b"world"])
        connection.request("POST", "/digest", parts, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
        response = connection.getresponse()
        body = response.read()
    if CHUNKED[stage.kind] == "refused":
        assert response.status in (400, 411)
        return
    words = json.loads(body)
    assert (words["size"], words["length"]) == (11, "11")
    assert words["sha256"] == hashlib.sha256(b"hello world").hexdigest()


def test_a_large_body_in_chunks(stage: Stage) -> None:
    """HAProxy has to know the length, and collects no more than its buffer holds to find out."""
    with contextlib.closing(connect(stage.port)) as connection:
        with contextlib.suppress(ConnectionError):
            parts = blocks(10)
            connection.request(
                "POST", "/digest", parts, {"Transfer-Encoding": "chunked"}, encode_chunked=True
            )
        response = connection.getresponse()
        body = response.read()
    if CHUNKED[stage.kind] == "refused" or stage.kind == "haproxy":
        assert response.status in (400, 411, 413, 500)
        return
    assert json.loads(body)["size"] == 10 * MEGABYTE


def test_a_body_that_the_app_does_not_read(stage: Stage) -> None:
    """HAProxy does not go on with a client's connection then."""
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(connect(stage.port)))
        for _ in range(3):
            connection.request("POST", "/unread", b"x" * (2 * MEGABYTE))
            assert connection.getresponse().read() == b"not interested"
            if stage.kind == "haproxy":
                connection = stack.enter_context(contextlib.closing(connect(stage.port)))


def test_a_body_beyond_the_limit_is_refused(stage: Stage) -> None:
    """By its length, before it is sent. Caddy counts what comes instead."""
    with socket.create_connection(("127.0.0.1", stage.port), SECONDS) as client:
        head = f"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Length: {200 * MEGABYTE}\r\n\r\n"
        client.sendall(head.encode())
        if stage.kind == "caddy":
            with contextlib.suppress(ConnectionError):
                for block in blocks(200):
                    client.sendall(block)
        assert client.recv(100).split()[1] == b"413"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[str]:
    """A named pipe that only the app and the test have in common."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    path.chmod(0o666)
    yield str(path)
    path.unlink()


def test_a_stream_reaches_the_client_part_by_part(stage: Stage, pipe: str) -> None:
    """The app sends a part only when the client has said, by the pipe, that it got the one before."""
    with contextlib.closing(connect(stage.port)) as connection:
        connection.request("GET", f"/stream?{quote(pipe)}")
        with open(pipe, "r+b", buffering=0) as gate:
            response = connection.getresponse()
            for part in (b"one ", b"two ", b"three"):
                assert response.read1(100) == part
                gate.write(b".")
        assert response.read() == b""


def test_a_client_that_leaves_in_the_middle_ends_the_response_for_the_app(stage: Stage, pipe: str) -> None:
    told = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with socket.create_connection(("127.0.0.1", stage.port), SECONDS) as client:
            client.sendall(f"GET /endless?{quote(pipe)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
        readable, _, _ = select.select([told], [], [], SECONDS)
        assert readable, "the app's response was never closed"
        assert os.read(told, 100) == b"closed"
    finally:
        os.close(told)
    assert environ_of(ask(stage.port, "/"))["PATH_INFO"] == "/"


def test_clients_that_leave_early_do_not_stop_the_gateway(stage: Stage) -> None:
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", stage.port), SECONDS) as client:
            client.sendall(b"GET /blocks HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", stage.port), SECONDS) as client:
            client.sendall(b"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhalf")
    assert environ_of(ask(stage.port, "/"))["PATH_INFO"] == "/"
