"""Bodies through each web server: large, of unknown length, streamed, cut off."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import select
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from .client import ask, connect, environ_of
from .conftest import Stage
from .webserver import SECONDS

MEGABYTE = 1 << 20
BLOCK = bytes(range(256)) * 4096  # 1 MiB

UNTOLD = {"caddy"}
"""Caddy 2.6 passes a body that is sent in chunks on as it comes, without its length. What is small enough to
be here when the app is called has one all the same. The others collect the body, and tell how long it was."""


def blocks(count: int) -> Iterator[bytes]:
    return (BLOCK for _ in range(count))


@functools.cache
def digest_of(count: int) -> str:
    found = hashlib.sha256()
    for block in blocks(count):
        found.update(block)
    return found.hexdigest()


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """100 MiB."""
    path = tmp_path_factory.mktemp("large") / "file"
    with path.open("wb") as file:
        file.writelines(blocks(100))
    yield quote(str(path))
    path.unlink()


def test_an_upload_of_100_megabytes_takes_no_memory_of_the_gateway(stage: Stage) -> None:
    before = json.loads(ask(stage.port, "/process").text)["peak"]
    length = {"Content-Length": str(100 * MEGABYTE)}
    answer = json.loads(ask(stage.port, "/digest", "POST", blocks(100), length).text)
    assert (answer["size"], answer["sha256"]) == (100 * MEGABYTE, digest_of(100))
    assert answer["peak"] - before < 16 * MEGABYTE


def test_a_download_of_20_megabytes_takes_no_memory_of_the_gateway(stage: Stage) -> None:
    before = json.loads(ask(stage.port, "/process").text)["peak"]
    assert len(ask(stage.port, "/blocks").body) == 20_000_000
    assert json.loads(ask(stage.port, "/process").text)["peak"] - before < 16 * MEGABYTE


def test_a_file_of_100_megabytes_goes_out_whole_and_takes_no_memory(stage: Stage, large_file: str) -> None:
    before = json.loads(ask(stage.port, "/process").text)["peak"]
    found = hashlib.sha256()
    with contextlib.closing(connect(stage.port)) as connection:
        connection.request("GET", f"/file?{large_file}")
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Length"]) == (200, str(100 * MEGABYTE))
        while part := response.read(MEGABYTE):
            found.update(part)
    assert found.hexdigest() == digest_of(100)
    assert json.loads(ask(stage.port, "/process").text)["peak"] - before < 16 * MEGABYTE


def test_of_a_file_head_has_the_headers_and_a_cached_one_has_no_body(stage: Stage, large_file: str) -> None:
    """On one connection: a byte of a body would be the start of the next response."""
    with contextlib.closing(connect(stage.port)) as connection:
        connection.request("HEAD", f"/file?{large_file}")
        head = connection.getresponse()
        assert (head.status, head.read(), head.headers["ETag"]) == (200, b"", '"file"')
        assert head.headers["Content-Length"] == str(100 * MEGABYTE)
        connection.request("GET", f"/file?{large_file}", headers={"If-None-Match": '"file"'})
        cached = connection.getresponse()
        assert (cached.status, cached.read(), cached.headers["ETag"]) == (304, b"", '"file"')
        connection.request("GET", "/missing")
        assert connection.getresponse().read() == b"no such page, says the app"


def test_a_body_in_chunks(stage: Stage) -> None:
    with contextlib.closing(connect(stage.port)) as connection:
        parts = iter([b"hello", b" ", b"world"])
        connection.request("POST", "/digest", parts, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
        response = connection.getresponse()
        body = response.read()
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
    if stage.kind == "haproxy":
        assert response.status == 400
        return
    words = json.loads(body)
    length = "" if stage.kind in UNTOLD else str(10 * MEGABYTE)
    assert (words["size"], words["length"]) == (10 * MEGABYTE, length)
    assert words["sha256"] == digest_of(10)


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


@pytest.mark.alone
def test_a_part_of_a_stream_does_not_wait_for_the_next(stage: Stage, pipe: str) -> None:
    """As every part does behind HAProxy, for 200 ms, where nobody tells it not to."""
    waits = []
    with contextlib.closing(connect(stage.port)) as connection:
        begun = time.monotonic()
        connection.request("GET", f"/stream?{quote(pipe)}")
        with open(pipe, "r+b", buffering=0) as gate:
            response = connection.getresponse()
            for part in (b"one ", b"two ", b"three"):
                assert response.read1(100) == part
                waits.append(time.monotonic() - begun)
                begun = time.monotonic()
                gate.write(b".")
    assert min(waits) < 0.15


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
