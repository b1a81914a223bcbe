"""The front before a FastCGI program that is not ours: one request at a time, each on a connection of its
own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.front.stage import FrontProcess, Stage, answered, eventually, read_all
from webstead.formats.fastcgi.pairs import decode_pairs
from webstead.formats.fastcgi.records import (
    BEGIN_REQUEST,
    GET_VALUES,
    HEADER_SIZE,
    KEEP_CONN,
    PARAMS,
    STDIN,
    STDOUT,
    pack_end,
    pack_record,
    unpack_header,
)
from webstead.site_table import Endpoint, PoolEntry

POOL = "fastcgi:php-cgi.exe"
CONFIG = """<configuration><system.webServer><handlers>
<add name="PHP" path="*.php" verb="*" modules="FastCgiModule" scriptProcessor="php-cgi.exe"/>
</handlers></system.webServer></configuration>"""


class Asked:
    """One connection's request as it came."""

    def __init__(self) -> None:
        self.flags = -1
        self.block = b""
        self.body = b""
        self.ended = False

    @property
    def params(self) -> dict[str, str]:
        return decode_pairs(self.block)


class Program:
    """A FastCGI program that takes one connection after the other, as php-cgi does. manners: what the next
    connections get: `answer`, `close` (without a byte), `hold` (until `let_go`); then all get `answer`."""

    def __init__(self, path: Path, *manners: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        self.asked: list[Asked] = []
        self.busy = 0
        self.let_go = threading.Event()
        self._manners = deque(manners)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                self._take(client)

    def _take(self, client: socket.socket) -> None:
        asked = self._read(client)
        if asked is None:
            return
        self.busy += 1
        self.asked.append(asked)
        manner = self._manners.popleft() if self._manners else "answer"
        if manner == "hold":
            self.let_go.wait(20)
        if manner != "close":
            page = b"Content-Type: text/plain\r\n\r\nanswer %d" % len(self.asked)
            with contextlib.suppress(OSError):  # who asked may have left
                client.sendall(pack_record(STDOUT, 1, page) + pack_record(STDOUT, 1, b"") + pack_end(1, 0, 0))
        self.busy -= 1

    def _read(self, client: socket.socket) -> Asked | None:
        asked, data = Asked(), b""
        while not asked.ended:
            received = client.recv(65536)
            if not received:
                return None
            data += received
            while len(data) >= HEADER_SIZE:
                _, kind, _, length, padding = unpack_header(data, 0)
                if len(data) < HEADER_SIZE + length + padding:
                    break
                content, data = (
                    data[HEADER_SIZE : HEADER_SIZE + length],
                    data[HEADER_SIZE + length + padding :],
                )
                if kind == GET_VALUES:
                    return None  # it knows no such question, and closes
                self._record(asked, kind, content)
        return asked

    def _record(self, asked: Asked, kind: int, content: bytes) -> None:
        if kind == BEGIN_REQUEST:
            asked.flags = content[2]
        elif kind == PARAMS:
            asked.block += content
        elif kind == STDIN:
            asked.body += content
            asked.ended = not content


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    folder = tmp_path_factory.mktemp("p")
    made: list[Program] = []

    def program(*manners: str) -> Program:
        made.append(Program(folder / str(len(made)), *manners))
        return made[-1]

    yield program
    for each in made:
        each.let_go.set()
        each.listener.close()


def served(stage: Stage, *programs: Program, at_once: int = 1) -> FrontProcess:
    front = stage.front()
    endpoints = tuple(
        Endpoint(f"php.{number}", f"unix:{program.listener.getsockname()}")
        for number, program in enumerate(programs, 1)
    )
    front.serve(
        stage.root,
        PoolEntry(POOL, "fastcgi", "ready", endpoints, at_once=at_once, keeps=False),
        config=CONFIG,
    )
    return front


def test_each_request_has_its_own_connection_and_says_so(stage: Stage, start: Start) -> None:
    program = start()
    front = served(stage, program)
    assert [front.ask("/a.php").body for _ in range(3)] == [b"answer 1", b"answer 2", b"answer 3"]
    assert [asked.flags & KEEP_CONN for asked in program.asked] == [0, 0, 0]


def test_a_process_is_given_one_request_at_a_time(stage: Stage, start: Start) -> None:
    busy, free = start("hold"), start()
    front = served(stage, busy, free)
    with front.connect() as waiting:
        waiting.sendall(b"GET /a.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        eventually(lambda: busy.busy == 1, "a process has it")
        assert [front.ask("/b.php").status for _ in range(4)] == [200] * 4
        busy.let_go.set()
        assert answered(read_all(waiting)).status == 200
    assert [len(program.asked) for program in (busy, free)] == [1, 4]


def test_a_request_waits_for_the_first_process_that_is_free(stage: Stage, start: Start) -> None:
    only = start("hold")
    front = served(stage, only)
    clients = [front.connect() for _ in range(4)]
    for client in clients:
        client.sendall(b"GET /a.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    eventually(lambda: only.busy == 1, "the first is there")
    only.let_go.set()
    assert sorted(answered(read_all(client)).body for client in clients) == [
        b"answer %d" % number for number in (1, 2, 3, 4)
    ]
    for client in clients:
        client.close()


def test_a_get_whose_process_ended_is_asked_once_more(stage: Stage, start: Start) -> None:
    program = start("close")
    assert served(stage, program).ask("/a.php").body == b"answer 2"
    hopeless = start("close", "close", "close")
    assert served(stage, hopeless).ask("/a.php").status == 502
    assert len(hopeless.asked) == 2


def test_a_post_whose_process_ended_is_not_repeated(stage: Stage, start: Start) -> None:
    program = start("close")
    assert served(stage, program).ask("/a.php", method="POST", body=b"x").status == 502
    assert len(program.asked) == 1


def test_a_program_is_told_the_length_of_a_body_in_chunks(stage: Stage, start: Start) -> None:
    program = start()
    front = served(stage, program)
    with front.connect() as client:
        client.sendall(
            b"POST /a.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.sendall(b"3\r\nabc\r\n")
        client.sendall(b"2\r\nde\r\n0\r\n\r\n")
        assert answered(read_all(client)).status == 200
    (asked,) = program.asked
    assert (asked.params["CONTENT_LENGTH"], asked.body) == ("5", b"abcde")
    assert "HTTP_TRANSFER_ENCODING" not in asked.params


def test_a_slow_upload_keeps_no_process(stage: Stage, start: Start) -> None:
    program = start()
    front = served(stage, program)
    with front.connect() as slow:
        slow.sendall(
            b"POST /a.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n"
        )
        slow.sendall(b"x" * 200_000)
        assert front.ask("/b.php").body == b"answer 1"
        slow.sendall(b"x" * 100_000)
        assert answered(read_all(slow)).body == b"answer 2"
    assert program.asked[1].body == b"x" * 300_000
    assert program.asked[1].params["CONTENT_LENGTH"] == "300000"


def test_headers_cannot_pose_as_variables(stage: Stage, start: Start) -> None:
    program = start()
    head = "Proxy: evil\r\nScript_Filename: /etc/passwd\r\nX-Original-URL: /admin\r\nContent_Length: 9\r\n"
    served(stage, program).ask("/a.php", head=head)
    names = set(program.asked[0].params)
    assert not {"HTTP_PROXY", "HTTP_SCRIPT_FILENAME", "HTTP_X_ORIGINAL_URL", "HTTP_CONTENT_LENGTH"} & names
    assert "IIS_WasUrlRewritten" not in names


def test_a_websocket_is_refused(stage: Stage, start: Start) -> None:
    front = served(stage, start())
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    with front.connect() as client:
        client.sendall(f"GET /a.php HTTP/1.1\r\nHost: a\r\n{upgrade}\r\n".encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 501 ")
