"""The front before real platform processes: HTTP."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.real.front.stage import (
    FrontProcess,
    Stage,
    answered,
    memory,
    platform,
    read_all,
    webconfig,
)

HTTP = """
import http.server, socketserver, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0

    def reply(self, body, *headers, status=200):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        Handler.count += 1
        if path == "/echo":
            self.reply((self.requestline + "\\n" + str(self.headers)).encode())
        elif path == "/peer":
            self.reply(str(self.client_address[1]).encode())
        elif path == "/count":
            self.reply(str(Handler.count).encode())
        elif path == "/no-length":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"until the end")
            self.close_connection = True
        elif path == "/early":
            self.wfile.write(b"HTTP/1.1 103 Early Hints\\r\\nLink: </a>\\r\\n\\r\\n")
            self.reply(b"final")
        elif path == "/broken":
            self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\npart")
            self.close_connection = True
        elif path == "/nonsense":
            self.wfile.write(b"SSH-2.0-OpenSSH\\r\\n\\r\\n")
            self.close_connection = True
        elif path == "/close":
            self.close_connection = True
            self.reply(b"closing")
            self.connection.shutdown(2)
        elif path == "/drop":
            self.close_connection = True
        elif path == "/big":
            self.send_response(200)
            self.send_header("Content-Length", str(50_000_000))
            self.end_headers()
            for _ in range(500):
                self.wfile.write(b"x" * 100_000)
        elif path == "/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            for line in sys.stdin.buffer:
                self.wfile.write(b"%x\\r\\n%b\\r\\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\\r\\n\\r\\n")
        else:
            self.reply(b"missing", status=404)

    do_HEAD = do_DELETE = do_GET

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            size = 0
            while length := int(self.rfile.readline(), 16):
                size += len(self.rfile.read(length))
                self.rfile.readline()
            self.rfile.readline()
        else:
            left, size = int(self.headers["Content-Length"]), 0
            while part := self.rfile.read(min(left - size, 65536)):
                size += len(part)
        framing = self.headers.get("Transfer-Encoding") or self.headers.get("Content-Length")
        self.reply(f"{size} {framing}".encode())

    def log_message(self, *args):
        pass

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def started(stage: Stage, code: str = HTTP) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.platform(code)
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    return front


def test_the_request_arrives_as_sent_with_the_proxy_s_headers(stage: Stage) -> None:
    front = started(stage)
    answer = front.ask(b"/echo?a=%20b", head="X-A: 1\r\nX-A: 2\r\nConnection: x-hop\r\nX-Hop: 1\r\n")
    lines = answer.body.decode().lower().splitlines()
    assert lines[0] == "get /echo?a=%20b http/1.1"
    assert "host: site.test" in lines
    assert "x-a: 1, 2" in lines
    assert "x-forwarded-for: 127.0.0.1" in lines
    assert "x-forwarded-proto: http" in lines
    assert not any(line.startswith(("x-hop", "connection", "transfer-encoding")) for line in lines)
    assert answer.headers["server"].startswith("BaseHTTP")


def test_connections_are_kept(stage: Stage) -> None:
    front = started(stage)
    assert len({front.ask("/peer").body for _ in range(5)}) == 1


def test_a_kept_connection_that_turns_out_closed_is_replaced(stage: Stage) -> None:
    front = started(stage)
    for _ in range(20):
        assert front.ask("/close").body == b"closing"
        assert front.ask("/peer").status == 200


def test_a_request_that_the_process_dropped_is_asked_again_once_at_most(stage: Stage) -> None:
    front = started(stage)
    assert front.ask("/count").body == b"1"
    assert front.ask("/drop").status == 502
    assert front.ask("/count").body in (b"3", b"4")


def test_bodies_arrive_whole(stage: Stage) -> None:
    front = started(stage)
    for size in (0, 5, 65_536, 65_537, 1_000_000):
        head = "" if size else "Content-Length: 0\r\n"
        answer = front.ask("/", method="POST", body=b"x" * size, head=head)
        assert answer.body == f"{size} {size}".encode()


def test_chunks_are_passed_on_as_chunks(stage: Stage) -> None:
    front = started(stage)
    with front.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.sendall(b"5\r\nhello\r\n0\r\n\r\n")
        assert answered(read_all(client)).body == b"5 chunked"


