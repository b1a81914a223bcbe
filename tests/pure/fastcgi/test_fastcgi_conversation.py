"""The side that asks, with several requests at once: ids, roles, aborts, and the order of calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.client import Answer, Body, ClientConnection, End, Head, Stderr, Values
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    AUTHORIZER,
    FILTER,
    MAX_REQUESTS,
    STDOUT,
    UNKNOWN_ROLE,
    LocalProtocolError,
    RemoteProtocolError,
    pack_end,
    pack_record,
)
from webstead.formats.fastcgi.server import (
    STDERR_BYTES,
    Aborted,
    BodyEnd,
    DataChunk,
    DataEnd,
    Reply,
    Request,
    ServerConnection,
    end_of_response,
    stderr,
    stdout,
    whole_response,
)

HEAD = b"Status: 200 OK\r\n\r\n"
BLOCK = encode_pairs([(b"A", b"1")])


def response(request_id: int, body: bytes = b"body") -> bytes:
    return whole_response(request_id, HEAD, body)


def answers(request_id: int, body: bytes = b"body") -> list[Answer]:
    return [Answer(request_id, event) for event in (Head(200, []), Body(body), End(0, 0))]


def test_the_app_reads_what_the_server_writes() -> None:
    asks = ClientConnection()
    data = asks.begin(encode_pairs([(b"B", b"2")]), static=encode_pairs([(b"A", b"1")]))
    data += asks.body(b"x" * 70_000) + asks.body(b"")
    served = ServerConnection({}, gather=1 << 20)
    assert served.feed(data) == [Request(1, {"A": "1", "B": "2"}, True, b"x" * 70_000, True)]


def test_the_connection_knows_when_it_can_be_used_again() -> None:
    asks = ClientConnection()
    reusable = [asks.reusable]
    asks.begin(b"")
    asks.feed(response(1))
    reusable.append(asks.reusable)  # the request's body is still open
    asks.body(b"", 1)
    reusable.append(asks.reusable)
    assert reusable == [True, False, True]
    asks.end_of_file()


def test_a_connection_that_is_not_kept_is_used_once() -> None:
    asks = ClientConnection(keep=False, most_requests=5)
    asks.begin(b"")
    assert not asks.reusable
    asks.body(b"", 1)
    asks.feed(response(1))
    assert not asks.reusable


def test_ids_are_the_lowest_that_are_free() -> None:
    asks = ClientConnection(most_requests=3)
    for number in (1, 2, 3):
        asks.begin(b"")
        assert asks.newest == number
    with pytest.raises(LocalProtocolError):
        asks.begin(b"")
    asks.body(b"", 2)
    assert asks.feed(response(2)) == answers(2)
    assert asks.answering == (1, 3)
    asks.begin(b"")
    assert asks.newest == 2


def test_responses_may_be_interleaved_and_come_in_any_order() -> None:
    asks = ClientConnection(most_requests=2)
    for _ in range(2):
        asks.begin(b"")
        asks.body(b"")
    data = stdout(2, HEAD) + stdout(1, HEAD + b"one") + stderr(1, b"warned") + stdout(2, b"two")
    found = asks.feed(data + end_of_response(2, 7) + end_of_response(1))
    assert [answer.event for answer in found if answer.request_id == 1] == [
        Head(200, []),
        Body(b"one"),
        Stderr(b"warned"),
        End(0, 0),
    ]
    assert [answer.event for answer in found if answer.request_id == 2] == [
        Head(200, []),
        Body(b"two"),
        End(7, 0),
    ]
    assert asks.answering == ()


def test_an_authorizer_has_no_body_and_its_variables_are_plain_headers() -> None:
    asks = ClientConnection()
    served = ServerConnection({})
    data = asks.begin(BLOCK, role=AUTHORIZER)
    assert served.feed(data) == [Request(1, {"A": "1"}, True, b"", True, AUTHORIZER)]
    with pytest.raises(LocalProtocolError):
        asks.body(b"")
    head = b"Status: 200 OK\r\nVariable-USER: anna\r\n\r\n"
    (first, end) = asks.feed(whole_response(1, head, b""))
    assert (first.event, end.event) == (Head(200, [(b"Variable-USER", b"anna")]), End(0, 0))
    assert asks.reusable
    assert served.done(1)


def test_a_filter_has_a_body_and_then_a_file() -> None:
    asks = ClientConnection()
    served = ServerConnection({})
    data = asks.begin(BLOCK, role=FILTER)
    with pytest.raises(LocalProtocolError):
        asks.data(b"early")
    assert served.feed(data) == [Request(1, {"A": "1"}, True, b"", False, FILTER)]
    assert served.feed(asks.body(b"")) == [BodyEnd(1)]
    assert served.body_open(1)
    assert served.feed(asks.data(b"file")) == [DataChunk(b"file", 1)]
    assert served.feed(asks.data(b"")) == [DataEnd(1)]
    assert not served.body_open(1)
    with pytest.raises(LocalProtocolError):
        asks.data(b"")


def test_after_an_abort_only_the_end_counts() -> None:
    asks = ClientConnection()
    served = ServerConnection({})
    data = asks.begin(BLOCK)
    served.feed(data)
    (reply,) = served.feed(asks.abort())
    assert type(reply) is Reply
    with pytest.raises(LocalProtocolError):
        asks.body(b"")
    with pytest.raises(LocalProtocolError):
        asks.abort()
    assert asks.feed(stdout(1, b"no header") + reply.data) == [Answer(1, End(0, 0))]
    assert asks.reusable


def test_a_late_abort_reaches_the_app_with_its_id() -> None:
    asks = ClientConnection(most_requests=2)
    served = ServerConnection({}, most_requests=2)
    data = b"".join(asks.begin(BLOCK) + asks.body(b"") for _ in range(2))
    assert len(served.feed(data)) == 2
    assert served.feed(asks.abort(2)) == [Aborted(2)]


def test_a_role_that_the_app_does_not_know_is_an_end_and_one_that_we_do_not_our_bug() -> None:
    asks = ClientConnection()
    asks.begin(BLOCK, role=FILTER)
    assert asks.feed(pack_end(1, 0, UNKNOWN_ROLE)) == [Answer(1, End(0, UNKNOWN_ROLE))]
    with pytest.raises(LocalProtocolError):
        asks.begin(BLOCK, role=4)


def test_values_are_an_event_of_no_request() -> None:
    asks = ClientConnection()
    (reply,) = ServerConnection({"FCGI_MAX_REQS": "7"}).feed(asks.get_values([b"FCGI_MAX_REQS", b"OTHER"]))
    assert type(reply) is Reply
    assert asks.feed(reply.data) == [Answer(0, Values({"FCGI_MAX_REQS": "7"}))]


def test_calls_out_of_order_are_our_own_bug() -> None:
    asks = ClientConnection()
    with pytest.raises(LocalProtocolError):
        asks.body(b"x", 1)
    with pytest.raises(LocalProtocolError):
        asks.abort(1)
    asks.begin(b"")
    with pytest.raises(LocalProtocolError):
        asks.begin(b"")
    asks.body(b"", 1)
    with pytest.raises(LocalProtocolError):
        asks.body(b"", 1)
    with pytest.raises(LocalProtocolError):
        asks.data(b"x", 1)


@pytest.mark.parametrize("most", [0, -1, MAX_REQUESTS + 1])
def test_a_number_of_requests_out_of_reach_is_our_own_bug(most: int) -> None:
    with pytest.raises(LocalProtocolError):
        ClientConnection(most_requests=most)
    with pytest.raises(LocalProtocolError):
        ServerConnection({}, most_requests=most)


@pytest.mark.parametrize(
    "data", [response(2), pack_record(STDOUT, 9, b"x"), pack_end(2, 0, 0), b"\2" + response(1)[1:]]
)
def test_an_answer_to_what_was_not_asked_is_a_502(data: bytes) -> None:
    asks = ClientConnection(most_requests=2)
    asks.begin(b"")
    with pytest.raises(RemoteProtocolError) as caught:
        asks.feed(data)
    assert caught.value.status == 502


def test_a_second_answer_is_a_502() -> None:
    asks = ClientConnection()
    asks.begin(b"")
    assert asks.feed(response(1)) == answers(1)
    with pytest.raises(RemoteProtocolError):
        asks.feed(response(1))


@pytest.mark.parametrize(("most", "request_id"), [(1, 1), (2, 0)])
def test_an_end_of_file_inside_responses_is_a_truncation(most: int, request_id: int) -> None:
    asks = ClientConnection(most_requests=most)
    for _ in range(most):
        asks.begin(b"")
    asks.feed(response(1)[:-16])
    assert asks.answering == tuple(range(1, most + 1))
    with pytest.raises(RemoteProtocolError) as caught:
        asks.end_of_file()
    assert (caught.value.status, caught.value.request_id) == (502, request_id)


@pytest.mark.parametrize("size", [0, 1, STDERR_BYTES, STDERR_BYTES + 1, 300_000])
def test_errors_are_one_closed_stream_of_which_the_end_is_kept(size: int) -> None:
    text = bytes(range(251)) * (size // 251 + 1)
    text = text[:size]
    asks = ClientConnection()
    asks.begin(b"")
    sent = b"".join(
        answer.event.data for answer in asks.feed(stderr(1, text)) if type(answer.event) is Stderr
    )
    assert sent == text[-STDERR_BYTES:]
    assert len(stderr(1, text)) == (len(sent) + 7) // 8 * 8 + 16 * bool(size)


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_give_events_or_the_one_error_whatever_the_cuts(data: bytes, size: int) -> None:
    def read(step: int) -> list[Answer] | None:
        asks = ClientConnection(max_head=64, most_requests=2)
        asks.begin(b"")
        asks.begin(b"")
        asks.abort(2)
        try:
            return [event for at in range(0, len(data), step) for event in asks.feed(data[at : at + step])]
        except RemoteProtocolError:
            return None

    assert read(size) == read(max(1, len(data)))
