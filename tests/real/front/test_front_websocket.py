"""WebSockets through the front, to real processes and to some that break the protocol."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.real.front.stage import (
    FrontProcess,
    Stage,
    eventually,
    memory,
    platform,
    read_all,
    unchunked,
    webconfig,
)

SOCKETS = """
import asyncio, http, sys
from websockets.asyncio.server import serve

def refuse(connection, request):
    if request.path == "/forbidden":
        return connection.respond(http.HTTPStatus.FORBIDDEN, "not you")
    if request.path == "/moved":
        response = connection.respond(http.HTTPStatus.FOUND, "")
        response.headers["Location"] = "/chat"
        return response

async def handler(ws):
    path = ws.request.path
    if path == "/close":
        await ws.close(4001, "enough")
    elif path == "/die":
        import os; os._exit(1)
    elif path.startswith("/headers"):
        names = ("Host", "Cookie", "Origin", "X-Forwarded-For")
        await ws.send("\\n".join([path, *(ws.request.headers.get(name, "-") for name in names)]))
    try:
        async for message in ws:
            await ws.send(message)
    finally:
        with open(sys.argv[2], "a") as file:
            file.write(f"{ws.close_code}\\n")

async def main():
    def choose(connection, offered):
        return "b" if "b" in offered else None

    port = int(sys.argv[1])
    async with serve(handler, "127.0.0.1", port, process_request=refuse, select_subprotocol=choose):
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""