def test_a_length_and_chunks_at_once_never_go_out_together(stage: Stage) -> None:
    front = started(stage)
    with front.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        raw = read_all(client)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert raw.startswith(b"HTTP/1.1 400 ") or raw.endswith(b"0 chunked")


def test_head_early_hints_and_answers_without_length(stage: Stage) -> None:
    front = started(stage)
    head = front.ask("/echo", method="HEAD")
    assert int(head.headers["content-length"]) > 50
    assert head.body == b""
    assert front.ask("/early").body == b"final"
    assert front.ask("/no-length").body == b"until the end"
    assert front.ask("/missing").status == 404


def test_a_broken_answer_is_cut_and_nonsense_is_a_502(stage: Stage) -> None:
    front = started(stage)
    broken = front.ask("/broken")
    assert (broken.headers["content-length"], broken.body) == ("100", b"part")
    assert front.ask("/nonsense").status == 502


def test_a_process_that_is_gone_is_a_503(stage: Stage) -> None:
    front = stage.front()
    endpoint, process = stage.platform(HTTP)
    process.send_signal(signal.SIGKILL)
    process.wait()
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    assert front.ask("/").status == 503


def test_a_large_download_needs_no_memory(stage: Stage) -> None:
    front = started(stage)
    front.ask("/echo")
    before = memory(front.process)
    with front.connect() as client:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.recv(100)
        asked = [front.ask("/peer").status for _ in range(5)]
        stalled = memory(front.process)
        assert len(read_all(client)) > 50_000_000 - 1000
    assert asked == [200] * 5
    assert max(stalled, memory(front.process)) - before < 15_000_000


def test_events_come_one_by_one(stage: Stage) -> None:
    front = stage.front()
    endpoint, process = stage.platform(HTTP, feed=True)
    front.serve(stage.root, platform(endpoint), config=webconfig("platform"))
    assert process.stdin is not None
    with front.connect() as client, client.makefile("rb") as replies:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = b"".join(iter(replies.readline, b"\r\n"))  # comes before the first event
        assert b"text/event-stream" in head
        for number in range(5):
            process.stdin.write(b"event %d\n" % number)
            process.stdin.flush()
            assert replies.readline() == b"8\r\n"
            assert replies.readline() == b"event %d\n" % number
            assert replies.readline() == b"\r\n"
        process.stdin.close()
        assert replies.readline() == b"0\r\n"


# Expect: 100-continue

EXPECTING = """
import socket, sys, threading

def serve(client):
    head = b""
    while not head.endswith(b"\\r\\n\\r\\n"):
        head += client.recv(1)
    path = head.split()[1].decode()
    length = int(head.partition(b"content-length: ")[2].split()[0])
    assert b"expect: 100-continue\\r\\n" in head
    if path == "/refuse":
        client.sendall(b"HTTP/1.1 413 Too Large\\r\\nContent-Length: 2\\r\\n\\r\\nno")
        client.recv(1)
    else:
        if path == "/ask":
            client.sendall(b"HTTP/1.1 100 Continue\\r\\n\\r\\n")
        body = b""
        while len(body) < length:
            body += client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    client.close()

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


def expecting(front: FrontProcess, path: str) -> socket.socket:
    client = front.connect()
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
    client.sendall(f"{head}Content-Length: 5\r\n\r\n".encode())
    return client


@pytest.mark.parametrize("path", ["/ask", "/never-heard-of-it"])
def test_a_body_that_is_held_back_is_asked_for_when_the_process_asks_or_says_nothing(
    stage: Stage, path: str
) -> None:
    with expecting(started(stage, EXPECTING), path) as client:
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert answered(read_all(client)).body == b"hello"


def test_a_process_that_refuses_is_sent_no_body_and_the_client_is_not_asked_for_it(stage: Stage) -> None:
    with expecting(started(stage, EXPECTING), "/refuse") as client:
        answer = answered(read_all(client))
    assert (answer.status, answer.body) == (413, b"no")


def test_a_request_that_no_process_can_take_is_refused_without_its_body(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, platform(), config=webconfig("platform"))
    with expecting(front, "/ask") as client:
        assert answered(read_all(client)).status == 503
