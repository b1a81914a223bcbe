"""Clients that pipeline, leave in the midst of a file, or end their half; responses that only the end of the
connection ends."""

from __future__ import annotations

import socket

import pytest

from tests.real.front.stage import FrontProcess, Stage, eventually, platform, read_all, webconfig

ORIGIN = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        if self.path == "/broken":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\\r\\nhello\\r\\n")
            self.close_connection = True
            return
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def proxying(stage: Stage) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.platform(ORIGIN)
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    return front


def until(client: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        part = client.recv(65536)
        assert part, data
        data += part
    return data


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
def test_a_pipelined_request_s_body_may_come_later(stage: Stage, expect: str) -> None:
    head = f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n{expect}\r\n".encode()
    with proxying(stage).connect() as client:
        client.sendall(GET + head)
        until(client, b"hello")
        client.sendall(b"late")
        assert read_all(client).endswith(b"\r\n\r\nlate")


def test_an_upload_of_a_client_that_then_ends_its_half_is_answered(stage: Stage) -> None:
    body = b"x" * 100_000
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    with proxying(stage).connect() as client:
        client.sendall(head + body)
        client.shutdown(socket.SHUT_WR)
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(body)


def test_a_client_that_leaves_in_the_midst_of_a_file_is_no_fault(stage: Stage) -> None:
    (stage.root / "large.txt").write_bytes(b"x" * 30_000_000)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static"))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", front.port))
        client.sendall(b"GET /large.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(1000)
    eventually(lambda: len(front.lines()) == 1, "the request is over")
    assert front.errors.read_text() == ""
    assert front.ask("/large.txt", method="HEAD").status == 200


def test_a_response_that_only_the_connection_ends_is_reset_when_it_breaks_off(stage: Stage) -> None:
    with proxying(stage).connect() as client:
        client.sendall(b"GET /broken HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            read_all(client)
