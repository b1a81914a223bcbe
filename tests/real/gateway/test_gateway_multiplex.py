"""Several requests at once on one connection, through the command line: WSGI with one and four threads, and
ASGI. Bodies decide the order where one thread runs the app.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import (
    Body,
    ClientConnection,
    End,
    Head,
    ResponseEvent,
    ResponseParser,
    Values,
    begin_request,
    get_values,
    params,
    stdin,
)
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE, pack_begin

from .conftest import SECONDS, Answer, Gateway, short_folder

LIMIT = 8
WAYS = {
    "one thread": ("lanes:app", "--threads", "1"),
    "four threads": ("lanes:app", "--threads", "4"),
    "asgi": ("async_lanes:app",),
}
Start = Callable[..., Gateway]


class Lanes:
    """One connection of many requests. finished: the answers, in the order in which they ended."""

    def __init__(self, path: Path, keep: bool = True) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        self.socket.connect(str(path))
        self.client = ClientConnection(keep=keep, most_requests=50)
        self.answers: dict[int, Answer] = {}
        self.finished: list[tuple[int, Answer]] = []
        self.values: dict[str, str] = {}

    def begin(self, path: str, body: bytes | None = None, *, whole: bool = True) -> int:
        """The id of a new request. whole: with its body, and the end of it."""
        environ = {
            "REQUEST_METHOD": "GET" if body is None else "POST",
            "PATH_INFO": path,
            "CONTENT_LENGTH": "" if body is None else str(len(body)),
        }
        block = encode_pairs((name.encode(), value.encode()) for name, value in environ.items())
        self.socket.sendall(self.client.begin(block))
        number = self.client.newest
        self.answers[number] = Answer()
        if whole:
            self.send(number, body or b"", last=True)
        return number

    def send(self, number: int, body: bytes, *, last: bool = False) -> None:
        if body:
            self.socket.sendall(self.client.body(body, number))
        if last:
            self.socket.sendall(self.client.body(b"", number))

    def abort(self, number: int) -> None:
        self.socket.sendall(self.client.abort(number))

    def finish(self, count: int = 1) -> list[str]:
        """Wait until so many more requests have ended; what they said, in this order."""
        goal = len(self.finished) + count
        while len(self.finished) < goal:
            data = self.socket.recv(65536)
            assert data, f"closed after {len(self.finished)} answers of {goal}"
            for number, event in self.client.feed(data):
                self._take(number, event)
        assert len(self.finished) == goal
        return [answer.text.split()[0] if answer.body else "" for _, answer in self.finished[-count:]]

    def _take(self, number: int, event: ResponseEvent) -> None:
        if type(event) is Values:
            self.values.update(event.values)
            return
        answer = self.answers[number]
        if type(event) is Head:
            answer.status, answer.headers = event
        elif type(event) is Body:
            answer.body += event.data
        elif type(event) is End:
            answer.end = event
            self.finished.append((number, self.answers.pop(number)))

    def closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def __enter__(self) -> Lanes:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@pytest.fixture(scope="module", params=WAYS)
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    target, *words = WAYS[request.param]
    with (
        short_folder() as folder,
        Gateway(folder, target, words=(*words, "--multiplex", str(LIMIT))) as started,
    ):
        yield started


@pytest.fixture
def lanes(gateway: Gateway) -> Iterator[Lanes]:
    with Lanes(gateway.path) as made:
        yield made


def spooled(gateway: Gateway) -> int:
    """How many files without a name it holds open."""
    links = Path(f"/proc/{gateway.process.pid}/fd").iterdir()
    return sum(os.readlink(link).endswith("(deleted)") for link in links)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def test_bodies_that_are_mixed_are_sorted(lanes: Lanes) -> None:
    """Their ends come in the other order, and so do the answers."""
    bodies = {lanes.begin(f"/say/{turn}", b"%d" % turn * 3000, whole=False): turn for turn in range(LIMIT)}
    for part in range(3):
        for number, turn in bodies.items():
            lanes.send(number, b"%d" % turn * 1000)
            assert part < 3
    for number, turn in reversed(bodies.items()):
        lanes.send(number, b"", last=True)
        assert lanes.finish() == [f"say/{turn}"]
        assert lanes.finished[-1][1].text.split()[1] == digest(b"%d" % turn * 3000)


def test_long_bodies_go_to_disk_side_by_side(gateway: Gateway, lanes: Lanes) -> None:
    lanes.begin("/say/first", b"")
    assert lanes.finish() == ["say/first"]
    before = gateway.memory_peak()
    size = 16 << 20
    numbers = [lanes.begin(f"/say/{turn}", bytes(size), whole=False) for turn in range(4)]
    for _ in range(16):
        for number in numbers:
            lanes.send(number, bytes(1 << 20))
    assert gateway.memory_peak() - before < 12 << 20
    for number in numbers:
        lanes.send(number, b"", last=True)
    lanes.finish(4)
    assert {answer.text.split()[1] for _, answer in lanes.finished[-4:]} == {digest(bytes(size))}
    while spooled(gateway):  # the last one lets go behind its answer
        lanes.begin("/say/again")
        assert lanes.finish() == ["say/again"]


def test_an_abort_of_one_that_still_sends_ends_it_and_leaves_the_others(lanes: Lanes) -> None:
    first = lanes.begin("/say/first", b"0123456789", whole=False)
    second = lanes.begin("/say/second", b"ab", whole=False)
    lanes.send(first, b"01234")
    lanes.abort(first)
    assert lanes.finish() == [""]
    assert lanes.finished[-1] == (first, Answer(end=End(0, 0)))
    lanes.send(second, b"ab", last=True)
    assert lanes.finish() == ["say/second"]


def test_an_abort_of_an_endless_response_ends_it(lanes: Lanes) -> None:
    """With one thread the other waits behind it, and is answered then."""
    endless = lanes.begin("/endless")
    while not lanes.answers[endless].body:
        for number, event in lanes.client.feed(lanes.socket.recv(65536)):
            lanes._take(number, event)
    lanes.abort(endless)
    after = lanes.begin("/say/after")
    lanes.finish(2)
    assert {number for number, _ in lanes.finished} == {endless, after}
    assert dict(lanes.finished)[after].text.startswith("say/after ")


def test_one_that_never_ends_its_body_stops_no_other(lanes: Lanes) -> None:
    lanes.begin("/say/never", b"0123456789", whole=False)
    for turn in range(50):
        lanes.begin(f"/say/{turn}", b"x" * turn * 100)
        assert lanes.finish() == [f"say/{turn}"]


def test_an_id_is_free_at_once_behind_its_end(lanes: Lanes) -> None:
    slow = lanes.begin("/say/slow", b"01", whole=False)
    used = set()
    for turn in range(300):
        used.add(lanes.begin(f"/say/{turn}", b"body" if turn % 2 else None))
        assert lanes.finish() == [f"say/{turn}"]
    assert used == {slow + 1}
    lanes.send(slow, b"01", last=True)
    assert lanes.finish() == ["say/slow"]


def test_beyond_the_limit_one_is_told_so_and_may_come_again(lanes: Lanes) -> None:
    open_ones = [lanes.begin(f"/say/{turn}", b"x", whole=False) for turn in range(LIMIT)]
    for _ in range(3):
        too_many = lanes.begin("/say/too-many")
        lanes.finish()
        assert lanes.finished[-1] == (too_many, Answer(end=End(0, OVERLOADED)))
    lanes.send(open_ones[0], b"x", last=True)
    assert lanes.finish() == ["say/0"]
    lanes.begin("/say/again")
    assert lanes.finish() == ["say/again"]
    for number in open_ones[1:]:
        lanes.send(number, b"x", last=True)
    assert lanes.finish(LIMIT - 1) == [f"say/{turn}" for turn in range(1, LIMIT)]


def test_a_role_that_is_none_harms_no_other(lanes: Lanes) -> None:
    number = lanes.begin("/say/here", b"x", whole=False)
    lanes.socket.sendall(pack_begin(40, 9, 1))
    parser = ResponseParser(40)
    assert parser.feed(lanes.socket.recv(65536)) == [End(0, UNKNOWN_ROLE)]
    lanes.send(number, b"x", last=True)
    assert lanes.finish() == ["say/here"]


def test_too_many_parameters_cost_one_request(lanes: Lanes) -> None:
    number = lanes.begin("/say/here", b"x", whole=False)
    refused = lanes.begin("/say/" + "y" * 300_000)
    lanes.finish()
    assert (lanes.finished[-1][0], lanes.finished[-1][1].status) == (refused, 431)
    lanes.send(number, b"x", last=True)
    assert lanes.finish() == ["say/here"]


def test_it_says_what_it_can_do(gateway: Gateway, lanes: Lanes) -> None:
    lanes.socket.sendall(get_values())
    while not lanes.values:
        for number, event in lanes.client.feed(lanes.socket.recv(65536)):
            lanes._take(number, event)
    assert lanes.values["FCGI_MPXS_CONNS"] == "1"
    assert int(lanes.values["FCGI_MAX_REQS"]) >= LIMIT
    assert int(lanes.values["FCGI_MAX_CONNS"]) >= 1


def test_without_keep_conn_it_closes_behind_the_last_of_them(gateway: Gateway) -> None:
    with Lanes(gateway.path) as lanes:
        slow = lanes.begin("/say/slow", b"x", whole=False)
        block = encode_pairs([(b"PATH_INFO", b"/say/quick")])
        lanes.socket.sendall(begin_request(30, False) + params(30, block) + stdin(30, b""))
        parser = ResponseParser(30)
        events: list[ResponseEvent] = []
        while End(0, 0) not in events:
            events += parser.feed(lanes.socket.recv(65536))
        lanes.send(slow, b"x", last=True)
        assert lanes.finish() == ["say/slow"]
        assert lanes.closed()


def test_a_breach_of_the_framing_ends_the_connection_and_nothing_else(gateway: Gateway) -> None:
    with Lanes(gateway.path) as broken, Lanes(gateway.path) as whole:
        broken.begin("/say/a", b"x", whole=False)
        broken.begin("/say/b", b"x", whole=False)
        waiting = whole.begin("/say/c", b"x", whole=False)
        broken.socket.sendall(b"\x02" + bytes(15))
        assert broken.closed()
        whole.send(waiting, b"x", last=True)
        assert whole.finish() == ["say/c"]


CONCURRENT = {"four threads": WAYS["four threads"], "asgi": WAYS["asgi"]}


@pytest.mark.parametrize("way", CONCURRENT)
class TestAtOnce:
    """Where several run at the same time."""

    @pytest.fixture
    def gateway(self, start: Start, way: str) -> Gateway:
        target, *words = CONCURRENT[way]
        return start(target, words=(*words, "--multiplex", str(LIMIT), "--grace", "5"))

    def test_answers_come_in_the_order_in_which_they_are_ready(self, gateway: Gateway) -> None:
        with Lanes(gateway.path) as lanes:
            for name in ("a", "b", "c"):
                lanes.begin(f"/wait/{name}")
            for name in ("b", "c", "a"):
                lanes.begin(f"/open/{name}")
                assert sorted(lanes.finish(2)) == [f"open/{name}", f"wait/{name}"]

    def test_one_of_those_that_run_is_aborted(self, gateway: Gateway) -> None:
        with Lanes(gateway.path) as lanes:
            lanes.begin("/wait/a")
            aborted = lanes.begin("/wait/b")
            lanes.begin("/open/x-never", b"x", whole=False)
            lanes.abort(aborted)
            lanes.begin("/open/b")
            assert sorted(lanes.finish(2)) == ["", "open/b"]
            lanes.begin("/open/a")
            assert sorted(lanes.finish(2)) == ["open/a", "wait/a"]

    def test_a_connection_that_breaks_while_three_run_is_forgotten(self, gateway: Gateway) -> None:
        with Lanes(gateway.path) as lanes, Lanes(gateway.path) as other:
            for name in ("a", "b", "c"):
                lanes.begin(f"/wait/{name}")
            lanes.begin("/say/half", b"0123456789", whole=False)
            lanes.socket.close()
            for name in ("a", "b", "c"):
                other.begin(f"/open/{name}")
                try:
                    assert other.finish() == [f"open/{name}"]
                except OSError:
                    print(gateway.output)
                    raise
            print(gateway.output)
            while gateway.connections() > 1:
                other.begin("/say/x")
                assert other.finish() == ["say/x"]
        gateway.signal()
        assert gateway.end() == 0

    def test_a_stop_answers_all_that_run_and_what_still_sends(self, gateway: Gateway) -> None:
        with Lanes(gateway.path) as lanes, Lanes(gateway.path) as idle:
            idle.begin("/say/hello")
            assert idle.finish() == ["say/hello"]
            lanes.begin("/wait/a")
            lanes.begin("/wait/b")
            half = lanes.begin("/say/half", b"01", whole=False)
            lanes.begin("/open/a")
            assert sorted(lanes.finish(2)) == ["open/a", "wait/a"]
            gateway.signal(signal.SIGTERM)
            assert idle.closed()
            lanes.send(half, b"01", last=True)
            assert lanes.finish() == ["say/half"]
            lanes.begin("/open/b")
            assert sorted(lanes.finish(2)) == ["open/b", "wait/b"]
            assert lanes.closed()
        assert gateway.end() == 0


@pytest.mark.parametrize("target", ["lanes:app", "async_lanes:app"])
def test_without_the_option_a_second_request_is_told_so(start: Start, target: str) -> None:
    gateway = start(target)
    with Lanes(gateway.path) as lanes:
        first = lanes.begin("/say/first", b"x", whole=False)
        second = lanes.begin("/say/second")
        lanes.finish()
        assert lanes.finished[-1] == (second, Answer(end=End(0, CANT_MPX_CONN)))
        lanes.send(first, b"x", last=True)
        assert lanes.finish() == ["say/first"]
        lanes.socket.sendall(get_values())
        (event,) = (event for _, event in lanes.client.feed(lanes.socket.recv(65536)))
        assert type(event) is Values
        assert event.values["FCGI_MPXS_CONNS"] == "0"


@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_full_disk_costs_one_body(start: Start, threads: str) -> None:
    """A limit to the size of files is met as a full disk is."""
    gateway = start("lanes:app", words=("--multiplex", "4", "--threads", threads))
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
    with Lanes(gateway.path) as lanes:
        lanes.begin("/say/large", bytes(3 << 20))
        lanes.begin("/say/small", b"x")
        lanes.finish(2)
        assert {number: answer.status for number, answer in lanes.finished} == {1: 500, 2: 200}
    assert "its body cannot be kept" in gateway.output
