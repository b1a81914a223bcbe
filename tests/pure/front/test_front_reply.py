"""One response as bytes: its framing as a table, and read back by another parser."""

from __future__ import annotations

from collections.abc import Mapping

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.asgi import Headers
from webstead.front.reply import Reply, Start, Unsendable, encoded_head

DATE = b"date: now\r\n"
KEEP = b"connection: keep-alive\r\n"
CLOSE = b"connection: close\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
LENGTH = (b"content-length", b"3")


def message(status: int = 200, *headers: tuple[bytes, bytes]) -> Mapping[str, object]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def written(reply: Reply, start: Mapping[str, object], *parts: bytes) -> bytes:
    """All bytes of a response; the last part ends it."""
    reply.start(start)
    data = [reply.body(part, True, DATE) for part in parts[:-1]]
    return b"".join([*data, reply.body(parts[-1], False, DATE)])


@pytest.mark.parametrize(
    ("method", "version", "start", "parts", "framing", "body", "closes"),
    [
        ("GET", "1.1", message(), [b"abc"], b"content-length: 3\r\n", b"abc", False),
        ("GET", "1.1", message(), [b""], b"content-length: 0\r\n", b"", False),
        ("GET", "1.1", message(200, LENGTH), [b"abc"], b"content-length: 3\r\n" + DATE, b"abc", False),
        (
            "GET",
            "1.1",
            message(200, LENGTH),
            [b"a", b"bc", b""],
            b"content-length: 3\r\n" + DATE,
            b"abc",
            False,
        ),
        ("GET", "1.1", message(), [b"a", b"bc"], CHUNKED, b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", False),
        ("GET", "1.1", message(), [b"", b""], CHUNKED, b"0\r\n\r\n", False),
        (
            "GET",
            "1.1",
            message(),
            [b"x" * 16, b"", b""],
            CHUNKED,
            b"10\r\n%b\r\n0\r\n\r\n" % (b"x" * 16),
            False,
        ),
        ("GET", "1.0", message(), [b"abc"], b"content-length: 3\r\n" + KEEP, b"abc", False),
        (
            "GET",
            "1.0",
            message(200, LENGTH),
            [b"a", b"bc"],
            b"content-length: 3\r\n" + DATE + KEEP,
            b"abc",
            False,
        ),
        ("GET", "1.0", message(), [b"a", b"bc"], CLOSE, b"abc", True),
        ("HEAD", "1.1", message(), [b"abc"], b"", b"", False),
        ("HEAD", "1.1", message(200, LENGTH), [b""], b"content-length: 3\r\n" + DATE, b"", False),
        ("HEAD", "1.1", message(), [b"a", b"b"], b"", b"", False),
        ("HEAD", "1.0", message(), [b""], KEEP, b"", False),
        ("GET", "1.1", message(204, LENGTH), [b""], b"", b"", False),
        ("GET", "1.1", message(204), [b"abc", b"d"], b"", b"", False),
        ("GET", "1.1", message(304, LENGTH), [b"abc"], b"", b"", False),
        ("GET", "1.0", message(304), [b""], KEEP, b"", False),
        (
            "GET",
            "1.1",
            message(200, (b"connection", b"close")),
            [b""],
            b"content-length: 0\r\n" + CLOSE,
            b"",
            True,
        ),
        (
            "GET",
            "1.0",
            message(200, (b"connection", b"close")),
            [b""],
            b"content-length: 0\r\n" + CLOSE,
            b"",
            True,
        ),
        (
            "GET",
            "1.1",
            message(200, (b"transfer-encoding", b"chunked")),
            [b"a"],
            b"content-length: 1\r\n",
            b"a",
            False,
        ),
    ],
)
def test_framing(
    method: str,
    version: str,
    start: Mapping[str, object],
    parts: list[bytes],
    framing: bytes,
    body: bytes,
    closes: bool,
) -> None:
    reply = Reply(method, version, closes=False)
    data = written(reply, start, *parts)
    first, _, rest = data.partition(b"\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % start["status"] if isinstance(start["status"], int) else b"")
    assert rest == (framing if DATE in framing else DATE + framing) + b"\r\n" + body
    assert (reply.started, reply.ended, reply.closes) == (True, True, closes)


def test_a_connection_that_ends_in_any_case_says_so() -> None:
    for method, status in (("GET", 200), ("HEAD", 200), ("GET", 204), ("GET", 304)):
        reply = Reply(method, "1.1", closes=True)
        assert CLOSE in written(reply, message(status), b"")
        assert reply.closes


def test_the_date_of_the_app_is_kept() -> None:
    data = written(Reply("GET", "1.1", closes=False), message(200, (b"date", b"then")), b"")
    assert data == b"HTTP/1.1 200 OK\r\ndate: then\r\ncontent-length: 0\r\n\r\n"


def test_a_status_without_a_name() -> None:
    assert written(Reply("GET", "1.1", closes=False), message(599), b"").startswith(b"HTTP/1.1 599 \r\n")


def test_what_follows_the_switch_to_a_websocket_is_raw() -> None:
    reply = Reply("GET", "1.1", closes=False)
    data = written(reply, message(101, (b"sec-websocket-accept", b"x")), b"\x81", b"\x00")
    head, _, rest = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\n")
    assert head.endswith(b"\r\nconnection: upgrade\r\nupgrade: websocket")
    assert head.count(b"upgrade: ") == 1
    assert rest == b"\x81\x00"
    assert reply.closes


def test_a_response_is_written_with_its_body() -> None:
    reply = Reply("GET", "1.1", closes=False)

    def state() -> tuple[bool, bool]:
        return reply.started, reply.ended

    reply.start(message())
    assert state() == (False, False)
    assert reply.body(b"", True, DATE).endswith(b"\r\n\r\n")
    assert state() == (True, False)
    reply.body(b"", False, DATE)
    assert state() == (True, True)


@pytest.mark.parametrize("parts", [[b"ab"], [b"abcd"], [b"ab", b"cd"], [b""], [b"abc", b"d"]])
def test_a_body_is_as_long_as_its_length(parts: list[bytes]) -> None:
    with pytest.raises(Unsendable, match="Content-Length"):
        written(Reply("GET", "1.1", closes=False), message(200, LENGTH), *parts)


def test_a_response_begins_once() -> None:
    reply = Reply("GET", "1.1", closes=False)
    reply.start(message())
    with pytest.raises(Unsendable, match="has begun"):
        reply.start(message())
    reply.body(b"", False, DATE)
    with pytest.raises(Unsendable, match="has begun"):
        reply.start(message())


def test_a_response_begins_before_its_body() -> None:
    with pytest.raises(Unsendable, match="no head"):
        Reply("GET", "1.1", closes=False).body(b"", False, DATE)
    with pytest.raises(Unsendable, match="no head"):
        Reply("GET", "1.1", closes=False).file(1, DATE)


@pytest.mark.parametrize("parts", [[b""], [b"a", b"b"]])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_follows_the_end(method: str, parts: list[bytes]) -> None:
    reply = Reply(method, "1.1", closes=False)
    written(reply, message(), *parts)
    for more in (True, False):
        with pytest.raises(Unsendable, match="has ended"):
            reply.body(b"", more, DATE)
    with pytest.raises(Unsendable, match="has begun"):
        reply.file(3, DATE)


@pytest.mark.parametrize(
    "header",
    [
        (b"a", b"b\r\nc: d"),
        (b"a", b"b\n"),
        (b"a", b"b\r"),
        (b"a", b"b\0"),
        (b"a\r\nb", b"c"),
        (b"a\n", b"b"),
    ],
)
def test_a_line_end_in_a_header_is_refused(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(Unsendable, match="line end"):
        encoded_head(200, [header])
    with pytest.raises(Unsendable, match="line end"):
        Start(200, [header])
    reply = Reply("GET", "1.1", closes=False)
    reply.start(message(200, header))
    with pytest.raises(Unsendable, match="line end"):
        reply.body(b"", False, DATE)


@pytest.mark.parametrize(
    ("method", "version", "headers", "body"),
    [
        ("GET", "1.1", [], b"3\r\nabc\r\n0\r\nx: y\r\nz: \r\n\r\n"),
        ("GET", "1.1", [LENGTH], b"abc"),
        ("GET", "1.0", [], b"abc"),
        ("HEAD", "1.1", [], b""),
    ],
)
def test_trailers_are_written_behind_chunks_alone(
    method: str, version: str, headers: Headers, body: bytes
) -> None:
    reply = Reply(method, version, closes=False)
    reply.start(message(200, *headers))
    data = reply.body(b"abc", False, DATE, [(b"x", b"y"), (b"z", b"")])
    assert data.partition(b"\r\n\r\n")[2] == body
    assert reply.ended


@pytest.mark.parametrize(
    "trailer", [(b"a", b"b\r\n\r\nHTTP/1.1"), (b"a\n", b"b"), (b"a", b"\r"), (b"a", b"\0")]
)
def test_a_line_end_in_a_trailer_is_refused(trailer: tuple[bytes, bytes]) -> None:
    reply = Reply("GET", "1.1", closes=False)
    reply.start(message())
    with pytest.raises(Unsendable, match="line end"):
        reply.body(b"abc", False, DATE, [trailer])


@pytest.mark.parametrize("headers", [[LENGTH], []])
def test_a_file_is_announced_with_its_length(headers: Headers) -> None:
    reply = Reply("GET", "1.1", closes=False)
    reply.start(message(200, *headers))
    head = reply.file(3, DATE)
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"content-length: 3\r\n") == 1
    assert reply.ended


@pytest.mark.parametrize(("method", "status", "length"), [("GET", 200, 4), ("HEAD", 200, 3), ("GET", 304, 3)])
def test_a_file_that_is_not_the_body_is_refused(method: str, status: int, length: int) -> None:
    reply = Reply(method, "1.1", closes=False)
    reply.start(message(status, LENGTH))
    with pytest.raises(Unsendable, match="the file"):
        reply.file(length, DATE)


# Read back

NAME = st.sampled_from([b"x-a", b"content-type", b"set-cookie", b"connection", b"transfer-encoding", b"date"])
VALUE = st.text("abc ;,=\t\xe4", max_size=10).map(lambda text: text.strip().encode("latin-1"))
PARTS = st.lists(st.binary(max_size=40), min_size=1, max_size=5)
STATUSES = st.sampled_from([200, 201, 204, 206, 304, 404, 500, 599])


class Back:
    """What llhttp reads of a response."""

    def __init__(self) -> None:
        self.body = b""
        self.ended = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended = True


@given(
    STATUSES, st.lists(st.tuples(NAME, VALUE), max_size=4), PARTS, st.booleans(), st.booleans(), st.booleans()
)
def test_a_response_is_read_back(
    status: int, headers: Headers, parts: list[bytes], old: bool, closes: bool, says: bool
) -> None:
    body = b"".join(parts)
    announced = [*headers, (b"content-length", b"%d" % len(body))] if says else headers
    reply = Reply("GET", "1.0" if old else "1.1", closes)
    data = written(reply, Start(status, announced), *parts)
    expected = b"" if status in (204, 304) else body
    back = Back()
    parser = httptools.HttpResponseParser(back)
    parser.feed_data(data)
    assert back.body == expected
    assert parser.get_status_code() == status
    assert back.ended or (reply.closes and old)  # the body of an old client may end with the connection
    assert (CLOSE in data) is reply.closes


@given(STATUSES, PARTS, PARTS)
def test_the_next_response_begins_where_one_ends(
    status: int, first: list[bytes], second: list[bytes]
) -> None:
    back = Back()
    parser = httptools.HttpResponseParser(back)
    parser.feed_data(written(Reply("GET", "1.1", closes=False), message(status), *first))
    assert back.ended
    back.body, back.ended = b"", False
    parser.feed_data(written(Reply("GET", "1.1", closes=False), message(), *second))
    assert back.ended
    assert back.body == b"".join(second)


@given(STATUSES, PARTS, st.booleans())
def test_a_response_to_head_has_no_body(status: int, parts: list[bytes], old: bool) -> None:
    data = written(Reply("HEAD", "1.0" if old else "1.1", closes=False), message(status), *parts)
    assert data.index(b"\r\n\r\n") == len(data) - 4
