"""The side that asks: responses in every cut, CGI header blocks, and answers that no app should give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.client import (
    Body,
    End,
    Head,
    ResponseEvent,
    ResponseParser,
    Stderr,
    Values,
    begin_request,
    params,
    stdin,
)
from webstead.formats.fastcgi.head import parse_head
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    GET_VALUES_RESULT,
    STDERR,
    STDOUT,
    UNKNOWN_TYPE,
    RemoteProtocolError,
    pack_end,
    pack_record,
    pack_stream,
)
from webstead.formats.fastcgi.server import Request, ServerConnection, end_of_response

HEAD = b"Status: 404 Not Found\r\nContent-Type: text/plain\r\nSet-Cookie: a=b; c\r\n\r\n"
HEADERS = [(b"Content-Type", b"text/plain"), (b"Set-Cookie", b"a=b; c")]
RESPONSE = pack_record(STDOUT, 1, HEAD + b"body") + pack_record(STDERR, 1, b"warned") + end_of_response(1)
EVENTS = [Head(404, HEADERS), Body(b"body"), Stderr(b"warned"), End(0, 0)]


def test_a_response_in_one_piece_in_two_and_byte_by_byte() -> None:
    assert ResponseParser().feed(RESPONSE) == EVENTS
    for cut in range(len(RESPONSE)):
        parser = ResponseParser()
        assert parser.feed(RESPONSE[:cut]) + parser.feed(RESPONSE[cut:]) == EVENTS, cut
        assert not parser.busy
    parser = ResponseParser()
    assert [event for at in range(len(RESPONSE)) for event in parser.feed(RESPONSE[at : at + 1])] == EVENTS


def test_a_response_cut_off_anywhere_leaves_the_parser_busy() -> None:
    for end in range(1, len(RESPONSE)):
        parser = ResponseParser()
        events = parser.feed(RESPONSE[:end])
        assert parser.busy
        assert events == EVENTS[: len(events)]


def test_a_header_block_may_straddle_records_anywhere() -> None:
    for cut in range(1, len(HEAD)):
        records = pack_record(STDOUT, 1, HEAD[:cut]) + pack_record(STDOUT, 1, HEAD[cut:])
        assert ResponseParser().feed(records + end_of_response(1)) == [Head(404, HEADERS), End(0, 0)]


def test_the_parser_serves_request_after_request() -> None:
    parser = ResponseParser()
    assert parser.feed(RESPONSE) + parser.feed(RESPONSE) == EVENTS * 2


@pytest.mark.parametrize(
    ("block", "head"),
    [
        (b"Status: 200 OK\r\nA: b\r\n\r\n", Head(200, [(b"A", b"b")])),
        (b"Status: 200\nA: b\n\n", Head(200, [(b"A", b"b")])),
        (b"A: b\r\n\n", Head(200, [(b"A", b"b")])),
        (b"A: b\n\r\n", Head(200, [(b"A", b"b")])),
        (b"status:503\nA:\t b \n\n", Head(503, [(b"A", b"b")])),
        (b"Location: /x\r\n\r\n", Head(302, [(b"Location", b"/x")])),
        (b"Location: /x\r\nStatus: 301 Moved\r\n\r\n", Head(301, [(b"Location", b"/x")])),
        (b"A: b:c\r\nA: d\r\nE:\r\n\r\n", Head(200, [(b"A", b"b:c"), (b"A", b"d"), (b"E", b"")])),
        (b"A: caf\xc3\xa9\r\n\r\n", Head(200, [(b"A", b"caf\xc3\xa9")])),
    ],
)
def test_header_blocks_as_cgi_allows_them(block: bytes, head: Head) -> None:
    assert parse_head(block) == head
    assert ResponseParser().feed(pack_record(STDOUT, 1, block + b"x"))[:2] == [head, Body(b"x")]


@pytest.mark.parametrize(
    "block",
    [
        b"\r\n",
        b"\n",
        b"no colon\r\n\r\n",
        b": empty name\r\n\r\n",
        b"A b: c\r\n\r\n",
        b"A : c\r\n\r\n",
        b"A: b\r\n folded\r\n\r\n",
        b"A: b\0c\r\n\r\n",
        b"A: b\rB: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"Status: OK\r\n\r\n",
        b"Status: 20\r\n\r\n",
        b"Status: 2000\r\n\r\n",
        b"Status:\r\n\r\n",
    ],
)
def test_what_is_no_header_block_is_a_502(block: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ResponseParser().feed(pack_record(STDOUT, 1, block))
    assert caught.value.status == 502


def test_a_header_block_without_end_is_limited_however_it_comes() -> None:
    parser = ResponseParser(max_head=1000)
    for _ in range(100):
        assert parser.feed(pack_record(STDOUT, 1, b"A: 234567\n")) == []
    with pytest.raises(RemoteProtocolError, match="1000 bytes"):
        parser.feed(pack_record(STDOUT, 1, b"A: 234567\n"))
    with pytest.raises(RemoteProtocolError, match="1000 bytes"):
        ResponseParser(max_head=1000).feed(pack_record(STDOUT, 1, b"A: " + b"x" * 1000 + b"\n\n"))


def test_a_large_body_behind_a_small_head_is_no_large_head() -> None:
    events = ResponseParser(max_head=100).feed(pack_stream(STDOUT, 1, HEAD + b"x" * 200_000))
    assert sum(len(event.data) for event in events if type(event) is Body) == 200_000


def test_overloaded_ends_without_a_head() -> None:
    assert ResponseParser().feed(pack_end(1, 0, 2)) == [End(0, 2)]


def test_repeated_terminators_of_wfastcgi_are_no_end() -> None:
    stop = pack_record(STDOUT, 1, b"")
    data = pack_record(STDOUT, 1, HEAD) + stop + pack_record(STDOUT, 1, b"x") + stop + end_of_response(1)
    assert ResponseParser().feed(data) == [Head(404, HEADERS), Body(b"x"), End(0, 0)]


def test_management_answers_are_events_or_nothing() -> None:
    values = pack_record(GET_VALUES_RESULT, 0, encode_pairs([(b"FCGI_MAX_CONNS", b"9")]))
    assert ResponseParser().feed(values) == [Values({"FCGI_MAX_CONNS": "9"})]
    assert ResponseParser().feed(pack_record(UNKNOWN_TYPE, 0, bytes(8))) == []


@pytest.mark.parametrize(
    "data",
    [
        pack_record(STDOUT, 2, b"A: b\n\n"),
        b"\x02" + RESPONSE[1:],
        pack_record(1, 1, bytes(8)),
        pack_record(99, 0, b""),
        pack_record(3, 1, b"\0\0"),
        pack_end(1, 0, 0),
        pack_record(STDOUT, 1, b"Status: 200 OK\r\n")
        + end_of_response(1),  # wfastcgi's 500 has no empty line
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_what_no_app_may_answer_is_a_502(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ResponseParser().feed(data)
    assert caught.value.status == 502


@given(st.integers(1, 65535), st.binary(max_size=100), st.binary(max_size=100))
def test_the_functions_read_back_too(request_id: int, value: bytes, body: bytes) -> None:
    data = begin_request(request_id, keep=False) + params(request_id, encode_pairs([(b"V", value)]))
    data += (stdin(request_id, body) if body else b"") + stdin(request_id, b"")
    (event,) = ServerConnection({}).feed(data)
    assert event == Request(request_id, {"V": value.decode("latin-1")}, False, body, True)


def test_params_of_more_than_one_record_are_cut_and_closed() -> None:
    block = encode_pairs([(b"V", b"x" * 150_000)])
    (event,) = ServerConnection({}).feed(begin_request(1) + params(1, block) + stdin(1, b""))
    assert type(event) is Request
    assert event.params == {"V": "x" * 150_000}


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_give_events_or_the_one_error_whatever_the_cuts(data: bytes, size: int) -> None:
    def read(step: int) -> list[ResponseEvent] | None:
        parser = ResponseParser(max_head=64)
        try:
            return [event for at in range(0, len(data), step) for event in parser.feed(data[at : at + step])]
        except RemoteProtocolError:
            return None

    assert read(size) == read(max(1, len(data)))
