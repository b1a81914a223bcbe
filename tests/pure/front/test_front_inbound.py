"""The parser of requests: what it hands on, what it refuses, and that cuts change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from unittest.mock import patch

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.front import inbound as module
from webstead.front.inbound import Inbound, Malformed, RequestParser
from webstead.front.limits import HEADER_BYTES, HEADERS

HOST = b"Host: a\r\n"


@dataclass
class Heard:
    """What came of some bytes: the requests, with all that came of their bodies, or the refusal behind
    them."""

    requests: list[Inbound] = field(default_factory=list)
    refusal: int = 0
    why: str = ""
    in_head: bool = False

    def seen(self) -> tuple[object, ...]:
        return ([_values(each) for each in self.requests], self.refusal, self.in_head)


def _values(inbound: Inbound) -> tuple[object, ...]:
    return (
        (inbound.method, inbound.raw_path, inbound.query, inbound.version, inbound.headers),
        (inbound.complete, inbound.closes, inbound.expects, inbound.websocket),
        (b"".join(inbound.body), inbound.held, inbound.trailers),
    )


def heard(*parts: bytes) -> Heard:
    result = Heard()
    parser = RequestParser(result.requests.append)
    try:
        for part in parts:
            parser.feed(part)
    except Malformed as malformed:
        result.refusal, result.why = malformed.status, malformed.why
    else:
        result.in_head = parser.in_head
    return result


def one(data: bytes) -> Inbound:
    found = heard(data)
    assert (len(found.requests), found.refusal) == (1, 0), found
    return found.requests[0]


def head(*lines: bytes, first: bytes = b"GET / HTTP/1.1") -> bytes:
    return b"".join(line + b"\r\n" for line in (first, b"Host: a", *lines, b""))


def chunked(body: bytes) -> bytes:
    return head(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.1") + body


# Heads


def test_a_request_without_a_body() -> None:
    found = one(b"GET /a%20b?c=d?e HTTP/1.1\r\nHost: a\r\nX-Two:\t b c \t\r\nX-Empty:\r\n\r\n")
    assert (found.method, found.raw_path, found.query, found.version) == ("GET", b"/a%20b", b"c=d?e", "1.1")
    assert found.headers == [(b"host", b"a"), (b"x-two", b"b c"), (b"x-empty", b"")]
    assert found.complete
    assert not found.closes
    assert not found.expects
    assert not found.websocket


def test_headers_stay_in_order_and_are_not_joined() -> None:
    found = one(head(b"Cookie: a", b"X: 1", b"cookie: b"))
    assert found.headers == [(b"host", b"a"), (b"cookie", b"a"), (b"x", b"1"), (b"cookie", b"b")]


def test_any_method_and_bytes_beyond_ascii() -> None:
    found = one(b"M-SEARCH!~ /\xc3\xa4?\xff HTTP/1.1\r\nX: \xe4\r\n\r\n")
    assert (found.method, found.raw_path, found.query) == ("M-SEARCH!~", b"/\xc3\xa4", b"\xff")
    assert found.headers == [(b"x", b"\xe4")]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_empty_lines_before_a_request_are_passed_over(count: int) -> None:
    data = b"\r\n" * count + head()
    assert one(data).complete
    assert heard(data + data).seen() == heard(*(data[i : i + 1] for i in range(len(data))), data).seen()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\n", 400),
        (b"\rGET", 400),
        (b"\r\r", 400),
        (b" GET", 400),
        (b"\x16\x03\x01\x02", 400),  # TLS
        (b"\x00", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\n\r\n", 505),
        (b"GET / HTTP/1\r\n\r\n", 400),
        (b"GET / HTTP/1.10\r\n\r\n", 400),
        (b"GET / http/1.1\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1 \r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\n\r\n", 400),
        (b"GET /\x7f HTTP/1.1\r\n\r\n", 400),
        (b"GE(T / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\rc", 400),
        (b"GET / HTTP/1.1\r\nA: b\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n A: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\xe4: b\r\n\r\n", 400),
    ],
)
def test_what_is_no_head_is_refused(data: bytes, status: int) -> None:
    found = heard(data)
    assert (found.requests, found.refusal) == ([], status)
    assert found.seen() == heard(*_bytes(data)).seen()


def _bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def test_a_head_that_is_not_whole_is_seen() -> None:
    assert not heard(b"").in_head
    assert heard(b"G").in_head
    assert heard(head()[:-1]).in_head
    assert not heard(head()).in_head
    assert heard(head() + b"G").in_head
    assert not heard(head(b"Content-Length: 2") + b"G").in_head


def _head_of(size: int) -> bytes:
    """A head whose last line ends at this byte."""
    bare = b"GET / HTTP/1.1\r\nA: "
    return bare + b"x" * (size - len(bare)) + b"\r\n\r\n"


def test_the_longest_head() -> None:
    longest, longer = _head_of(HEADER_BYTES), _head_of(HEADER_BYTES + 1)
    for cut in (0, 1, HEADER_BYTES, len(longest) - 2, len(longest) - 1):
        assert len(heard(longest[:cut], longest[cut:]).requests) == 1
        assert heard(longer[:cut], longer[cut:]).refusal == 431
    assert heard(b"G" * (HEADER_BYTES - 1)).refusal == 0
    assert heard(b"G" * (HEADER_BYTES + 4)).refusal == 431


def test_the_most_headers() -> None:
    first = b"GET / HTTP/1.1\r\n"
    assert len(one(first + b"A: b\r\n" * HEADERS + b"\r\n").headers) == HEADERS
    assert heard(first + b"A: b\r\n" * (HEADERS + 1) + b"\r\n").refusal == 431


# Targets


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"http://b/c?d", b"/c", b"d", b"b"),
        (b"HTTPS://b:81/c", b"/c", b"", b"b:81"),
        (b"http://b", b"/", b"", b"b"),
        (b"http://b?d", b"/", b"d", b"b"),
        (b"http://b/c#d?e", b"/c", b"", b"b"),
        (b"/c?d#e?f", b"/c", b"d", b"a"),
        (b"/#", b"/", b"", b"a"),
        (b"//b/c", b"//b/c", b"", b"a"),
    ],
)
def test_targets(target: bytes, path: bytes, query: bytes, host: bytes) -> None:
    found = one(head(first=b"GET %b HTTP/1.1" % target))
    assert (found.raw_path, found.query, found.headers) == (path, query, [(b"host", host)])


def test_options_of_the_whole_server() -> None:
    found = one(head(first=b"OPTIONS * HTTP/1.1"))
    assert (found.method, found.raw_path) == ("OPTIONS", b"*")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET *", 400),
        (b"OPTIONS *?", 400),
        (b"GET a/b", 400),
        (b"GET #", 400),
        (b"GET ?a", 400),
        (b"GET ftp://b/c", 400),
        (b"GET http:/c", 400),
        (b"GET b:80", 400),
        (b"CONNECT b:80", 405),
        (b"CONNECT /", 405),
        (b"CONNECT http://b/", 405),
    ],
)
def test_refused_targets(line: bytes, status: int) -> None:
    assert heard(head(first=line + b" HTTP/1.1")).refusal == status


# What the headers say of the connection


@pytest.mark.parametrize(
    ("version", "lines", "closes"),
    [
        (b"1.1", [], False),
        (b"1.1", [b"Connection: close"], True),
        (b"1.1", [b"Connection: foo, Close"], True),
        (b"1.1", [b"Connection: keep-alive"], False),
        (b"1.1", [b"Connection: close", b"Connection: keep-alive"], True),
        (b"1.1", [b"Connection: keep-alive, close"], True),
        (b"1.9", [], False),
        (b"1.0", [], True),
        (b"1.0", [b"Connection: Keep-Alive"], False),
        (b"1.0", [b"Connection: keep-alive", b"Connection: close"], True),
        (b"1.0", [b"Connection: foo"], True),
    ],
)
def test_whether_the_connection_stays(version: bytes, lines: list[bytes], closes: bool) -> None:
    found = one(head(*lines, first=b"GET / HTTP/" + version))
    assert found.closes is closes
    assert found.version == ("1.0" if version == b"1.0" else "1.1")


@pytest.mark.parametrize(
    ("version", "value", "expects"),
    [(b"1.1", b"100-Continue", True), (b"1.1", b"something", False), (b"1.0", b"100-continue", False)],
)
def test_a_client_that_waits_for_leave_to_send(version: bytes, value: bytes, expects: bool) -> None:
    first = b"POST / HTTP/" + version
    assert one(head(b"Content-Length: 1", b"Expect: " + value, first=first)).expects is expects


ASKS = [
    b"Connection: keep-alive, Upgrade",
    b"Upgrade: WebSocket",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Version: 13",
]


@pytest.mark.parametrize("more", [[], [b"Content-Length: 0"], [b"Connection: x"]])
def test_all_that_follows_a_websockets_head_is_raw(more: list[bytes]) -> None:
    found = one(head(*ASKS, *more) + b"\x81\x00" + head())
    assert found.websocket
    assert not found.complete
    assert found.take() == b"\x81\x00" + head()
    assert (found.take(), found.held) == (b"", 0)


@pytest.mark.parametrize("number", range(4))
def test_each_condition_of_a_websocket_counts(number: int) -> None:
    assert not one(head(*ASKS[:number], *ASKS[number + 1 :])).websocket


@pytest.mark.parametrize(
    ("first", "changed"),
    [
        (b"POST / HTTP/1.1", {}),
        (b"GET / HTTP/1.0", {}),
        (b"GET / HTTP/1.1", {1: b"Upgrade: h2c"}),
        (b"GET / HTTP/1.1", {3: b"Sec-WebSocket-Version: 8"}),
        (b"GET / HTTP/1.1", {0: b"Connection: x-upgrade"}),
    ],
)
def test_other_upgrades_are_plain_requests(first: bytes, changed: dict[int, bytes]) -> None:
    lines = [changed.get(number, line) for number, line in enumerate(ASKS)]
    assert not one(head(*lines, first=first)).websocket


@pytest.mark.parametrize("framing", [b"Content-Length: 3", b"Transfer-Encoding: chunked"])
def test_an_upgrade_with_a_body_is_a_plain_request(framing: bytes) -> None:
    found = one(head(*ASKS, framing) + (b"abc" if b"3" in framing else b"3\r\nabc\r\n0\r\n\r\n"))
    assert not found.websocket
    assert (found.take(), found.complete) == (b"abc", True)


# Bodies


def test_a_body_of_a_length() -> None:
    found = heard(head(b"Content-Length: 5") + b"abc").requests[0]
    assert (found.complete, found.held) == (False, 3)
    found = one(head(b"Content-Length: 5") + b"abcde")
    assert (found.complete, found.take()) == (True, b"abcde")


@pytest.mark.parametrize(
    "lines", [[b"Content-Length: 0"], [b"Content-Length: 000"], [b"Content-Length:0"] * 2]
)
def test_an_empty_body(lines: list[bytes]) -> None:
    assert one(head(*lines)).complete


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([b"Content-Length: 1", b"Content-Length: 2"], 400),
        ([b"Content-Length: 1", b"Content-Length: 01"], 400),
        ([b"Content-Length: 1, 1"], 400),
        ([b"Content-Length: +1"], 400),
        ([b"Content-Length: -1"], 400),
        ([b"Content-Length: 1 1"], 400),
        ([b"Content-Length: 0x1"], 400),
        ([b"Content-Length: \xb2"], 400),
        ([b"Content-Length:"], 400),
        ([b"Content-Length: " + b"1" * 19], 400),
        ([b"Transfer-Encoding: chunked", b"Content-Length: 1"], 400),
        ([b"Content-Length: 0", b"Transfer-Encoding: chunked"], 400),
        ([b"Transfer-Encoding: gzip, chunked"], 501),
        ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"], 501),
        ([b"Transfer-Encoding: identity"], 501),
        ([b"Transfer-Encoding: \x0bchunked"], 400),
        ([b"Transfer-Encoding:"], 501),
    ],
)
def test_refused_framings(lines: list[bytes], status: int) -> None:
    found = heard(head(*lines, first=b"POST / HTTP/1.1") + b"x")
    assert (found.requests, found.refusal) == ([], status)


def test_chunks_are_not_of_http_1_0() -> None:
    assert heard(head(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.0")).refusal == 400


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"0\r\n\r\n", b""),
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n", b"abc0123456789"),
        (b'3;a=b\r\nabc\r\n0 \t; c="d\xe4"\r\n\r\n', b"abc"),
        (b"3\r\n\r\n\r\r\n0\r\n\r\n", b"\r\n\r"),
        (b"1\r\na\r\n0\r\nA: b\r\nC:\r\n\r\n", b"a"),
        (b"1" + b";" + b"x" * 4094 + b"\r\na\r\n0\r\n\r\n", b"a"),
    ],
)
def test_chunks(body: bytes, content: bytes) -> None:
    data = chunked(body)
    found = one(data)
    assert (found.take(), found.complete) == (content, True)
    assert heard(data).seen() == heard(*_bytes(data)).seen()
    assert len(heard(data + head()).requests) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\r\n", 400),
        (b"g\r\n", 400),
        (b"-1\r\n", 400),
        (b"0x1\r\n", 400),
        (b" 1\r\n", 400),
        (b"1 \r\n", 400),
        (b"1\n", 400),
        (b"1;\n", 400),
        (b"1\rx", 400),
        (b"1;\x00\r\n", 400),
        (b"1" * 16 + b"\r\n", 400),
        (b"1;" + b"x" * 4095 + b"\r\n", 400),
        (b"1;" + b"x" * 5000, 400),
        (b"1\r\nab\r\n", 400),
        (b"1\r\na\n", 400),
        (b"1\r\na\rb", 400),
        (b"0\r\nA\r\n", 400),
        (b"0\r\nA : b\r\n", 400),
        (b"0\r\n A: b\r\n", 400),
        (b"0\r\nA: b\n", 400),
        (b"0\r\nA: b\r\r\n", 400),
        (b"0\r\n\n", 400),
        (b"0\r\nA: " + b"x" * HEADER_BYTES, 431),
        (b"0\r\n" + b"A: b\r\n" * (HEADERS + 1), 431),
        (b"0\r\n" + (b"A: " + b"x" * 1000 + b"\r\n") * (HEADER_BYTES // 1005 + 1), 431),
    ],
)
def test_refused_chunks(body: bytes, status: int) -> None:
    found = heard(chunked(body))
    assert (len(found.requests), found.refusal) == (1, status)
    assert not found.requests[0].complete
    if len(body) < 10_000:
        assert found.seen() == heard(*_bytes(chunked(body))).seen()


def test_trailers_are_kept() -> None:
    found = one(chunked(b"1\r\na\r\n0\r\nX-One: \t1 \r\nx-two:\r\nX-One:2\r\n\r\n"))
    assert found.trailers == [(b"x-one", b"1"), (b"x-two", b""), (b"x-one", b"2")]
    assert len(one(chunked(b"0\r\n" + b"A: b\r\n" * HEADERS + b"\r\n")).trailers) == HEADERS


def test_a_head_that_comes_again_is_another_request() -> None:
    data = chunked(b"1\r\na\r\n0\r\nX: y\r\n\r\n")
    first, second, third = heard(data + data, chunked(b"0\r\n\r\n")).requests
    assert (first.trailers, second.trailers, third.trailers) == ([(b"x", b"y")], [(b"x", b"y")], [])
    assert (first.take(), second.take(), third.take()) == (b"a", b"a", b"")
    assert first.headers == third.headers
    assert third.complete


def test_requests_behind_each_other() -> None:
    found = heard(
        head(b"Content-Length: 2") + b"ab" + chunked(b"1\r\nc\r\n0\r\n\r\n") + b"\r\n" + head() + b"G"
    )
    assert [each.take() for each in found.requests] == [b"ab", b"c", b""]
    assert all(each.complete for each in found.requests)
    assert found.in_head


def test_requests_before_a_malformed_one_are_handed_on() -> None:
    found = heard(head() + head(b"Content-Length: 1") + b"a" + b"\x00")
    assert len(found.requests) == 2
    assert found.refusal == 400


# Any bytes, cut anywhere

PIECES = [
    b"GET / HTTP/1.1\r\n",
    b"POST /a?b HTTP/1.1\r\n",
    b"GET /b HTTP/1.0\r\n",
    b"GET http://b/c#d HTTP/1.1\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: Upgrade, close\r\n",
    b"A: b\r\n",
    HOST,
    b"\r\n",
    b"\r\n\r\n",
    b"\r",
    b"\n",
    b"abc",
    b"3\r\nabc\r\n",
    b"3;x\r\n",
    b"0\r\n\r\n",
    b"0\r\nA: b\r\n\r\n",
    b"x" * 30,
    b"".join(line + b"\r\n" for line in ASKS),
]
STREAMS = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=14).map(b"".join)


@contextmanager
def small_limits() -> Iterator[None]:
    """Limits that the bytes of a test reach."""
    with (
        patch.object(module, "HEADER_BYTES", 60),
        patch.object(module, "HEADERS", 3),
        patch.object(module, "_LONGEST_CHUNK_LINE", 20),
    ):
        yield


@given(STREAMS, st.lists(st.integers(0, 300), max_size=6), st.booleans())
@example(chunked(b"0\r\n" + b"A" * 58 + b"\r\n"), [], True)
@example(chunked(b"1;" + b"x" * 18 + b"\r\na\r\n"), [], True)
def test_cuts_change_nothing(data: bytes, cuts: list[int], small: bool) -> None:
    edges = [0, *sorted(cuts), len(data)]
    parts = [data[first:last] for first, last in pairwise(edges)]
    if not small:
        assert heard(data).seen() == heard(*_bytes(data)).seen() == heard(*parts).seen()
        return
    with small_limits():
        assert heard(data).seen() == heard(*_bytes(data)).seen() == heard(*parts).seen()


fuzzed = fuzz_target("fuzz_http_request")


@given(st.lists(st.integers(0, 255), max_size=15), STREAMS)
def test_the_fuzz_target(cuts: list[int], data: bytes) -> None:
    fuzzed(bytes([len(cuts), *cuts]) + data)


@given(st.binary(max_size=200))
def test_any_bytes_are_requests_or_malformed(data: bytes) -> None:
    assert heard(data).refusal in (0, 400, 405, 431, 501, 505)


# Beside another parser


class Other:
    """llhttp's reading of the same bytes."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]] = []
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.url, self.headers, self.body = b"", list[tuple[bytes, bytes]](), b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.rstrip(b" \t")))  # which it leaves to its user

    def on_headers_complete(self) -> None:
        self.head_headers = list(self.headers)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.requests.append((self.parser.get_method(), self.url, self.head_headers, self.body))


