"""The app's side: requests in every cut, each breach of the specification with its answer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webstead.formats.fastcgi import client
from webstead.formats.fastcgi.pairs import decode_pairs, encode_pairs
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    AUTHORIZER,
    BEGIN_REQUEST,
    DATA,
    FILTER,
    GET_VALUES,
    HEADER_SIZE,
    KEEP_CONN,
    PARAMS,
    RESPONDER,
    STDIN,
    STDOUT,
    STREAMS,
    LocalProtocolError,
    RemoteProtocolError,
    pack_begin,
    pack_end,
    pack_record,
)
from webstead.formats.fastcgi.server import (
    Aborted,
    BodyEnd,
    Chunk,
    Refused,
    Reply,
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
    stdout,
    whole_response,
)

VALUES = {"FCGI_MAX_CONNS": "100", "FCGI_MAX_REQS": "8", "FCGI_MPXS_CONNS": "0"}
BLOCK = encode_pairs([(b"REQUEST_METHOD", b"GET"), (b"HTTP_COOKIE", b"c" * 200)])
PARAMETERS = {"REQUEST_METHOD": "GET", "HTTP_COOKIE": "c" * 200}
HELLO = client.begin_request(1) + client.params(1, BLOCK) + client.stdin(1, b"")


def connection(gather: int = 64) -> ServerConnection:
    return ServerConnection(VALUES, gather=gather, max_params=4096, max_pairs=50)


def feed_cut(served: ServerConnection, data: bytes, cuts: list[int]) -> list[ServerEvent]:
    events: list[ServerEvent] = []
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        events += served.feed(data[start:end])
    return events


def test_a_whole_request_is_one_event() -> None:
    assert connection().feed(HELLO) == [Request(1, PARAMETERS, True, b"", True)]


@pytest.mark.parametrize("request_id", [1, 2, 65535])
@pytest.mark.parametrize("keep", [True, False])
def test_any_request_id_and_keep(request_id: int, keep: bool) -> None:
    data = (
        client.begin_request(request_id, keep)
        + client.params(request_id, BLOCK)
        + client.stdin(request_id, b"")
    )
    served = connection()
    assert served.feed(data) == [Request(request_id, PARAMETERS, keep, b"", True)]
    assert served.done(request_id) is keep
    assert served.idle


@pytest.mark.parametrize("body", [b"", b"x", b"0123456789" * 6])
def test_every_single_cut_gives_the_same_request(body: bytes) -> None:
    data = client.begin_request(1) + client.params(1, BLOCK) + (client.stdin(1, body) if body else b"")
    data += client.stdin(1, b"")
    for cut in range(len(data)):
        assert feed_cut(connection(), data, [cut]) == [Request(1, PARAMETERS, True, body, True)], cut


def test_one_byte_at_a_time() -> None:
    served = connection()
    events = [event for at in range(len(HELLO)) for event in served.feed(HELLO[at : at + 1])]
    assert events == [Request(1, PARAMETERS, True, b"", True)]


def test_a_stream_truncated_at_any_byte_gives_nothing_and_breaks_nothing() -> None:
    for end in range(len(HELLO)):
        served = connection()
        assert served.feed(HELLO[:end]) == []
        assert served.idle is (end == 0)


def test_pairs_may_straddle_params_records_anywhere() -> None:
    for cut in range(1, len(BLOCK)):
        parts = b"".join(pack_record(PARAMS, 1, part) for part in (BLOCK[:cut], BLOCK[cut:], b""))
        assert connection().feed(client.begin_request(1) + parts + client.stdin(1, b"")) == [
            Request(1, PARAMETERS, True, b"", True)
        ]


@given(st.binary(max_size=400), st.lists(st.integers(0, 800), max_size=8), st.integers(0, 100))
@settings(max_examples=60)
def test_a_body_arrives_whole_whatever_the_cuts(body: bytes, cuts: list[int], gather: int) -> None:
    data = client.begin_request(1) + client.params(1, BLOCK) + (client.stdin(1, body) if body else b"")
    data += client.stdin(1, b"")
    first, *others = feed_cut(connection(gather), data, [cut for cut in cuts if cut < len(data)])
    assert type(first) is Request
    assert first.complete is (len(body) <= gather)
    assert first.body + b"".join(event.data for event in others if type(event) is Chunk) == body
    assert [type(event) for event in others if type(event) is not Chunk] == (
        [] if first.complete else [BodyEnd]
    )


def test_a_long_body_streams_behind_what_was_gathered() -> None:
    served = connection(gather=10)
    served.feed(client.begin_request(1) + client.params(1, BLOCK))
    assert served.feed(client.stdin(1, b"12345678")) == []
    assert served.feed(client.stdin(1, b"9abc")) == [Request(1, PARAMETERS, True, b"123456789abc", False)]
    assert served.body_open(1)
    assert served.feed(client.stdin(1, b"more")) == [Chunk(b"more", 1)]
    assert served.feed(client.stdin(1, b"")) == [BodyEnd(1)]
    assert not served.body_open(1)


def test_the_rest_of_a_body_is_ignored_once_the_response_is_out() -> None:
    served = connection(gather=0)
    served.feed(client.begin_request(1) + client.params(1, BLOCK) + client.stdin(1, b"first"))
    assert served.done(1)
    assert served.feed(client.stdin(1, b"late") + client.stdin(1, b"") + HELLO) == [
        Request(1, PARAMETERS, True, b"", True)
    ]


@pytest.mark.parametrize("sent", [client.stdin(1, b"0123"), client.stdin(1, b"0123") + client.stdin(1, b"")])
def test_behind_the_last_request_it_knows_whether_more_of_its_body_comes(sent: bytes) -> None:
    served = connection(gather=2)
    served.feed(client.begin_request(1, False) + client.params(1, BLOCK) + sent)
    coming = served.body_open(1)
    assert not served.done(1)
    assert served.unread is coming is (sent == client.stdin(1, b"0123"))


def test_requests_follow_each_other_on_a_kept_connection() -> None:
    served = connection()
    for _ in range(3):
        assert len(served.feed(HELLO)) == 1
        assert served.done(1)


def test_padding_of_every_length_is_skipped() -> None:
    for padding in range(256):
        header = bytes((1, PARAMS, 0, 1)) + len(BLOCK).to_bytes(2, "big") + bytes((padding, 0))
        data = client.begin_request(1) + header + BLOCK + b"\xff" * padding
        data += pack_record(PARAMS, 1, b"") + client.stdin(1, b"")
        assert connection().feed(data) == [Request(1, PARAMETERS, True, b"", True)]


def test_get_values_answers_only_what_it_knows() -> None:
    (reply,) = connection().feed(client.get_values([b"FCGI_MAX_CONNS", b"FCGI_MPXS_CONNS", b"OTHER"]))
    assert type(reply) is Reply
    assert reply.data[:4] == bytes((1, 10, 0, 0))
    size = int.from_bytes(reply.data[4:6], "big")
    assert decode_pairs(reply.data[8 : 8 + size]) == {"FCGI_MAX_CONNS": "100", "FCGI_MPXS_CONNS": "0"}


def test_get_values_within_a_request_disturbs_nothing() -> None:
    served = connection()
    half = len(client.begin_request(1))
    events = served.feed(HELLO[:half] + client.get_values() + HELLO[half:])
    assert [type(event) for event in events] == [Reply, Request]


@pytest.mark.parametrize("kind", [0, 1, 2, 4, 5, 8, 11, 12, 255])
def test_another_management_record_is_answered_with_unknown_type(kind: int) -> None:
    assert connection().feed(pack_record(kind, 0, b"content!")) == [
        Reply(bytes.fromhex("01 0b 0000 0008 00 00") + bytes((kind, 0, 0, 0, 0, 0, 0, 0)), False)
    ]


@pytest.mark.parametrize("kind", [3, DATA, STDOUT, 7, GET_VALUES, 12, 255])
def test_a_type_without_meaning_for_a_request_is_passed_over(kind: int) -> None:
    half = len(client.begin_request(1))
    assert len(connection().feed(HELLO[:half] + pack_record(kind, 1, b"what") + HELLO[half:])) == 1


@pytest.mark.parametrize("kind", [ABORT_REQUEST, PARAMS, STDIN, DATA, 12])
def test_records_of_requests_that_are_not_open_are_ignored(kind: int) -> None:
    served = connection()
    stray = pack_record(kind, 9, b"stray")
    assert served.feed(stray) == []
    served.feed(HELLO)
    assert served.feed(stray) == []


@pytest.mark.parametrize("role", [0, 4, 65535])
@pytest.mark.parametrize("keep", [True, False])
def test_other_roles_are_unknown_and_their_streams_ignored(role: int, keep: bool) -> None:
    served = connection()
    data = pack_begin(1, role, KEEP_CONN if keep else 0) + client.params(1, BLOCK) + client.stdin(1, b"")
    assert served.feed(data) == [Reply(pack_end(1, 0, 3), not keep)]
    assert len(served.feed(HELLO)) == 1


def test_a_second_request_cannot_be_multiplexed() -> None:
    served = connection()
    (first, second) = served.feed(HELLO + client.begin_request(2))
    assert (type(first), second) == (Request, Reply(pack_end(2, 0, 1), False))


@pytest.mark.parametrize("after", [16, len(HELLO) - 8, len(HELLO)])
def test_to_begin_the_same_request_twice_is_a_breach(after: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        connection().feed(HELLO[:after] + client.begin_request(1))
    assert caught.value.request_id == 1


def test_an_early_abort_is_answered_by_the_codec() -> None:
    for upto in (16, len(HELLO) - 8):
        served = connection()
        abort = pack_record(ABORT_REQUEST, 1, b"")
        assert served.feed(HELLO[:upto] + abort) == [Reply(end_of_response(1), False)]
        assert len(served.feed(HELLO)) == 1


def test_a_late_abort_is_an_event() -> None:
    served = connection()
    assert served.feed(HELLO + pack_record(ABORT_REQUEST, 1, b""))[1:] == [Aborted(1)]


@pytest.mark.parametrize(
    ("role", "streams"),
    [
        (RESPONDER, client.stdin(1, b"x" * 99)),
        (FILTER, b""),
        (FILTER, client.stdin(1, b"x") + client.stdin(1, b"")),
        (FILTER, client.stdin(1, b"") + client.data(1, b"x") + client.data(1, b"")),
        (AUTHORIZER, b""),
    ],
)
def test_an_abort_is_an_event_wherever_the_request_stands(role: int, streams: bytes) -> None:
    served = connection()
    data = pack_begin(1, role, KEEP_CONN) + client.params(1, BLOCK) + streams + client.abort_request(1)
    assert served.feed(data)[-1] == Aborted(1)
    assert served.done(1)
    assert served.idle


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" + HELLO[1:],
        b"\x02" + HELLO[1:],
        b"GET / HTTP/1.1\r\n\r\n",  # a server that speaks HTTP to us
        pack_record(BEGIN_REQUEST, 1, b"\0\1"),
        client.begin_request(1) + client.stdin(1, b"early"),
        HELLO + pack_record(PARAMS, 1, b"late"),
        HELLO + pack_record(STDIN, 1, b"late"),
        client.begin_request(1)
        + client.params(1, b"\xff\xff\xff\xff\xff\xff\xff\xff")
        + client.stdin(1, b""),
    ],
)
def test_a_breach_raises_in_any_cut(data: bytes) -> None:
    for cuts in ([], list(range(1, len(data))), list(range(7, len(data), 7))):
        with pytest.raises(RemoteProtocolError):
            feed_cut(connection(), data, cuts)


MANY = encode_pairs((str(number).encode(), b"") for number in range(51))
LONG = encode_pairs([(b"A", b"x" * 5000)])


@pytest.mark.parametrize("block", [MANY, LONG, LONG * 20])
@pytest.mark.parametrize("request_id", [1, 2])
def test_too_many_bytes_or_pairs_of_parameters_are_refused_and_the_connection_goes_on(
    block: bytes, request_id: int
) -> None:
    opening = client.begin_request(request_id) + client.params(request_id, block)
    data = opening + client.stdin(request_id, b"unread") + client.stdin(request_id, b"")
    for cuts in ([], list(range(1, len(data), 9))):
        served = connection()
        (refused,) = feed_cut(served, data, cuts)
        assert type(refused) is Refused
        assert (refused.request_id, refused.status, refused.keep) == (request_id, 431, True)
        assert not served.body_open(request_id)
        assert served.done(request_id)
        assert served.feed(HELLO) == [Request(1, PARAMETERS, True, b"", True)]


@pytest.mark.parametrize("role", [RESPONDER, AUTHORIZER, FILTER])
@pytest.mark.parametrize("block", [MANY, LONG])
def test_in_each_role_the_rest_of_a_refused_request_is_skipped_up_to_its_last_stream(
    role: int, block: bytes
) -> None:
    served = connection()
    opening = pack_begin(1, role, KEEP_CONN) + client.params(1, block)
    events = served.feed(opening[:-8])
    assert len(events) == (block is LONG)
    events += served.feed(opening[-8:])
    assert [type(event) for event in events] == [Refused]
    for encode in (client.stdin, client.data)[: len(STREAMS[role])]:
        assert served.feed(encode(1, b"some")) == []
        assert served.body_open(1)
        assert served.feed(encode(1, b"")) == []
    assert not served.body_open(1)
    assert served.done(1)


@pytest.mark.parametrize("request_id", [1, 2])
def test_the_limit_of_parameters_is_exact(request_id: int) -> None:
    for size, kind in ((4096, Request), (4097, Refused)):
        block = encode_pairs([(b"A", b"x" * (size - 6))])
        assert len(block) == size
        data = client.begin_request(request_id) + client.params(request_id, block)
        (event,) = connection().feed(data + client.stdin(request_id, b""))
        assert type(event) is kind


def test_a_small_request_with_too_many_pairs_is_refused_at_once() -> None:
    served = connection()
    (refused,) = served.feed(client.begin_request(1) + client.params(1, MANY) + client.stdin(1, b""))
    assert refused == Refused(1, 431, "more than 50 name-value pairs", True)
    assert served.feed(pack_record(ABORT_REQUEST, 1, b"")) == []  # its answer is on the way
    assert served.done(1)


def test_of_a_refused_request_the_body_is_open_up_to_its_end() -> None:
    served = connection()
    assert len(served.feed(client.begin_request(1) + pack_record(PARAMS, 1, LONG))) == 1
    assert served.feed(pack_record(PARAMS, 1, b"") + client.stdin(1, b"x")) == []
    assert served.body_open(1)
    assert served.feed(client.stdin(1, b"")) == []
    assert not served.body_open(1)


def test_a_length_of_65535_is_one_record_and_smuggles_nothing() -> None:
    body = client.begin_request(1) * 4095 + b"x" * 15
    served = ServerConnection(VALUES)
    opening = client.begin_request(1) + client.params(1, BLOCK)
    (request,) = served.feed(opening + client.stdin(1, body) + client.stdin(1, b""))
    assert type(request) is Request
    assert len(body) == 65535
    assert request.body == body


def test_done_without_a_request_is_our_own_bug() -> None:
    with pytest.raises(LocalProtocolError):
        connection().done(1)


def test_a_whole_response_has_one_terminator_and_one_end() -> None:
    body = bytes.fromhex("01 06 0001 0017 01 00") + b"Status: 200 OK\r\n\r\nhello\0"
    terminator = bytes.fromhex("01 06 0001 0000 00 00")
    assert whole_response(1, b"Status: 200 OK\r\n\r\n", b"hello") == body + terminator + pack_end(1, 0, 0)


@pytest.mark.parametrize("request_id", [1, 7])
@pytest.mark.parametrize("size", [0, 1, 65500, 65516, 65517, 65536, 300_000])
def test_whole_and_piecewise_responses_read_the_same(request_id: int, size: int) -> None:
    head, body = b"Status: 200 OK\r\nX: y\r\n\r\n", b"b" * size
    whole = client.ResponseParser(request_id).feed(whole_response(request_id, head, body))
    parts = stdout(request_id, head) + stdout(request_id, body) + end_of_response(request_id)
    pieces = client.ResponseParser(request_id).feed(parts)
    for events in (whole, pieces):
        assert events[0] == client.Head(200, [(b"X", b"y")])
        assert b"".join(event.data for event in events if type(event) is client.Body) == body
        assert events[-1] == client.End(0, 0)
        assert len(whole_response(request_id, head, body)) % HEADER_SIZE == 0
