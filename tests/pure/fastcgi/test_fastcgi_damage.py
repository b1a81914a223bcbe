"""Whole conversations, truncated at every byte and with every byte changed: each has a defined result."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from webstead.formats.fastcgi.client import Answer, ClientConnection, End
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    AUTHORIZER,
    FILTER,
    HEADER_SIZE,
    RESPONDER,
    RemoteProtocolError,
    unpack_header,
)
from webstead.formats.fastcgi.server import (
    Aborted,
    BodyEnd,
    DataEnd,
    Refused,
    Reply,
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
    stderr,
    stdout,
    whole_response,
)

BLOCK = encode_pairs([(b"REQUEST_METHOD", b"POST"), (b"HTTP_COOKIE", b"c" * 130)])
MANY = encode_pairs((bytes((65 + number,)), b"") for number in range(12))
HEAD = b"Status: 200 OK\r\n\r\n"
VALUES = {"FCGI_MAX_CONNS": "9", "FCGI_MPXS_CONNS": "1"}
CHANGES = (0x01, 0x03, 0x08, 0x40, 0x80, 0xFF)
"""What is xored to a byte: other types and ids near by, lengths that become small, large, odd."""


class Conversation(NamedTuple):
    """most: requests at once. asked: what the server sends. answered: what the app does."""

    most: int
    asked: bytes
    answered: bytes


def conversation(name: str) -> Conversation:
    asks = ClientConnection(most_requests=3)
    if name == "responder":
        asked = asks.begin(BLOCK) + asks.body(b"0123456789" * 3) + asks.body(b"more") + asks.body(b"")
        return Conversation(1, asked, stderr(1, b"warned") + whole_response(1, HEAD, b"body"))
    if name == "filter":
        asked = asks.begin(BLOCK, role=FILTER) + asks.body(b"in") + asks.body(b"")
        asked += asks.data(b"file") + asks.data(b"")
        return Conversation(1, asked, whole_response(1, HEAD, b"filtered"))
    if name == "authorizer":
        return Conversation(1, asks.begin(BLOCK, role=AUTHORIZER), whole_response(1, HEAD, b""))
    if name == "values":
        asked = asks.get_values([b"FCGI_MAX_CONNS", b"X"]) + asks.begin(BLOCK) + asks.body(b"")
        (reply,) = ServerConnection(VALUES).feed(asked[:40])
        assert type(reply) is Reply
        return Conversation(1, asked, reply.data + whole_response(1, HEAD, b"body"))
    if name == "abort":
        asked = asks.begin(BLOCK) + asks.body(b"early") + asks.abort()
        return Conversation(1, asked, end_of_response(1))
    if name == "refused":
        asked = asks.begin(MANY) + asks.body(b"unread") + asks.body(b"")
        return Conversation(1, asked, whole_response(1, b"Status: 431 Too Large\r\n\r\n", b""))
    asked = b"".join(asks.begin(BLOCK, role=role) for role in (RESPONDER, FILTER, RESPONDER))
    asked += asks.body(b"three" * 9, 3) + asks.body(b"two", 2) + asks.body(b"", 3) + asks.body(b"one", 1)
    asked += asks.body(b"", 2) + asks.abort(1) + asks.data(b"file", 2) + asks.data(b"", 2)
    answered = stdout(3, HEAD) + stdout(2, HEAD + b"2") + end_of_response(1) + stdout(3, b"3")
    return Conversation(3, asked, answered + end_of_response(2) + end_of_response(3))


NAMES = ("responder", "filter", "authorizer", "values", "abort", "refused", "multiplexed")
every = pytest.mark.parametrize("name", NAMES)


def app_side(most: int) -> ServerConnection:
    return ServerConnection(VALUES, gather=20, max_params=400, max_pairs=10, most_requests=most)


def server_side(name: str) -> ClientConnection:
    """As it stands when all has been asked."""
    asks = ClientConnection(most_requests=3)
    requests = {"multiplexed": 3}.get(name, 1)
    for number in range(1, requests + 1):
        asks.begin(b"")
        if name == "abort" or (name == "multiplexed" and number == 1):
            asks.abort(number)
        else:
            asks.body(b"", number)
    return asks


def answer_all(served: ServerConnection, events: list[ServerEvent]) -> None:
    """End what the events handed over, as an app does that has seen enough."""
    handed = {event.request_id for event in events if isinstance(event, (Request, Refused))}
    for number in handed:
        served.done(number)


@every
def test_what_an_app_reads_of_a_truncated_conversation_is_the_beginning_of_it(name: str) -> None:
    most, asked, _ = conversation(name)
    whole = app_side(most).feed(asked)
    assert any(isinstance(event, (Request, Refused, Reply)) for event in whole)
    for end in range(len(asked) + 1):
        served = app_side(most)
        events = served.feed(asked[:end])
        assert events == whole[: len(events)], end
        handed = {event.request_id for event in events if isinstance(event, (Request, Refused))}
        assert served.active >= len(handed)
        ended = {event.request_id for event in events if isinstance(event, (BodyEnd, DataEnd, Aborted))}
        assert all(
            served.body_open(event.request_id) or event.request_id in ended or event.complete
            for event in events
            if isinstance(event, Request)
        )
        answer_all(served, events)  # the connection is closed: who serves a request ends it
        assert not any(map(served.body_open, handed))
        assert served.active <= most


@every
def test_what_a_server_reads_of_a_truncated_conversation_is_the_beginning_of_it(name: str) -> None:
    _, _, answered = conversation(name)
    whole = server_side(name).feed(answered)
    for end in range(len(answered) + 1):
        asks = server_side(name)
        answers = asks.feed(answered[:end])
        assert answers == whole[: len(answers)], end
        ends = {answer.request_id for answer in answers if type(answer.event) is End}
        if len(ends) == (3 if name == "multiplexed" else 1):
            asks.end_of_file()
        else:
            with pytest.raises(RemoteProtocolError) as caught:
                asks.end_of_file()
            assert caught.value.status == 502
            assert not ends.intersection(asks.answering)


def read_by_app(most: int, data: bytes, size: int) -> tuple[list[ServerEvent], str]:
    served = app_side(most)
    events: list[ServerEvent] = []
    try:
        for at in range(0, len(data), size):
            events += served.feed(data[at : at + size])
    except RemoteProtocolError as error:
        return [], f"{error.status} {error}"
    answer_all(served, events)
    return events, ""


def read_by_server(name: str, data: bytes, size: int) -> tuple[list[Answer], str]:
    asks = server_side(name)
    answers: list[Answer] = []
    try:
        for at in range(0, len(data), size):
            answers += asks.feed(data[at : at + size])
        asks.end_of_file()
    except RemoteProtocolError as error:
        return [], f"{error.status} {error}"
    return answers, ""


def changed(data: bytes, at: int, change: int) -> bytes:
    return data[:at] + bytes((data[at] ^ change,)) + data[at + 1 :]


@every
def test_every_byte_that_an_app_reads_may_be_another(name: str) -> None:
    most, asked, _ = conversation(name)
    for at in range(len(asked)):
        for change in CHANGES:
            data = changed(asked, at, change)
            events, fault = read_by_app(most, data, len(data))
            assert (events, fault) == read_by_app(most, data, 13), (at, change)
            assert fault[:4] in ("", "400 ", "431 "), (at, change)


@every
def test_every_byte_that_a_server_reads_may_be_another(name: str) -> None:
    _, _, answered = conversation(name)
    for at in range(len(answered)):
        for change in CHANGES:
            data = changed(answered, at, change)
            answers, fault = read_by_server(name, data, len(data))
            assert (answers, fault) == read_by_server(name, data, 13), (at, change)
            assert fault[:4] in ("", "502 "), (at, change)


@every
def test_every_byte_of_a_header_may_have_any_value(name: str) -> None:
    most, asked, answered = conversation(name)
    for data in (asked, answered):
        at = 0
        while at < len(data):
            _, _, _, length, padding = unpack_header(data, at)
            for place in range(at, at + HEADER_SIZE):
                for change in range(1, 256):
                    damaged = changed(data, place, change)
                    assert read_by_app(most, damaged, len(data))[1][:4] in ("", "400 ", "431 ")
                    assert read_by_server(name, damaged, len(data))[1][:4] in ("", "502 ")
            at += HEADER_SIZE + length + padding