TOKEN = st.text("abcXYZ019-_!", min_size=1, max_size=8).map(str.encode)
VALUE = st.text('abc 09;=,"\t/', max_size=12).map(lambda text: text.strip(" \t").encode())
TARGET = st.text("abc/%20?=&.:@;+", max_size=20).map(lambda text: b"/" + text.encode())
FIELD = st.tuples(TOKEN.map(lambda name: b"X-" + name), VALUE)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request that is right, in one of the ways to write it."""
    method = draw(st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"M-SEARCH", b"PATCH"]))
    fields = [(b"Host", b"a"), *draw(st.lists(FIELD, max_size=4))]
    body = b""
    framing = draw(st.sampled_from(["none", "length", "chunks"]))
    if framing == "length":
        body = draw(st.binary(max_size=40))
        fields.append((b"Content-Length", b"%d" % len(body)))
    elif framing == "chunks":
        fields.append((b"transfer-encoding", b"chunked"))
        parts = draw(st.lists(st.binary(min_size=1, max_size=20), max_size=3))
        body = b"".join(b"%x%b\r\n%b\r\n" % (len(part), draw(EXTENSION), part) for part in parts)
        body += b"0\r\n" + draw(st.sampled_from([b"", b"X-End: 1\r\n"])) + b"\r\n"
    space = draw(st.sampled_from([b"", b" ", b" \t"]))
    lines = b"".join(
        name + b":" + space + value + (space if name[:1] == b"X" else b"") + b"\r\n" for name, value in fields
    )  # behind a Transfer-Encoding llhttp takes no space
    return method + b" " + draw(TARGET) + b" HTTP/1.1\r\n" + lines + b"\r\n" + body


EXTENSION = st.sampled_from([b"", b";a", b";a=b"])


@given(st.lists(requests(), min_size=1, max_size=3))
def test_right_requests_are_read_as_llhttp_reads_them(stream: list[bytes]) -> None:
    data = b"".join(stream)
    found, other = heard(data), Other()
    other.parser.feed_data(data)
    assert found.refusal == 0
    assert len(found.requests) == len(stream)
    ours = [
        (each.method.encode(), _target(each), each.headers, b"".join(each.body)) for each in found.requests
    ]
    assert ours == [(method, url.rstrip(b"?"), *rest) for method, url, *rest in other.requests]


def _target(inbound: Inbound) -> bytes:
    target = inbound.raw_path + (b"?" + inbound.query if inbound.query else b"")
    return target.rstrip(b"?")


@given(STREAMS)
def test_what_we_accept_llhttp_reads_with_the_same_bodies(data: bytes) -> None:
    """The other way round: of odd bytes, too, whoever reads them behind us sees no other requests."""
    found, other = heard(data), Other()
    plain = [each for each in found.requests if not each.websocket]
    if found.refusal or found.in_head or plain != found.requests or not all(each.complete for each in plain):
        return
    try:
        other.parser.feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return  # it takes less than we do
    bodies = [body for _, _, _, body in other.requests]
    closing = next((at for at, each in enumerate(plain) if each.closes), len(plain))
    assert bodies == [b"".join(each.body) for each in plain][: closing + 1]
