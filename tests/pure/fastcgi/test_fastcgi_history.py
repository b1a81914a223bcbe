"""What went wrong in other implementations, as cases: published vulnerabilities, quirks of servers."""

from __future__ import annotations

from struct import pack

import pytest

from webstead.formats.fastcgi import client
from webstead.formats.fastcgi.pairs import MAX_PAIRS, encode_pairs
from webstead.formats.fastcgi.records import (
    AUTHORIZER,
    MAX_CONTENT,
    PARAMS,
    STDIN,
    STDOUT,
    RemoteProtocolError,
    pack_begin,
    pack_end,
    pack_record,
)
from webstead.formats.fastcgi.server import (
    MAX_PARAMS,
    Chunk,
    Refused,
    Reply,
    Request,
    ServerConnection,
    end_of_response,
    stdout,
)

LENGTHS = (0x7FFFFFFF, 0x7FFFFFFE, 0x40000000, 0x10000, 0xFFFF, 200)
HEAD = b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n"
BLOCK = encode_pairs([(b"REQUEST_METHOD", b"GET")])


def request(block: bytes, body: bytes = b"", request_id: int = 1) -> bytes:
    stdin = (client.stdin(request_id, body) if body else b"") + client.stdin(request_id, b"")
    return client.begin_request(request_id) + client.params(request_id, block) + stdin


@pytest.mark.parametrize("name", LENGTHS)
@pytest.mark.parametrize("value", LENGTHS)
@pytest.mark.parametrize("present", [b"", b"AB", b"A" * 199])
def test_cve_2025_23016_lengths_whose_sum_overflows(name: int, value: int, present: bytes) -> None:
    """libfcgi 2.4.4 and before computed name + value + 2 in 32 bits and wrote behind its buffer."""
    block = pack(">II", name | 0x80000000, value | 0x80000000) + present
    for data in (request(block), request(BLOCK + block), request(block, request_id=2)):
        with pytest.raises(RemoteProtocolError) as caught:
            ServerConnection({}).feed(data)
        assert caught.value.status == 400


def test_nginx_1194_a_length_that_two_passes_see_differently() -> None:
    """Each four-byte length is read once, from the joined stream, also when it straddles records."""
    block = encode_pairs([(b"N" * 300, b"v" * 70_000), (b"A", b"1")])
    for cut in range(1, 9):
        parts = pack_record(PARAMS, 1, block[:cut]) + client.params(1, block[cut:])
        (event,) = ServerConnection({}).feed(client.begin_request(1) + parts + client.stdin(1, b""))
        assert type(event) is Request
        assert event.params == {"N" * 300: "v" * 70_000, "A": "1"}


@pytest.mark.parametrize("size", [8000, 8192, 8193, 65_535, 65_536, 65_537, 131_072, MAX_PARAMS - 10])
def test_fcgi2_13_parameters_of_more_than_8_kilobytes(size: int) -> None:
    (event,) = ServerConnection({}).feed(request(encode_pairs([(b"A", b"x" * size)])))
    assert type(event) is Request
    assert event.params == {"A": "x" * size}


