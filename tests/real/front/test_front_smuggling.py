"""Requests that two servers may understand differently, and responses: the tables, sent to the front."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.real.front.smuggling import CASES, RESPONSES, Case, Passed, Refused, Response
from tests.real.front.stage import FrontProcess, Stage, eventually, fastcgi, platform, unchunked, webconfig
from webstead.site_table import Endpoint

RECORDER = """
import json, socket, sys, threading

class Ended(Exception):
    pass

class Stream:
    def __init__(self, client):
        self.client, self.rest = client, b""

    def until(self, mark):
        while mark not in self.rest:
            self.more()
        part, _, self.rest = self.rest.partition(mark)
        return part

    def exactly(self, size):
        while len(self.rest) < size:
            self.more()
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def more(self):
        data = self.client.recv(65536)
        if not data:
            raise Ended
        self.rest += data

def body_of(stream, headers):
    lengths = [value for name, value in headers if name == "content-length"]
    codings = [value for name, value in headers if name == "transfer-encoding"]
    if len(lengths) + len(codings) > 1 or codings not in ([], ["chunked"]):
        return b"NOT CLEAR"
    if not codings:
        return stream.exactly(int(*lengths))
    body = b""
    while size := int(stream.until(b"\\r\\n"), 16):
        body += stream.exactly(size)
        assert stream.exactly(2) == b"\\r\\n"
    while stream.until(b"\\r\\n"):
        pass  # trailers
    return body

def serve(client):
    stream = Stream(client)
    try:
        while True:
            first, *lines = stream.until(b"\\r\\n\\r\\n").split(b"\\r\\n")
            headers = [line.decode("latin-1").split(": ", 1) for line in lines]
            body = body_of(stream, headers)
            method, target, version = first.decode("latin-1").split(" ")
            note(method, target, headers, body)
            client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
    except (Ended, ConnectionError):
        client.close()

def note(method, target, headers, body):
    entry = {"method": method, "target": target, "headers": headers, "body": body.decode("latin-1")}
    with open(sys.argv[2], "a") as file:
        file.write(json.dumps(entry) + "\\n")

if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
APP = """
import contextlib
import json

def app(environ, start_response):
    body = environ["wsgi.input"].read()
    headers = [
        [name.removeprefix("HTTP_").replace("_", "-").lower(), value]
        for name, value in environ.items()
        if name.startswith(("HTTP_", "CONTENT_"))
    ]
    entry = {
        "method": environ["REQUEST_METHOD"],
        "target": environ["REQUEST_URI"],
        "headers": headers,
        "body": body.decode("latin-1"),
    }
    with open(FILE, "a") as file:
        file.write(json.dumps(entry) + "\\n")
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A request as the app has got it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str


class Site:
    """A front, and what reaches the app behind it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.stage = Stage(folder)
        self.file = folder / "requests"
        self.file.write_text("")
        self.front: FrontProcess = self.stage.front()
        if kind == "platform":
            endpoint, _ = self.stage.platform(RECORDER, str(self.file))
            self.front.serve(self.stage.root, platform(endpoint), config=webconfig(kind))
        else:
            endpoint, _ = self.stage.gateway(f"FILE = {str(self.file)!r}\n{APP}")
            self.front.serve(self.stage.root, fastcgi(endpoint), config=webconfig(kind))

    def asked(self, request: bytes) -> tuple[bytes, list[Reached]]:
        """All that the client gets until the connection ends, and the requests that have reached the app."""
        before = len(self._requests())
        with self.front.connect() as client:
            client.sendall(request)
            raw = until_the_end(client)
        assert self.front.ask("/behind").status == 200
        *new, last = self._requests()[before:]
        assert last.target == "/behind"
        return raw, new

    def _requests(self) -> list[Reached]:
        return [Reached(**json.loads(line)) for line in self.file.read_text().splitlines()]


