"""Readers of responses, FastCGI and HTTP: whole, and one byte at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.client import ClientConnection
from webstead.formats.fastcgi.records import END_REQUEST, STDERR, STDOUT, pack_end, pack_record, pack_stream
from webstead.front.asgi import Headers
from webstead.front.fastcgi import FastCgiReader, opening, whole_response
from webstead.front.http1 import HttpReader, escaped_target, passed_headers, request_head
from webstead.front.upstream import Head, Lost, Reader, Verdict
from webstead.policies import Written


class Heard:
    """What a reader told."""

    def __init__(self) -> None:
        self.heads: list[tuple[int, object]] = []
        self.body = b""
        self.ends: list[bool] = []
        self.errors: list[bytes] = []
        self.verdicts: list[Verdict] = []
        self.continued = False
        self.trailers: Headers = []

    def on_continue(self) -> None:
        self.continued = True

    def on_head(self, head: Head) -> None:
        self.heads.append((head.status, head.message["headers"]))

    def on_body(self, data: bytes) -> None:
        assert data
        self.body += data

    def on_trailers(self, trailers: Headers) -> None:
        self.trailers = trailers

    def on_end(self, reusable: bool) -> None:
        self.ends.append(reusable)

    def on_refused(self, verdict: Verdict, reusable: bool) -> None:
        self.verdicts.append(verdict)
        self.ends.append(reusable)

    def on_whole(self, head: Head, body: bytes) -> None:
        self.on_head(head)
        self.body += body
        self.ends.append(True)

    def seen(self) -> tuple[object, ...]:
        return (self.heads, self.body, self.ends, self.errors)


def fed(data: bytes, size: int) -> Heard:
    heard = Heard()
    reader = FastCgiReader(heard, heard.errors.append)
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size])
    return heard


HEAD = b"Status: 201 Created\r\nContent-Type: text/plain\r\n\r\n"
END = pack_end(1, 0, 0)


def response(content: bytes) -> bytes:
    return pack_stream(STDOUT, 1, content) + pack_record(STDOUT, 1, b"") + END


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("body", [b"", b"hello", b"x" * 70_000])
def test_a_fastcgi_response(body: bytes, size: int) -> None:
    heard = fed(response(HEAD + body), size if size > 1 or len(body) < 100 else 997)
    assert heard.heads == [(201, [(b"content-type", b"text/plain"), (b"server", b"Webstead")])]
    assert heard.body == body
    assert heard.ends == [True]


@pytest.mark.parametrize("size", [1, 100_000])
def test_error_output_is_reported_by_line(size: int) -> None:
    data = pack_record(STDERR, 1, b"one\ntw") + pack_record(STDERR, 1, b"o\nthree") + response(HEAD)
    assert fed(data, size).errors == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x02" + response(HEAD)[1:],
        pack_end(1, 0, 0),
        pack_end(1, 0, 2),
        pack_end(1, 0, 1),
        pack_record(STDOUT, 7, HEAD),
        response(b"Status: 100\r\n\r\n"),
        response(b"no header\r\n\r\n"),
        response(b"Status: abc\r\n\r\n"),
        pack_record(END_REQUEST, 1, b"x"),
    ],
)
@pytest.mark.parametrize("size", [1, 100_000])
def test_what_is_no_fastcgi_response_is_a_lost_one(data: bytes, size: int) -> None:
    with pytest.raises(Lost):
        fed(data, size)


@pytest.mark.parametrize("size", [0, 10, 65_535, 65_536, 200_000])
@pytest.mark.parametrize("body", [None, b"", b"hello", b"x" * 70_000])
def test_a_request_opens_as_the_protocol_wants_it(size: int, body: bytes | None) -> None:
    connection = ClientConnection()
    block = b"p" * size
    expected = connection.begin(block)
    if body is not None:
        expected += (connection.body(body) if body else b"") + connection.body(b"")
    assert opening(block, body) == expected


def test_a_reader_serves_one_response_after_another() -> None:
    heard = Heard()
    reader = FastCgiReader(heard, heard.errors.append)
    for part in (
        response(HEAD + b"a"),
        response(HEAD + b"b")[:20],
        response(HEAD + b"b")[20:],
        response(HEAD + b"c"),
    ):
        reader.feed(part)
    assert heard.body == b"abc"
    assert heard.ends == [True, True, True]


TOLD = pack_record(STDERR, 1, b"the disk is full\n")


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("mode", "data", "status", "why", "detail"),
    [
        (None, TOLD + response(HEAD), 201, None, ""),
        (None, TOLD + END, None, None, ""),
        ("IgnoreAndReturn200", TOLD + response(HEAD), 201, None, ""),
        ("IgnoreAndReturn200", TOLD + END, 200, None, ""),
        ("IgnoreAndReturn200", END, None, None, ""),
        ("ReturnStdErrIn500", TOLD + response(HEAD), 500, None, "the disk is full\n"),
        ("ReturnStdErrIn500", TOLD + END, 500, None, "the disk is full\n"),
        ("ReturnStdErrIn500", response(HEAD), 201, None, ""),
        ("ReturnGeneric500", TOLD + response(HEAD), 500, None, ""),
        ("TerminateProcess", TOLD + response(HEAD), 500, "stderr", "the disk is full\n"),
        ("TerminateProcess", response(HEAD), 201, None, ""),
    ],
)
def test_what_an_error_stream_makes_of_a_response(
    mode: str | None, data: bytes, status: int | None, why: str | None, detail: str, size: int
) -> None:
    """status: of the head, or of what is said in its place; None for a response that is lost."""
    heard = Heard()
    written = None if mode is None else Written("stderrMode", mode, "web.config:3")
    reader = FastCgiReader(heard, heard.errors.append, written)
    lost = False
    try:
        for at in range(0, len(data), size):
            reader.feed(data[at : at + size])
    except Lost:
        lost = True
    found = heard.heads[0][0] if heard.heads else heard.verdicts[0].failure.status if heard.verdicts else None
    assert found == status
    assert [(each.why, each.failure.detail) for each in heard.verdicts] == (
        [(why, detail)] if status == 500 else []
    )
    assert lost == (status is None or why == "stderr" or (status == 500 and data == TOLD + END))
    if TOLD in data:
        assert heard.errors == [b"the disk is full"]


def test_the_next_response_is_judged_by_its_own_error_stream() -> None:
    heard = Heard()
    written = Written("stderrMode", "ReturnStdErrIn500", "web.config:3")
    reader = FastCgiReader(heard, heard.errors.append, written)
    for data in (TOLD + response(HEAD + b"a"), response(HEAD + b"b"), response(HEAD)[:9], response(HEAD)[9:]):
        reader.feed(data)
    assert len(heard.verdicts) == 1
    assert (heard.body, len(heard.heads), heard.ends) == (b"b", 2, [True, True, True])


heads = st.one_of(
    st.binary(max_size=60),
    st.builds(
        b"".join,
        st.lists(
            st.sampled_from([b"Status: 200 OK", b"X: y", b"Content-Length: 3", b"\r\n", b"\n", b"\r"]),
            max_size=9,
        ),
    ),
)


@given(heads, st.binary(max_size=20), st.booleans())
def test_reading_in_one_step_gives_what_the_parser_gives(head: bytes, body: bytes, ended: bool) -> None:
    content = head + b"\r\n\r\n" + body
    data = pack_stream(STDOUT, 1, content) + (pack_record(STDOUT, 1, b"") if ended else b"") + END
    try:
        slow = fed(data, 5).seen()
    except Lost:
        slow = ()
    try:
        fast = fed(data, len(data)).seen()
    except Lost:
        fast = ()
    assert fast == slow


@given(st.binary(max_size=200))
def test_any_bytes_are_a_response_or_a_lost_one(data: bytes) -> None:
    for size in (1, 13, 200):
        try:
            fed(data, size)
        except Lost:
            continue


def test_a_response_that_is_not_whole_is_left_to_the_parser() -> None:
    data = response(HEAD + b"hello")
    assert whole_response(data) is not None
    for cut in range(len(data)):
        assert whole_response(data[:cut]) is None


def test_a_second_response_that_nobody_asked_for_is_refused() -> None:
    heard = Heard()
    reader = FastCgiReader(heard, heard.errors.append)
    with pytest.raises(Lost):
        reader.feed(response(HEAD + b"a") + response(HEAD + b"b"))
    assert (heard.body, heard.ends) == (b"a", [True])


# HTTP


def read(data: bytes, size: int, *, head_only: bool = False, closed: bool = False) -> Heard:
    heard = Heard()
    reader: Reader = HttpReader(heard, head_only)
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size])
        if heard.ends and not closed:
            break
    if closed and not heard.ends:
        reader.finish()
    return heard


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize(
    ("data", "status", "body", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         b"2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n", 200, b"hi!", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    ],
)  # fmt: skip
def test_an_http_response(data: bytes, status: int, body: bytes, reusable: bool, size: int) -> None:
    heard = read(data, size)
    assert [given for given, _ in heard.heads] == [status]
    assert heard.body == body
    assert heard.ends == [reusable]


@pytest.mark.parametrize("size", [1, 10_000])
def test_a_response_without_length_ends_with_the_connection(size: int) -> None:
    heard = read(b"HTTP/1.1 200 OK\r\n\r\nhello", size, closed=True)
    assert (heard.body, heard.ends) == (b"hello", [False])


@pytest.mark.parametrize("size", [1, 10_000])
def test_a_response_to_head_has_no_body(size: int) -> None:
    heard = read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", size, head_only=True)
    assert (heard.body, heard.ends) == (b"", [True])


def test_bytes_behind_a_response_make_the_connection_useless() -> None:
    heard = read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n", 10_000)
    assert heard.ends[-1] is False


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi",
        b"HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 099 Early\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
    ],
)
def test_what_is_no_http_response_is_a_lost_one(data: bytes) -> None:
    with pytest.raises(Lost):
        read(data, 10_000, closed=True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "more", [b"0\r\n" + b"X: y\r\n" * 50_000, b"1;" + b"x" * 200_000, b"0\r\nX: " + b"y" * 200_000]
)
def test_trailers_and_chunk_extensions_have_an_end(more: bytes) -> None:
    with pytest.raises(Lost):
        read(CHUNKED + b"3\r\nabc\r\n" + more, 10_000, closed=False)


def test_trailers_are_told_but_for_those_that_control_the_message() -> None:
    trailers = b"X-Sum: 1\r\nCache-Control: no-store\r\nSet-Cookie: a=b\r\nConnection: x\r\nX_Sum: 2\r\n"
    heard = read(CHUNKED + b"3\r\nabc\r\n0\r\n" + trailers + b"\r\n", 7, closed=False)
    assert (heard.body, heard.ends, heard.trailers) == (b"abc", [True], [(b"x-sum", b"1")])


@given(st.binary(max_size=120))
def test_any_bytes_are_an_http_response_or_a_lost_one(data: bytes) -> None:
    for prefix in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        outcomes: list[bytes] = []
        for size in (1, 50, 500):
            try:
                outcomes.append(read(prefix + data, size, closed=True).body)
            except Lost:
                outcomes.append(b"lost")
        assert len(set(outcomes)) == 1


def headers_sent(headers: dict[bytes, bytes], behind_proxy: bool = False) -> dict[bytes, bytes]:
    sent = passed_headers(
        headers,
        host=b"site.test",
        client="9.9.9.9",
        scheme="http",
        behind_proxy=behind_proxy,
        original_url=None,
    )
    return dict(sent)


def test_hop_by_hop_request_headers_stay_behind() -> None:
    sent = headers_sent(
        {
            b"connection": b"keep-alive, x-hop",
            b"x-hop": b"1",
            b"te": b"trailers",
            b"upgrade": b"h2c",
            b"transfer-encoding": b"chunked",
            b"content-length": b"5",
            b"x_bad": b"1",
            b"proxy": b"x",
            b"x-original-url": b"/admin",
            b"accept": b"*/*",
        }
    )
    assert set(sent) == {b"accept", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"}


def test_a_stranger_s_word_on_scheme_and_host_is_not_passed_on() -> None:
    said = {b"x-forwarded-for": b"1.1.1.1", b"x-forwarded-proto": b"https", b"x-forwarded-host": b"evil.test"}
    assert headers_sent(said) == {
        b"x-forwarded-for": b"1.1.1.1, 9.9.9.9",
        b"x-forwarded-proto": b"http",
        b"x-forwarded-host": b"site.test",
    }


def test_a_local_proxy_s_word_is() -> None:
    said = {b"x-forwarded-proto": b"https", b"x-forwarded-host": b"public.test"}
    sent = headers_sent(said, behind_proxy=True)
    assert sent[b"x-forwarded-proto"] == b"https"
    assert sent[b"x-forwarded-host"] == b"public.test"


@pytest.mark.parametrize(
    ("length", "framing"), [(-1, b""), (0, b"content-length: 0\r\n"), (5, b"content-length: 5\r\n"),
                            (None, b"transfer-encoding: chunked\r\n")],
)  # fmt: skip
def test_a_request_has_one_framing_at_most(length: int | None, framing: bytes) -> None:
    head = request_head("POST", b"/a?b", b"site.test", [(b"accept", b"*/*")], length)
    assert head == b"POST /a?b HTTP/1.1\r\nhost: site.test\r\naccept: */*\r\n" + framing + b"\r\n"


def test_a_rewritten_target_is_escaped_again() -> None:
    assert escaped_target("/a b/\u00e9?#", b"x=1") == b"/a%20b/%C3%A9%3F%23?x=1"


pieces = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 103 Early\r\n",
                b"HTTP/1.1 100 Continue\r\n", b"HTTP/1.1 101 Switching Protocols\r\n",
                b"HTTP/1.1 204 No Content\r\n", b"Content-Length: 5\r\n",
                b"Transfer-Encoding: chunked\r\n", b"Connection: Upgrade\r\n", b"Upgrade: websocket\r\n",
                b"X: y\r\n", b"\r\n", b"hello", b"5\r\nhello\r\n", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n",
                b"\n", b"HTTP/1.1 ",
            ]
        ),
        st.binary(max_size=4),
    ),
    max_size=12,
)  # fmt: skip


def outcome(data: bytes, size: int, upgrades: bool) -> tuple[object, ...]:
    """What is told of a connection that gives these bytes and ends. A connection that is not used again may
    say so once more."""
    heard = Heard()
    reader = HttpReader(heard, head_only=False, upgrades=upgrades)
    lost = False
    try:
        for at in range(0, len(data), size):
            reader.feed(data[at : at + size])
            if heard.ends:
                break
        if not heard.ends:
            reader.finish()
    except Lost:
        lost = True
    return heard.heads, heard.body, lost, heard.continued


@given(pieces, st.booleans())
def test_how_a_response_is_cut_changes_nothing(given: list[bytes], upgrades: bool) -> None:
    data = b"".join(given)
    heads, body, lost, continued = outcome(data, 1, upgrades)
    for size in (2, 7, len(data) or 1):
        other_heads, other_body, other_lost, other_continued = outcome(data, size, upgrades)
        assert (other_heads, other_lost, other_continued) == (heads, lost, continued)
        assert other_body == body or lost