@pytest.mark.parametrize("size", [65_528, 65_534, 65_535, 65_536, 65_537, 131_070, 131_072])
def test_a_length_that_does_not_fit_16_bits_is_never_truncated(size: int) -> None:
    """HAProxy's mux cut such lengths, and what was behind was read as records; others count 65536 as one."""
    inner = client.begin_request(7) + client.params(7, BLOCK) + client.stdin(7, b"")
    body = (inner * (size // len(inner) + 1))[:size]
    (event,) = ServerConnection({}, gather=1 << 20, most_requests=9).feed(request(BLOCK, body))
    assert event == Request(1, {"REQUEST_METHOD": "GET"}, True, body, True)
    answer = stdout(1, HEAD) + stdout(1, pack_end(1, 0, 0) * (size // 16)) + end_of_response(1)
    events = client.ResponseParser().feed(answer)
    assert [type(event) for event in events].count(client.End) == 1
    assert sum(len(event.data) for event in events if type(event) is client.Body) == size // 16 * 16


@pytest.mark.parametrize("length", [MAX_CONTENT - 1, MAX_CONTENT])
@pytest.mark.parametrize("padding", [0, 1, 255])
def test_the_largest_record_with_any_padding(length: int, padding: int) -> None:
    header = bytes((1, STDIN, 0, 1)) + pack(">HBx", length, padding)
    data = client.begin_request(1) + client.params(1, BLOCK) + header + b"x" * length + b"\1" * padding
    served = ServerConnection({}, gather=10)
    (event,) = served.feed(data)
    assert event == Request(1, {"REQUEST_METHOD": "GET"}, True, b"x" * length, False)
    assert served.feed(client.stdin(1, b"y")) == [Chunk(b"y", 1)]


def test_cve_2014_3583_a_header_line_longer_than_any_buffer() -> None:
    """mod_proxy_fcgi read beyond its buffer for a header that filled it."""
    for size in (8190, 8191, 8192, 65_000):
        line = b"X: " + b"y" * size + b"\r\n\r\n"
        for cut in (1, 4, size // 2, size + 4, size + 6):
            data = stdout(1, line[:cut]) + stdout(1, line[cut:] + b"body") + end_of_response(1)
            events = client.ResponseParser().feed(data)
            assert events[0] == client.Head(200, [(b"X", b"y" * size)])
            assert events[1:] == [client.Body(b"body"), client.End(0, 0)]
    with pytest.raises(RemoteProtocolError):
        client.ResponseParser().feed(stdout(1, b"X: " + b"y" * 70_000))


def test_a_flood_of_pairs_ends_its_request_only() -> None:
    tiny = b"\1\0A" * (MAX_PARAMS // 3)  # one name, over and over: one pair
    (event,) = ServerConnection({}).feed(request(tiny))
    assert event == Request(1, {"A": ""}, True, b"", True)
    flood = encode_pairs((b"%d" % number, b"") for number in range(MAX_PAIRS + 1))
    served = ServerConnection({}, most_requests=2)
    (refused, other) = served.feed(request(flood, request_id=1) + request(BLOCK, request_id=2))
    assert (type(refused), type(other)) == (Refused, Request)
    empty = b"\0\0" * (MAX_PARAMS // 2 + 1)
    (refused,) = ServerConnection({}).feed(request(empty))
    assert type(refused) is Refused


@pytest.mark.parametrize("most", [1, 4])
def test_a_flood_of_requests_holds_no_more_than_the_limit(most: int) -> None:
    served = ServerConnection({}, most_requests=most)
    opening = b"".join(
        pack_begin(number, 1, 1) + pack_record(PARAMS, number, BLOCK) for number in range(1, 200)
    )
    events = served.feed(opening)
    assert served.active == most
    status = 1 if most == 1 else 2
    assert events == [Reply(pack_end(number, 0, status), False) for number in range(most + 1, 200)]


@pytest.mark.parametrize("most", [1, 4])
def test_ids_are_16_bits_and_nothing_of_one_is_another(most: int) -> None:
    served = ServerConnection({}, most_requests=most)
    opening = client.begin_request(0x0102) + client.params(0x0102, BLOCK)
    served.feed(
        opening + client.stdin(0x0201, b"other") + client.stdin(0x0002, b"") + client.stdin(0x0100, b"")
    )
    assert served.feed(client.stdin(0x0102, b"mine") + client.stdin(0x0102, b"")) == [
        Request(0x0102, {"REQUEST_METHOD": "GET"}, True, b"mine", True)
    ]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_lighttpd_sends_an_authorizer_an_empty_body(count: int) -> None:
    data = pack_begin(1, AUTHORIZER, 0) + client.params(1, BLOCK) + client.stdin(1, b"") * count
    (event,) = ServerConnection({}).feed(data)
    assert event == Request(1, {"REQUEST_METHOD": "GET"}, False, b"", True, AUTHORIZER)


def test_a_repeated_end_of_a_stream_is_passed_over_on_both_sides() -> None:
    """wfastcgi ends STDOUT after the header block and after every chunk."""
    served = ServerConnection({})
    end = client.stdin(1, b"")
    assert len(served.feed(request(BLOCK) + end + pack_record(PARAMS, 1, b"") + end)) == 1
    stop = pack_record(STDOUT, 1, b"")
    data = stop + stdout(1, HEAD[:20]) + stop + stdout(1, HEAD[20:]) + stop + stdout(1, b"x") + stop + stop
    events = client.ResponseParser().feed(data + end_of_response(1))
    assert events[1:] == [client.Body(b"x"), client.End(0, 0)]


@pytest.mark.parametrize("head", [b"", b"Status: 500 Internal Server Error\r\n"])
def test_a_response_without_the_end_of_its_header_is_a_502_and_never_an_empty_page(head: bytes) -> None:
    """wfastcgi's own 500 has no empty line; nginx too makes a 502 of it."""
    with pytest.raises(RemoteProtocolError) as caught:
        client.ResponseParser().feed(stdout(1, head) + end_of_response(1))
    assert caught.value.status == 502


def test_a_connection_that_is_not_kept_closes_behind_the_last_of_its_requests() -> None:
    """nginx hangs when the app leaves such a connection open; others' requests must not be cut by it."""
    served = ServerConnection({}, most_requests=2)
    for number, keep in ((1, False), (2, True)):
        served.feed(
            client.begin_request(number, keep) + client.params(number, BLOCK) + client.stdin(number, b"")
        )
    assert served.done(1)
    assert not served.done(2)


def test_an_unknown_role_closes_only_when_nobody_else_is_served() -> None:
    served = ServerConnection({}, most_requests=2)
    served.feed(request(BLOCK))
    assert served.feed(pack_begin(2, 9, 0)) == [Reply(pack_end(2, 0, 3), False)]
    assert not served.done(1)
