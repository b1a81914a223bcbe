"""Trailers, both ways, through the front to a platform process."""

from __future__ import annotations

import socket

import pytest

from tests.real.front.stage import FrontProcess, Stage, platform, read_all, webconfig

PROCESS = """
import socket, sys, threading

def serve(client):
    data = b""
    while not data.endswith(b"\\r\\n\\r\\n") or b"0\\r\\n" not in data:
        data += client.recv(65536)
    head, _, rest = data.partition(b"\\r\\n\\r\\n")
    sent = rest.partition(b"0\\r\\n")[2].replace(b"\\r\\n", b"|")
    te = b"te: trailers" in head and b"connection: te" in head
    body = sent + b" " + str(te).encode()
    client.sendall(
        b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
        + b"%x\\r\\n%b\\r\\n" % (len(body), body)
        + b"0\\r\\nX-Sum: 7\\r\\nDate: x\\r\\nSet-Cookie: a=b\\r\\n\\r\\n"
    )
    client.close()

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@pytest.fixture
def front(stage: Stage) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.platform(PROCESS)
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    return front


def ask(client: socket.socket, te: str) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close{te}\r\nTransfer-Encoding: chunked\r\n\r\n"
    client.sendall(head.encode() + b"2\r\nok\r\n0\r\nX-Mine: 1\r\nHost: evil\r\nAuthorization: x\r\n\r\n")
    return read_all(client)


def test_trailers_pass_both_ways_to_who_keeps_them(front: FrontProcess) -> None:
    with front.connect() as client:
        raw = ask(client, ", TE\r\nTE: trailers")
    assert b"x-mine: 1||" in raw
    assert b" True\r\n" in raw
    assert raw.endswith(b"\r\n0\r\nx-sum: 7\r\n\r\n")


def test_a_client_that_does_not_ask_for_trailers_gets_none(front: FrontProcess) -> None:
    with front.connect() as client:
        raw = ask(client, "")
    assert raw.endswith(b" False")
    assert b"x-sum" not in raw