@pytest.fixture(scope="module", params=["fastcgi", "platform"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("smuggling"), request.param)
    yield site
    site.stage.close()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_request_is_refused_or_understood_in_one_way(site: Site, case: Case) -> None:
    raw, reached = site.asked(case.request)
    assert raw.count(b"HTTP/1.1 ") == 1, raw
    status, outcome = int(raw.split(b" ", 2)[1]), case.outcome
    if isinstance(outcome, Refused):
        assert (status, reached) == (outcome.status, [])
    else:
        assert status == 200
        _check(reached, outcome)


def _check(reached: list[Reached], outcome: Passed) -> None:
    assert [(one.method, one.target, one.body) for one in reached] == [
        (outcome.method.decode(), outcome.target.decode(), outcome.body.decode())
    ]
    assert not {name for name, _ in reached[0].headers} & set(outcome.without)


def test_clients_that_are_gone_before_their_answer_leave_nothing_behind(site: Site) -> None:
    """waitress CVE-2022-31015, CVE-2024-49769: a connection that ends before it is looked at."""
    process = psutil.Process(site.front.process.pid)

    def connections() -> int:
        ports = [one.laddr[1] for one in process.net_connections("tcp") if one.status != "LISTEN"]
        return ports.count(site.front.port)

    for number in range(300):
        with site.front.connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if number % 3:
                client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"\r\n" * (number % 3 - 1))
    eventually(lambda: connections() == 0, "their connections are closed")
    assert site.front.ask("/").status == 200


def until_the_end(client: socket.socket) -> bytes:
    """Also where the front ends the connection before it has read all that was sent."""
    raw = b""
    try:
        while data := client.recv(1 << 16):
            raw += data
    except ConnectionResetError:
        assert raw
    return raw


# Responses


class Saying:
    """A platform process that answers each request with the bytes it is told."""

    def __init__(self, stage: Stage) -> None:
        self.answer, self.ends, self.asked = b"", False, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        self.front = stage.front()
        endpoint = Endpoint("web/1", f"127.0.0.1:{self.listener.getsockname()[1]}")
        self.front.serve(stage.root, platform(endpoint), config=webconfig("platform"))

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                threading.Thread(target=self._talk, args=(self.listener.accept()[0],), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            while client.recv(65536):
                self.asked += 1
                client.sendall(self.answer)
                if self.ends:
                    return

    def says(self, answer: bytes, ends: bool) -> bytes:
        self.answer, self.ends, self.asked = answer, ends, 0
        with self.front.connect() as client:
            client.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return until_the_end(client)


@pytest.fixture(scope="module")
def saying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saying]:
    stage = Stage(tmp_path_factory.mktemp("responses"))
    saying = Saying(stage)
    yield saying
    saying.listener.close()
    stage.close()


@pytest.mark.parametrize("case", RESPONSES, ids=[case.name for case in RESPONSES])
def test_a_response_is_one_a_502_or_visibly_cut(saying: Saying, case: Response) -> None:
    raw = saying.says(case.answer, case.ends)
    assert saying.asked == 1
    head, _, body = raw.partition(b"\r\n\r\n")
    assert int(head.split(b" ", 2)[1]) == case.status
    assert head.count(b"HTTP/1.1 ") == 1
    lines = head.lower().split(b"\r\n")[1:]
    framing = [line for line in lines if line.startswith((b"content-length:", b"transfer-encoding:"))]
    assert len(framing) == (0 if case.status in (204, 304) else 1)
    if case.status != 502:
        assert _whole(body, framing) == (None if case.cut else case.body)
    assert not [
        line for line in lines if line.startswith((b"x-injected", b"x-hop", b"keep-alive", b"trailer"))
    ]
    _is_in_step(saying)


def _whole(body: bytes, framing: list[bytes]) -> bytes | None:
    """The body; None where the client sees that it is not whole."""
    if framing and framing[0].startswith(b"transfer-encoding"):
        return unchunked(body) if body.endswith(b"0\r\n\r\n") else None
    if framing and len(body) < int(framing[0].partition(b":")[2]):
        return None
    return body


def _is_in_step(saying: Saying) -> None:
    """The next request gets its own answer, and nothing that was left of the last one's."""
    raw = saying.says(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext", ends=False)
    assert raw.endswith(b"\r\n\r\nnext")
    assert raw.startswith(b"HTTP/1.1 200 ")
