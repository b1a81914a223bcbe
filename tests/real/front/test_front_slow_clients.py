"""Clients that read slowly, and clients that leave: what of it the app notices."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real.front.stage import (
    FrontProcess,
    Stage,
    eventually,
    fastcgi,
    platform,
    unchunked,
    webconfig,
)
from webstead.front.limits import OVERFLOW
from webstead.front.overflow import Overflow, Room

LARGE = """
def app(environ, start_response):
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/":
        return [b"ok"]
    def parts():
        for number in range(100):
            yield b"%07d " % number * 8192
        open(environ["QUERY_STRING"], "w").close()
    return parts()
"""
WHOLE = b"".join(b"%07d " % number * 8192 for number in range(100))
"""6.5 MB: no socket and no buffer of ours holds it."""


@contextmanager
def reading_slowly(front: FrontProcess, target: str) -> Iterator[socket.socket]:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(("127.0.0.1", front.port))
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        yield client


def test_an_app_is_rid_of_its_answer_while_the_client_reads_slowly(stage: Stage) -> None:
    front = stage.front()
    endpoint, _ = stage.gateway(LARGE, "--threads", "1")
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    done = [stage.folder / f"done{number}" for number in range(3)]
    with (
        reading_slowly(front, f"/large?{done[0]}") as first,
        reading_slowly(front, f"/large?{done[1]}"),
        reading_slowly(front, f"/large?{done[2]}"),
    ):
        eventually(lambda: all(each.exists() for each in done), "the app has said all three answers")
        assert front.ask("/").body == b"ok"
        raw = b""
        while data := first.recv(1 << 16):
            raw += data
    assert unchunked(raw.partition(b"\r\n\r\n")[2]) == WHOLE
    eventually(lambda: open_files(front) == 0, "what the others have left is gone from the disk")


def open_files(front: FrontProcess) -> int:
    """Deleted files that the front holds open: those of its overflow."""
    links = Path(f"/proc/{front.process.pid}/fd").iterdir()
    return sum(" (deleted)" in str(link.readlink()) for link in links)


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=300), st.integers(1, 400)), max_size=30))
def test_what_is_put_is_taken_in_order(steps: list[bytes | int]) -> None:
    room = Room()
    overflow = Overflow(room)
    put = taken = b""
    for step in steps:
        if isinstance(step, bytes):
            assert overflow.put(step)
            put += step
        else:
            taken += overflow.take(step)
        assert put.startswith(taken)
        assert overflow.empty == (taken == put)
    assert taken + overflow.take(len(put)) == put
    assert (room.files, room.size) == (1, len(put))
    overflow.close()
    overflow.close()
    assert (room.files, room.size) == (0, 0)


def test_no_answer_takes_all_of_the_disk() -> None:
    overflow = Overflow(Room())
    while overflow.put(b"x" * (1 << 20)):
        assert not overflow.empty
    assert len(overflow.take(2 * OVERFLOW)) == OVERFLOW
    overflow.close()


# Clients that leave

ASGI = """
import asyncio, time

def note(text):
    with open(FILE, "a") as file:
        file.write(f"{text} {time.time()}\\n")

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/events":
        await receive()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\\n\\n", "more_body": True})
    elif scope["path"] == "/upload":
        while (await receive()).get("more_body"):
            note("part")
    while (message := await receive())["type"] != "http.disconnect":
        pass
    note("gone")
"""
PLATFORM = """
import socket, sys, threading, time

def note(text):
    with open(sys.argv[2], "a") as file:
        file.write(f"{text} {time.time()}\\n")

def serve(client):
    head = b""
    while not head.endswith(b"\\r\\n\\r\\n"):
        head += client.recv(1)
    path = head.split()[1]
    if path == b"/events":
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n"
                       b"Transfer-Encoding: chunked\\r\\n\\r\\n9\\r\\ndata: 1\\n\\n\\r\\n")
    try:
        while client.recv(65536):
            note("part")
    except ConnectionError:
        pass
    note("gone")
    client.close()

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
EVENTS = b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n"
NO_ANSWER = b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
UPLOAD = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 200_000


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["fastcgi", "platform"])
@pytest.mark.parametrize("request_", [EVENTS, NO_ANSWER, UPLOAD], ids=["events", "no answer", "upload"])
def test_an_app_hears_within_a_second_that_its_client_has_left(
    stage: Stage, kind: str, request_: bytes
) -> None:
    file = stage.folder / "noted"
    file.write_text("")
    front = stage.front()
    if kind == "fastcgi":
        endpoint, _ = stage.gateway(f"FILE = {str(file)!r}\n{ASGI}")
        front.serve(stage.root, fastcgi(endpoint), config=webconfig(kind))
    else:
        endpoint, _ = stage.platform(PLATFORM, str(file))
        front.serve(stage.root, platform(endpoint), config=webconfig(kind))
    with front.connect() as client:
        client.sendall(request_)
        if request_ == EVENTS:
            received = b""
            while b"data: 1" not in received:
                received += client.recv(65536)
        elif request_ == UPLOAD:
            eventually(lambda: "part" in file.read_text(), "the upload has begun")
    left = time.time()
    eventually(lambda: "gone" in file.read_text(), "the app hears of it")
    heard = float(file.read_text().split()[-1])
    assert heard - left < 1


def test_an_answer_without_length_that_breaks_off_has_no_end(stage: Stage) -> None:
    code = """
import os

def app(environ, start_response):
    start_response("200 OK", [])
    yield b"begun"
    os._exit(9)
"""
    front = stage.front()
    endpoint, _ = stage.gateway(code)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    with front.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        raw = b""
        while data := client.recv(65536):
            raw += data
    assert raw.startswith(b"HTTP/1.1 200 ")
    assert raw.endswith(b"\r\n\r\n5\r\nbegun\r\n")
