"""Fuzz both sides of the FastCGI codec: `python fuzz fastcgi`.

The first byte says how to cut the input, the second what to do with the rest: give it to one side as it is,
one request at a time or several, or take it for a list of calls, by which both sides talk with each other.
Whatever the bytes and however they are cut, a side gives events or RemoteProtocolError, the cuts change
nothing, and what one side says the other one hears.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from webstead.formats.fastcgi.client import Answer, Body, ClientConnection, End, ResponseEvent, ResponseParser
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    AUTHORIZER,
    FILTER,
    RESPONDER,
    LocalProtocolError,
    RemoteProtocolError,
)
from webstead.formats.fastcgi.server import (
    Chunk,
    DataChunk,
    Refused,
    Reply,
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
    stdout,
)

__all__ = ["one"]

MOST = 3
MOST_PIECES = 64
"""What is behind them comes at once: thousands of pieces only make an input slow."""
MAX_PARAMS = 4096
MAX_PAIRS = 64
HEAD = b"Status: 200 OK\r\n\r\n"
ROLES = (RESPONDER, RESPONDER, AUTHORIZER, FILTER)
STREAMS = {RESPONDER: 1, AUTHORIZER: 0, FILTER: 2}

Event = TypeVar("Event")


def one(data: bytes) -> None:
    """data[0]: the size of the pieces; data[1]: the mode."""
    if len(data) < 2:
        return
    size, mode, stream = data[0] + 1, data[1] % 6, data[2:]
    if mode == 0:
        _check("the app's side", lambda step: _served(stream, step, 1), size)
    elif mode == 1:
        _check("the app's side, multiplexed", lambda step: _served(stream, step, MOST), size)
    elif mode == 2:
        _check("the parser of responses", lambda step: _parsed(stream, step), size)
    elif mode == 3:
        _check("the asking side", lambda step: _answered(stream, step), size)
    else:
        Talk(1 if mode == 4 else MOST, size).run(stream)


def _check(side: str, read: Callable[[int], tuple[list[Event], str]], size: int) -> None:
    whole, piecewise = read(1 << 30), read(size)
    if whole != piecewise:
        raise AssertionError(f"{side} depends on the cuts: {whole!r} and {piecewise!r}")


def _feed(feed: Callable[[bytes], list[Event]], stream: bytes, size: int) -> tuple[list[Event], str]:
    """The events, or the error: with it those of the same feed are lost, so their number depends on the
    cuts.
    """
    events: list[Event] = []
    behind = size * MOST_PIECES
    try:
        for at in range(0, min(behind, len(stream)), size):
            events += feed(stream[at : at + size])
        if len(stream) > behind:
            events += feed(stream[behind:])
    except RemoteProtocolError as error:
        return [], f"{error.status} {error.request_id} {error}"
    return events, ""


def _served(stream: bytes, size: int, most: int) -> tuple[list[ServerEvent], str]:
    served = ServerConnection({"FCGI_MAX_CONNS": "1"}, 16, MAX_PARAMS, MAX_PAIRS, most_requests=most)
    events, error = _feed(served.feed, stream, size)
    running = set()
    for event in events:
        if isinstance(event, (Chunk, DataChunk)) and not event.data:
            raise AssertionError(f"empty: {event!r}")
        if isinstance(event, Request) and len(event.params) > MAX_PAIRS:
            raise AssertionError(f"beyond the limits: {len(event.params)} pairs")
        if isinstance(event, (Request, Refused)):
            running.add(event.request_id)
        elif not isinstance(event, Reply) and event.request_id not in running:
            raise AssertionError(f"{event!r} of a request that nobody has heard of")
    if not error:
        _end_all(served, running, most)
    return events, error


def _end_all(served: ServerConnection, running: set[int], most: int) -> None:
    if served.active > most:
        raise AssertionError(f"{served.active} requests are active")
    for request_id in running:
        served.done(request_id)
    if any(map(served.body_open, running)):
        raise AssertionError("a body is open of a request that is over")


def _parsed(stream: bytes, size: int) -> tuple[list[ResponseEvent], str]:
    return _feed(ResponseParser(max_head=512).feed, stream, size)


def _answered(stream: bytes, size: int) -> tuple[list[Answer], str]:
    asks = ClientConnection(max_head=512, most_requests=MOST)
    for _ in range(MOST):
        asks.begin(b"")
    asks.abort(MOST)
    answers, error = _feed(asks.feed, stream, size)
    ended = {answer.request_id for answer in answers if isinstance(answer.event, End)}
    if not error and ended.intersection(asks.answering):
        raise AssertionError(f"{ended} have ended, but {asks.answering} are being answered")
    return answers, error


class Talk:
    """Both sides, driven by bytes: each says what is called next, and on which request. A call that is out of
    order is refused by its own side and changes nothing.
    """

    def __init__(self, most: int, size: int) -> None:
        self.size = size
        self.asks = ClientConnection(most_requests=most)
        self.served = ServerConnection({}, 16, MAX_PARAMS, MAX_PAIRS, most_requests=most)
        self.to_app = b""
        self.to_server = b""
        self.running: set[int] = set()
        self.aborted: set[int] = set()
        self.roles: dict[int, int] = {}
        self.sent: dict[int, bytes] = {}
        self.arrived: dict[int, bytes] = {}
        self.output: dict[int, bytes] = {}
        self.heard: dict[int, bytes] = {}

    def run(self, calls: bytes) -> None:
        steps = (self.begin, self.body, self.body, self.abort, self.write, self.end, self.deliver, self.back)
        for at, call in enumerate(calls[:200]):
            try:
                steps[call & 7](1 + (call >> 3) % MOST, calls[at : at + 1 + (call >> 5) * 9])
            except LocalProtocolError:
                continue
        for _ in range(MOST_PIECES):
            if not (self.to_app or self.to_server):
                break
            self.deliver(0, b"")
            self.back(0, b"")
        self.size = 1 << 30
        self.deliver(0, b"")
        self.back(0, b"")
        for number in self.asks.answering:
            if number not in self.running:
                self.close(number)
        self.finish()

    def begin(self, number: int, data: bytes) -> None:
        role = ROLES[data[0] >> 6]
        self.to_app += self.asks.begin(encode_pairs([(b"A", data)]), role=role)
        number = self.asks.newest
        self.roles[number] = role
        self.sent[number] = self.arrived[number] = self.output[number] = self.heard[number] = b""
        self.aborted.discard(number)

    def body(self, number: int, data: bytes) -> None:
        content = data[1:]
        try:
            self.to_app += self.asks.body(content, number)
        except LocalProtocolError:
            self.to_app += self.asks.data(content, number)
        self.sent[number] += content

    def abort(self, number: int, data: bytes) -> None:
        self.to_app += self.asks.abort(number)
        self.aborted.add(number)

    def write(self, number: int, data: bytes) -> None:
        if number in self.running:
            self.to_server += stdout(number, data if self.output[number] else HEAD + data)
            self.output[number] += data

    def end(self, number: int, data: bytes) -> None:
        if number in self.running:
            self.write(number, b"end")
            self.served.done(number)
            self.running.discard(number)
            self.to_server += end_of_response(number)

    def close(self, number: int) -> None:
        for stream in (self.asks.body, self.asks.data)[: STREAMS[self.roles[number]]]:
            try:
                self.to_app += stream(b"", number)
            except LocalProtocolError:
                continue

    def deliver(self, number: int, data: bytes) -> None:
        piece, self.to_app = self.to_app[: self.size], self.to_app[self.size :]
        for event in self.served.feed(piece):
            if isinstance(event, Reply):
                self.to_server += event.data
                continue
            if isinstance(event, (Request, Refused)):
                self.running.add(event.request_id)
            if isinstance(event, Request):
                self.arrived[event.request_id] += event.body
            elif isinstance(event, (Chunk, DataChunk)):
                self.arrived[event.request_id] += event.data
            if not self.sent[event.request_id].startswith(self.arrived[event.request_id]):
                raise AssertionError(f"{event!r} was never sent")

    def back(self, number: int, data: bytes) -> None:
        piece, self.to_server = self.to_server[: self.size], self.to_server[self.size :]
        for request_id, event in self.asks.feed(piece):
            if isinstance(event, Body):
                self.heard[request_id] += event.data
                continue
            whole = isinstance(event, End) and not event.protocol_status and request_id not in self.aborted
            if whole and self.heard[request_id] != self.output[request_id]:
                raise AssertionError(f"{self.heard!r} was heard, but {self.output!r} said")

    def finish(self) -> None:
        """Deliver the rest, end everything: nothing may be left open."""
        self.deliver(0, b"")
        for number in sorted(self.running):
            self.end(number, b"")
        self.back(0, b"")
        if self.asks.answering or not self.served.idle:
            raise AssertionError(
                f"{self.asks.answering} are never answered, {self.served.active} still active"
            )