RAW = """
import base64, hashlib, socket, sys, threading

def accept(key):
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())

def head_of(client):
    data = b""
    while b"\\r\\n\\r\\n" not in data:
        data += client.recv(1)
    return data

def serve(client):
    head = head_of(client)
    path = head.split()[1].decode()
    key = next(line[19:] for line in head.split(b"\\r\\n") if line.startswith(b"sec-websocket-key: "))
    start = b"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n"
    good = start + b"Sec-WebSocket-Accept: " + accept(key) + b"\\r\\n"
    if path == "/echo":
        client.sendall(good + b"\\r\\n")
        while data := client.recv(65536):
            client.sendall(data)
        client.sendall(b"last words")
    elif path == "/eager":
        client.sendall(good + b"\\r\\n" + b"\\x81\\x02hi")
    elif path == "/slowly":
        for byte in good + b"\\r\\n" + b"\\x81\\x02hi":
            client.sendall(bytes([byte]))
    elif path == "/silent":
        client.sendall(good + b"\\r\\n")
        client.recv(1)
        threading.Event().wait()
    elif path == "/what":
        client.sendall(b"HTTP/1.1 403 Forbidden\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(head) + head)
    elif path == "/large":
        client.sendall(b"HTTP/1.1 403 Forbidden\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
        for _ in range(50):
            client.sendall(b"2710\\r\\n" + b"x" * 10000 + b"\\r\\n")
        client.sendall(b"0\\r\\n\\r\\n")
    elif path == "/endless":
        client.sendall(b"HTTP/1.1 403 Forbidden\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
        try:
            while True:
                client.sendall(b"2710\\r\\n" + b"x" * 10000 + b"\\r\\n")
        except OSError:
            open(sys.argv[2], "w").close()
    else:
        client.sendall({
            "/wrong": start + b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\\r\\n\\r\\n",
            "/none": start + b"\\r\\n",
            "/plain": b"HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n",
            "/extension": good + b"Sec-WebSocket-Extensions: permessage-deflate\\r\\n\\r\\n",
            "/protocol": good + b"Sec-WebSocket-Protocol: other\\r\\n\\r\\n",
            "/ok": b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok",
            "/nothing": b"",
        }[path])
    client.close()

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = (
    f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
)


def raw(stage: Stage) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.platform(RAW, str(stage.folder / "left"))
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    return front


@contextmanager
def asked(front: FrontProcess, path: str, more: str = "") -> Iterator[socket.socket]:
    with front.connect() as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}{more}\r\n".encode())
        yield client


def head_of(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        byte = client.recv(1)
        assert byte, data
        data += byte
    return data


def exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        assert part, data
        data += part
    return data


def test_frames_pass_as_they_are_both_ways(stage: Stage) -> None:
    """Pings, fragments, reserved bits, a close with its reason: between the two ends."""
    with asked(raw(stage), "/echo") as client:
        assert head_of(client).startswith(b"HTTP/1.1 101 ")
        for frame in (
            b"\x89\x84\x01\x02\x03\x04abcd",  # a ping
            b"\x01\x82\0\0\0\0he",
            b"\x80\x83\0\0\0\0llo",  # a message in two fragments
            b"\xc2\x81\0\0\0\0x",  # with a reserved bit
            b"\x82\xff\0\0\0\0\0\x0f\x42\x40" + b"y" * 1_000_000,
            b"\x88\x8b\0\0\0\0\x0f\xa1goodbye!!",
        ):
            client.sendall(frame)
            assert exactly(client, len(frame)) == frame


def test_a_side_that_has_said_its_last_word_still_hears_the_other_s(stage: Stage) -> None:
    with asked(raw(stage), "/echo") as client:
        head_of(client)
        client.sendall(b"\x88\x80\0\0\0\0")
        client.shutdown(socket.SHUT_WR)
        assert exactly(client, 16) == b"\x88\x80\0\0\0\0last words"
        assert client.recv(1) == b""


@pytest.mark.parametrize("path", ["/eager", "/slowly"])
def test_what_comes_with_the_handshake_is_not_lost(stage: Stage, path: str) -> None:
    with asked(raw(stage), path) as client:
        head_of(client)
        assert exactly(client, 4) == b"\x81\x02hi"
        assert client.recv(1) == b""


@pytest.mark.parametrize("path", ["/wrong", "/none", "/plain", "/extension", "/protocol", "/nothing"])
def test_a_handshake_that_is_none_is_a_502(stage: Stage, path: str) -> None:
    """Nobody is given a tunnel to a process that has not agreed to a WebSocket."""
    front = raw(stage)
    with asked(front, path, "Sec-WebSocket-Protocol: chat\r\n") as client:
        assert head_of(client).startswith(b"HTTP/1.1 502 ")
    assert front.errors.read_text() == ""


def test_a_process_that_answers_with_a_page_is_no_tunnel(stage: Stage) -> None:
    with asked(raw(stage), "/ok") as client:
        head = head_of(client)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert exactly(client, 2) == b"ok"


def test_a_long_refusal_arrives_whole(stage: Stage) -> None:
    with asked(raw(stage), "/large") as client:
        head = head_of(client)
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"transfer-encoding: chunked\r\n" in head
        assert unchunked(read_all(client)) == b"x" * 500_000


def test_a_refusal_without_an_end_ends_with_its_client(stage: Stage) -> None:
    with asked(raw(stage), "/endless") as client:
        assert head_of(client).startswith(b"HTTP/1.1 403")
    eventually((stage.folder / "left").exists, "the process hears that its client has left")


def test_the_process_is_asked_for_what_the_front_can_pass_on(stage: Stage) -> None:
    more = (
        "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a, b\r\nOrigin: http://o\r\n"
    )
    more += "Content-Length: 0\r\nX-Forwarded-Proto: https\r\nKeep-Alive: 1\r\n"
    with asked(raw(stage), "/what", more) as client:
        size = int(head_of(client).partition(b"content-length: ")[2].split()[0])
        lines = exactly(client, size).decode().split("\r\n")
    assert lines[0] == "GET /what HTTP/1.1"
    assert sorted(lines[1:-2]) == [
        "connection: Upgrade",
        "host: localhost",
        "origin: http://o",
        "sec-websocket-extensions: permessage-deflate",
        f"sec-websocket-key: {KEY}",
        "sec-websocket-protocol: a, b",
        "sec-websocket-version: 13",
        "upgrade: websocket",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: localhost",
        "x-forwarded-proto: https",
    ]


@pytest.mark.parametrize(
    "head",
    [
        UPGRADE.replace(KEY, "short"),
        UPGRADE.replace(KEY, f"{KEY}, {KEY}"),
        UPGRADE.replace("Version: 13", "Version: 777"),
        UPGRADE.replace("Upgrade: websocket", "Upgrade: WebSocketX"),
        UPGRADE + f"Sec-WebSocket-Key: {KEY}\r\n",
    ],
    ids=["a short key", "two keys in one", "another version", "another protocol", "two keys"],
)
def test_a_handshake_that_asks_for_none_opens_no_tunnel(stage: Stage, head: str) -> None:
    """The process would answer 101, or not: what comes behind the request is never passed to it as it is."""
    with raw(stage).connect() as client:
        client.sendall(f"GET /silent HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())
        assert not head_of(client).startswith(b"HTTP/1.1 101 ")


def test_what_the_slower_side_does_not_take_waits_at_the_faster_one(stage: Stage) -> None:
    front = raw(stage)
    with asked(front, "/silent") as client:
        head_of(client)
        before = memory(front.process)
        client.settimeout(0.5)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 100_000_000:
                sent += client.send(b"x" * 100_000)
        assert sent < 100_000_000
        assert memory(front.process) - before < 2_000_000


def test_many_open_sockets_stop_no_request(stage: Stage) -> None:
    """They are not requests in flight, of which a process gets so many at once."""
    front = raw(stage)
    opened = []
    try:
        for _ in range(600):
            client = front.connect()
            opened.append(client)
            client.sendall(f"GET /echo HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n".encode())
            head_of(client)
        with asked(front, "/ok") as client:
            assert head_of(client).startswith(b"HTTP/1.1 200 ")
        for client in opened:
            client.sendall(b"hello")
            assert exactly(client, 5) == b"hello"
    finally:
        for client in opened:
            client.close()
    eventually(lambda: len([line for line in front.lines() if " 101 " in line]) == 600, "all have ended")


# With a WebSocket server that is one


def sockets(stage: Stage) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.platform(SOCKETS, str(stage.folder / "closed"))
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    return front


def test_messages_go_both_ways(stage: Stage) -> None:
    front = sockets(stage)

    async def talk() -> None:
        async with connect(
            f"ws://127.0.0.1:{front.port}/chat", subprotocols=[Subprotocol("a"), Subprotocol("b")], proxy=None
        ) as ws:
            assert ws.subprotocol == "b"
            for message in ("text", b"bytes", "\u00e9" * 1000, b"x" * 500_000, ""):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.close(4002)

    asyncio.run(asyncio.wait_for(talk(), 20))
    closed = stage.folder / "closed"
    eventually(lambda: closed.exists() and closed.read_text() == "4002\n", "the close code arrives")


def test_the_handshake_s_path_query_and_headers_arrive(stage: Stage) -> None:
    front = sockets(stage)

    async def talk() -> str:
        headers = {"Cookie": "a=1", "Origin": "http://site.test"}
        uri = f"ws://127.0.0.1:{front.port}/headers/%20?q=%2f"
        async with connect(uri, additional_headers=headers, proxy=None) as ws:
            return str(await ws.recv())

    assert asyncio.run(asyncio.wait_for(talk(), 20)).splitlines() == [
        "/headers/%20?q=%2f",
        f"127.0.0.1:{front.port}",
        "a=1",
        "http://site.test",
        "127.0.0.1",
    ]


def test_the_process_s_close_code_reaches_the_client(stage: Stage) -> None:
    front = sockets(stage)

    async def talk(path: str) -> tuple[int, str]:
        async with connect(f"ws://127.0.0.1:{front.port}{path}", proxy=None) as ws:
            try:
                await ws.recv()
            except ConnectionClosed:
                return ws.close_code or 0, ws.close_reason or ""
        return 0, "not closed"

    assert asyncio.run(asyncio.wait_for(talk("/close"), 20)) == (4001, "enough")
    assert asyncio.run(asyncio.wait_for(talk("/die"), 20))[0] == 1006  # it said none


@pytest.mark.parametrize(("path", "status"), [("/forbidden", 403), ("/moved", 302)])
def test_a_refused_upgrade_is_answered_as_such(stage: Stage, path: str, status: int) -> None:
    front = sockets(stage)

    with front.connect() as client:
        client.sendall(
            b"GET %b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            % path.encode()
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 %d " % status)


def test_a_client_that_vanishes_ends_the_process_s_side(stage: Stage) -> None:
    front = sockets(stage)

    async def talk() -> None:
        ws = await connect(f"ws://127.0.0.1:{front.port}/chat", proxy=None)
        await ws.send("a")
        assert await ws.recv() == "a"
        ws.transport.abort()

    asyncio.run(asyncio.wait_for(talk(), 20))
    closed = stage.folder / "closed"
    eventually(lambda: closed.exists() and closed.read_text() == "1006\n", "the process's side is closed")


def test_one_slow_socket_does_not_stop_another(stage: Stage) -> None:
    front = sockets(stage)

    async def flood() -> None:
        ws = await connect(f"ws://127.0.0.1:{front.port}/chat", proxy=None, max_queue=1, compression=None)
        sending = asyncio.create_task(_send_forever(ws))
        async with connect(f"ws://127.0.0.1:{front.port}/chat", proxy=None) as other:
            for number in range(20):
                await other.send(str(number))
                assert await other.recv() == str(number)
        sending.cancel()
        ws.transport.abort()

    async def _send_forever(ws: ClientConnection) -> None:
        while True:
            await ws.send(b"x" * 100_000)

    before = memory(front.process)
    asyncio.run(asyncio.wait_for(flood(), 20))
    assert memory(front.process) - before < 40_000_000
