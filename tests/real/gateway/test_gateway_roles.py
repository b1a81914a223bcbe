"""The three roles of FastCGI, through the command line: with threads, on one stream, and several at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import End, begin_request, data, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import AUTHORIZER, FILTER, UNKNOWN_ROLE, pack_begin

from .conftest import APPS, Gateway, Peer, short_folder
from .iis_harness import Process

MEGABYTE = 1 << 20
WAYS = {
    "one thread": ("--threads", "1"),
    "four threads": ("--threads", "4"),
    "multiplexed": ("--multiplex", "4", "--threads", "2"),
    "one stream": (),
}


class Served:
    """An app in one of WAYS, and connections to it, of which `one stream` has only one."""

    def __init__(self, way: str, stack: ExitStack) -> None:
        folder = stack.enter_context(short_folder())
        self._stream: Process | None = None
        if way == "one stream":
            words = ["--directory", str(APPS), "roles:app"]
            self._stream = stack.enter_context(Process(APPS, words, folder))
            self.number = self._stream.process.pid
        else:
            self._gateway = stack.enter_context(Gateway(folder, "roles:app", words=WAYS[way]))
            self.number = self._gateway.process.pid
        self._stack = stack

    def peer(self) -> Peer:
        return self._stream if self._stream is not None else self._stack.enter_context(self._gateway.peer())

    def memory_peak(self) -> int:
        status = Path(f"/proc/{self.number}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.fixture(params=WAYS)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with ExitStack() as stack:
        yield Served(request.param, stack)


def opening(role: int, environ: Mapping[str, str], *, keep: bool = True) -> bytes:
    block = encode_pairs((name.encode(), value.encode()) for name, value in environ.items())
    return begin_request(1, keep, role) + params(1, block)


def test_an_authorizer_says_yes_with_variables(served: Served) -> None:
    """As section 6.3 has it: no body comes, though the length of the client's is told."""
    peer = served.peer()
    for _ in range(2):
        peer.socket.sendall(opening(AUTHORIZER, {"PATH_INFO": "/open", "CONTENT_LENGTH": "5000"}))
        answer = peer.answer()
        assert (answer.status, answer.end) == (200, End(0, 0))
        assert answer.header(b"Variable-AUTH_USER") == b"ada"
        assert answer.header(b"Variable-BODY") == b"b''"


def test_an_authorizer_says_no_with_a_page(served: Served) -> None:
    peer = served.peer()
    peer.socket.sendall(opening(AUTHORIZER, {"PATH_INFO": "/secret", "REQUEST_METHOD": "POST"}))
    answer = peer.answer()
    assert (answer.status, answer.text, answer.end) == (403, "not for you", End(0, 0))


def test_a_body_that_an_authorizer_gets_all_the_same_is_passed_over(served: Served) -> None:
    peer = served.peer()
    peer.socket.sendall(opening(AUTHORIZER, {"PATH_INFO": "/open"}) + stdin(1, b"x" * 200_000))
    peer.socket.sendall(stdin(1, b""))
    assert peer.answer().header(b"Variable-BODY") == b"b''"
    assert peer.get("/").text == "responder"


def test_one_connection_changes_its_roles(served: Served) -> None:
    peer = served.peer()
    assert peer.get("/").text == "responder"
    peer.socket.sendall(opening(AUTHORIZER, {"PATH_INFO": "/open"}))
    assert peer.answer().status == 200
    assert peer.get("/").text == "responder"


def test_without_keep_conn_an_authorizer_ends_the_connection(served: Served) -> None:
    peer = served.peer()
    peer.socket.sendall(opening(AUTHORIZER, {"PATH_INFO": "/open"}, keep=False))
    assert peer.answer().status == 200
    assert peer.closed()


@pytest.mark.parametrize(
    ("order", "posted", "filtered"),
    [
        ("input,data", 5, 7),
        ("data,input", 5, 7),
        ("data,input", 300_000, 0),
        ("input,data", 0, 300_000),
        ("input:70000,data:80000,input,data", 250_000, 2_000_000),
        ("data", 100_000, 100_000),
    ],
)
def test_a_filter_reads_its_streams_in_any_order(
    served: Served, order: str, posted: int, filtered: int
) -> None:
    form, file = os.urandom(posted), os.urandom(filtered)
    peer = served.peer()
    environ = {
        "QUERY_STRING": order,
        "CONTENT_LENGTH": str(posted),
        "FCGI_DATA_LENGTH": str(filtered),
        "FCGI_DATA_LAST_MOD": "1700000000",
    }
    peer.socket.sendall(opening(FILTER, environ))
    peer.socket.sendall((stdin(1, form) if form else b"") + stdin(1, b""))
    peer.socket.sendall((data(1, file) if file else b"") + data(1, b""))
    answer = peer.answer()
    read = {"data": file, "input": form} if "input" in order else {"data": file}
    digests = [hashlib.sha256(read[name]).hexdigest() for name in sorted(read)]
    assert answer.text.split() == [str(filtered), "1700000000", *digests]
    assert answer.end == End(0, 0)
    assert peer.get("/").text == "responder"


@pytest.mark.parametrize("order", ["input,data", "data,input"])
def test_long_streams_of_a_filter_take_no_memory(served: Served, order: str) -> None:
    peer = served.peer()
    assert peer.get("/").text == "responder"
    before = served.memory_peak()
    block = bytes(MEGABYTE)
    peer.socket.sendall(opening(FILTER, {"QUERY_STRING": order, "CONTENT_LENGTH": str(40 * MEGABYTE)}))
    for _ in range(40):
        peer.socket.sendall(stdin(1, block))
    peer.socket.sendall(stdin(1, b""))
    for _ in range(40):
        peer.socket.sendall(data(1, block))
    peer.socket.sendall(data(1, b""))
    digest = hashlib.sha256(bytes(40 * MEGABYTE)).hexdigest()
    assert peer.answer().text.split()[2:] == [digest, digest]
    assert served.memory_peak() - before < 12 * MEGABYTE


@pytest.mark.parametrize("role", [0, 4, 65535])
def test_a_role_that_is_none_is_told_so(served: Served, role: int) -> None:
    peer = served.peer()
    peer.socket.sendall(pack_begin(1, role, 1))
    assert peer.event() == End(0, UNKNOWN_ROLE)
    assert peer.get("/").text == "responder"
    peer.socket.sendall(pack_begin(1, role, 0))
    assert peer.event() == End(0, UNKNOWN_ROLE)
    assert peer.closed()
