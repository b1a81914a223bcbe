"""ASGI's response messages as FastCGI records, read back by our client."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.client import Body, End, Head, ResponseParser
from webstead.gateway.asgi.head import encode_response
from webstead.gateway.asgi.interface import AppError
from webstead.gateway.asgi.response import MAX_PIECE, Response
from webstead.gateway.wsgi.headers import HeaderError

LENGTH = b"content-length"


class Read:
    """What a server reads from records."""

    def __init__(self, records: bytes, request_id: int = 1) -> None:
        events = ResponseParser(request_id).feed(records)
        heads = [event for event in events if type(event) is Head]
        self.status = heads[0].status if heads else 0
        self.headers = {name.lower(): value for name, value in heads[0].headers} if heads else {}
        self.body = b"".join(event.data for event in events if type(event) is Body)
        self.ends = sum(type(event) is End for event in events)


def started(*headers: tuple[bytes, bytes], status: int = 200, silent: bool = False) -> Response:
    response = Response(1, silent)
    response.start(status, headers)
    return response


def test_a_response_in_one_message_gets_its_length() -> None:
    response = started((b"content-type", b"text/plain"))
    read = Read(response.body(b"hello", False))
    assert (read.status, read.body, read.ends) == (200, b"hello", 1)
    assert read.headers == {b"content-type": b"text/plain", LENGTH: b"5"}
    assert response.ended
    assert response.sent == 5


def test_every_chunk_leaves_at_once() -> None:
    response = started()
    first = Read(response.body(b"a", True))
    assert (first.status, first.body, first.ends) == (200, b"a", 0)
    assert LENGTH not in first.headers
    assert not response.ended


def test_an_empty_first_message_takes_the_headers_with_it() -> None:
    assert Read(started().body(b"", True)).status == 200


def test_the_last_byte_of_its_length_ends_a_response() -> None:
    response = started((LENGTH, b"3"))
    records = response.body(b"ab", True) + response.body(b"c", True)
    assert Read(records).ends == 1
    assert response.body(b"", False) == b""
    assert response.excess == 0


def test_while_the_request_still_comes_the_end_waits_for_the_app() -> None:
    response = started((LENGTH, b"1"))
    records = response.body(b"a", True, may_end=False)
    assert Read(records).ends == 0
    assert Read(records + response.body(b"", False, may_end=False)).ends == 1


def test_what_is_beyond_content_length_is_dropped_and_counted() -> None:
    response = started((LENGTH, b"2"))
    assert Read(response.body(b"abc", True)).body == b"ab"
    assert response.body(b"de", False) == b""
    assert response.excess == 3


def test_a_whole_body_that_is_too_short_is_an_error_before_anything_is_sent() -> None:
    response = started((LENGTH, b"3"))
    with pytest.raises(AppError, match="gave 2 bytes of body, but Content-Length 3"):
        response.body(b"ab", False)
    assert not response.started
    read = Read(response.replace(500, "sorry\n"))
    assert (read.status, read.body, read.ends) == (500, b"sorry\n", 1)


def test_a_stream_that_is_too_short_is_an_error() -> None:
    response = started((LENGTH, b"3"))
    response.body(b"a", True)
    with pytest.raises(AppError, match="ended 2 bytes before"):
        response.body(b"", False)
    assert response.started
    assert not response.ended


@pytest.mark.parametrize("status", [204, 205, 304])
def test_statuses_without_body(status: int) -> None:
    read = Read(started(status=status).body(b"body", False))
    assert (read.status, read.body, read.ends) == (status, b"", 1)
    assert LENGTH not in read.headers


def test_head_has_the_headers_only() -> None:
    response = started((LENGTH, b"1000"), silent=True)
    read = Read(response.body(b"", True) + response.body(b"x" * 1000, False))
    assert (read.headers[LENGTH], read.body, read.ends) == (b"1000", b"", 1)
    assert response.excess == 0


def test_head_of_an_unknown_length_claims_none() -> None:
    assert LENGTH not in Read(started(silent=True).body(b"", False)).headers
    assert Read(started(silent=True).body(b"abc", False)).headers[LENGTH] == b"3"


def test_order_matters() -> None:
    with pytest.raises(AppError, match="before http"):
        Response(1, False).body(b"x", False)
    response = started()
    with pytest.raises(AppError, match="a second time"):
        response.start(200, [])


@pytest.mark.parametrize("length", [(), ((LENGTH, b"%d" % (2 * MAX_PIECE + 5)),)])
def test_a_huge_chunk_goes_in_pieces(length: tuple[tuple[bytes, bytes], ...]) -> None:
    data = bytes(range(256)) * (2 * MAX_PIECE // 256) + b"12345"
    pieces = list(started(*length).pieces(data, False))
    read = Read(b"".join(pieces))
    assert max(map(len, pieces)) < MAX_PIECE * 1.01
    assert (read.headers[LENGTH], read.body == data, read.ends) == (b"%d" % len(data), True, 1)


def test_a_huge_chunk_of_a_head_request_is_not_sent() -> None:
    read = Read(b"".join(started(silent=True).pieces(bytes(MAX_PIECE + 1), False)))
    assert (read.body, read.ends) == (b"", 1)


@given(
    st.lists(st.binary(max_size=50), min_size=1, max_size=6),
    st.integers(-20, 20) | st.none(),
    st.booleans(),
    st.integers(1, 3),
    st.booleans(),
)
def test_any_stream_is_whole_or_an_error(
    chunks: list[bytes], off: int | None, silent: bool, request_id: int, may_end: bool
) -> None:
    """However a body comes, and whatever its Content-Length says, one end is sent, and what was promised."""
    body = b"".join(chunks)
    response = Response(request_id, silent)
    length = None if off is None else max(0, len(body) + off)
    response.start(200, [] if length is None else [(LENGTH, b"%d" % length)])
    records = b""
    try:
        for at, chunk in enumerate(chunks, 1):
            records += response.body(chunk, at < len(chunks), may_end)
    except AppError:
        assert length is not None
        assert length > len(body)
        assert not response.ended
        return
    read = Read(records, request_id)
    assert read.ends == 1
    assert response.ended
    assert read.body == (b"" if silent else body[:length])
    assert response.sent == len(read.body)


def test_heads_are_remembered_as_they_are() -> None:
    headers = [(b"x-a", b"1")]
    assert encode_response(200, headers) is encode_response(200, list(headers))
    assert encode_response(200, headers).block == b"Status: 200 OK\r\nx-a: 1\r\n"
    assert encode_response(299, iter(headers)).block == b"Status: 299\r\nx-a: 1\r\n"
    assert encode_response(200, [[b"x-a", b"2"]]).block == b"Status: 200 OK\r\nx-a: 2\r\n"


def test_headers_about_the_connection_are_left_out() -> None:
    headers = [(b"Connection", b"keep-alive"), (b"Transfer-Encoding", b"chunked"), (b"status", b"400")]
    assert encode_response(200, headers).block == b"Status: 200 OK\r\n"


BAD: list[tuple[Any, Any]] = [
    ("200", []),
    (20, []),
    (101, []),
    (200, [(b"a", "text")]),
    (200, [("a", b"b")]),
    (200, [(b"a",)]),
    (200, [(b"a b", b"c")]),
    (200, [(b"", b"c")]),
    (200, [(b"a", b"b\r\nSet-Cookie: c")]),
    (200, [(b"a\n", b"b")]),
    (200, [(b"a", b"\0")]),
    (200, [(b"content-length", b"-1")]),
]


@pytest.mark.parametrize(("status", "headers"), BAD)
def test_what_must_not_be_sent(status: Any, headers: Any) -> None:
    with pytest.raises(HeaderError):
        encode_response(status, headers)


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_no_bytes_add_a_line(name: bytes, value: bytes) -> None:
    try:
        block = encode_response(200, [(name, value)]).block
    except HeaderError:
        return
    assert block.count(b"\n") <= 2
