"""What clients may send to be understood differently by two servers, as a table: the published cases of
request smuggling and of parsing, and their like.

Each case is the bytes of one request, and what has to become of it, whoever is behind the front: refused
without an app being asked, or passed on as one request that cannot be understood in two ways. SMUGGLED is
what an attacker would have taken for a second request.

And what a process may answer, broken or hostile: the client gets one response that is framed once, a 502, or
one that is visibly cut.
"""

# ruff: noqa: E501  (a case a line)

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CASES", "RESPONSES", "SMUGGLED", "Case", "Passed", "Refused", "Response"]

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Refused:
    """No app gets the request whole. Of a body that is malformed behind its beginning, a process may have got
    the beginning, and a connection that breaks off."""

    status: int = 400


@dataclass(frozen=True, slots=True)
class Passed:
    """body: what the app has got. method, target: too. without: header names that it must not have got."""

    body: bytes = b""
    method: bytes = b"POST"
    target: bytes = b"/"
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """source: where it is known from."""

    name: str
    source: str
    request: bytes
    outcome: Refused | Passed


def _post(head: bytes, body: bytes = b"", line: bytes = b"POST / HTTP/1.1", host: bytes = b"a") -> bytes:
    return line + b"\r\nHost: " + host + b"\r\nConnection: close\r\n" + head + b"\r\n" + body


def _length(value: bytes) -> bytes:
    return _post(b"Content-Length: " + value + b"\r\n", b"hello" + SMUGGLED)


_HELLO = b"5\r\nhello\r\n0\r\n\r\n"


def _coding(value: bytes, body: bytes = _HELLO, more: bytes = b"") -> bytes:
    return _post(b"Transfer-Encoding: " + value + b"\r\n" + more, body)


def _chunks(body: bytes) -> bytes:
    return _coding(b"chunked", body + SMUGGLED)


def _line(line: bytes) -> bytes:
    return _post(b"", line=line)


_BOTH = b"0\r\n\r\n" + SMUGGLED
_FIVE = b"Content-Length: 5\r\n"
_CASES = (
    # Where a line ends
    ("a length after a bare LF", "waitress CVE-2019-16785", _post(_FIVE + b"X: x\nContent-Length: 0\r\n"), Refused()),
    ("a bare CR in a header", "waitress CVE-2019-16785, Node CVE-2023-30589", _post(b"X: a\rContent-Length: 5\r\n"), Refused()),
    ("a header after a bare LF", "waitress CVE-2019-16785", _post(b"X: a\nTransfer-Encoding: chunked\r\n", _HELLO), Refused()),
    ("NUL in a value", "aiohttp CVE-2023-47627", _post(b"X: a\0b\r\n"), Refused()),
    ("NUL in a name", "gunicorn 22.0", _post(b"X\0: a\r\n"), Refused()),
    ("a value that takes long to refuse", "waitress CVE-2020-5236", _post(b"X: " + b"x" * 50_000 + b"\x10\r\n"), Refused()),
    ("a control character in a value", "aiohttp CVE-2023-47627", _post(b"X: a\x01b\r\n"), Refused()),
    # Where a name ends
    ("a space before the colon of Transfer-Encoding", "Netty CVE-2019-16869, llhttp CVE-2021-22959", _post(_FIVE + b"Transfer-Encoding : chunked\r\n", _BOTH), Refused()),
    ("a space before the colon of Content-Length", "llhttp CVE-2021-22959, gunicorn 20.x", _post(b"Content-Length : 5\r\n", b"hello" + SMUGGLED), Refused()),
    ("a space before the first header", "Node CVE-2024-27982", b"POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: a\r\n\r\nhello" + SMUGGLED, Refused()),
    ("a folded header", "Node CVE-2022-32215, waitress 1.4", _post(b"X: y\r\n Transfer-Encoding: chunked\r\n", _HELLO), Refused()),
    ("a folded Transfer-Encoding", "Node CVE-2022-32215", _post(b"Transfer-Encoding:\r\n chunked\r\n", _HELLO), Refused()),
    ("a folded Content-Length", "Node CVE-2022-32215", _post(b"Content-Length:\r\n 5\r\n", b"hello" + SMUGGLED), Refused()),
    ("a name that is empty", "HAProxy CVE-2023-25725", _post(b": x\r\n" + _FIVE, b"hello" + SMUGGLED), Refused()),
    ("a line without a colon", "waitress 1.4", _post(b"Transfer-Encoding\r\n"), Refused()),
    ("a name with a space", "gunicorn 22.0", _post(b"X Y: 1\r\n"), Refused()),
    ("a name with a bracket", "gunicorn 22.0", _post(b"X(: 1\r\n"), Refused()),
    ("a name that is not ASCII", "aiohttp CVE-2023-47627", _post(b"X\xc3\xa9: 1\r\n"), Refused()),
    ("underscores for hyphens", "gunicorn 22.0: header_map", _post(b"Content_Length: 5\r\nTransfer_Encoding: chunked\r\nX_Forwarded_For: 1.1.1.1\r\n"), Passed(without=("content_length", "transfer_encoding", "x_forwarded_for"))),
    # Lengths
    ("two lengths", "waitress CVE-2019-16792", _post(_FIVE + b"Content-Length: 0\r\n", b"hello" + SMUGGLED), Refused()),
    ("the same length twice", "RFC 9112, 6.3", _post(_FIVE + _FIVE, b"hello"), Passed(b"hello")),
    ("a list of lengths", "waitress CVE-2019-16792", _length(b"5, 5"), Refused()),
    ("a list of different lengths", "RFC 9110, 8.6", _length(b"5,0"), Refused()),
    ("a length with a plus sign", "waitress CVE-2022-24761, aiohttp CVE-2023-47627", _length(b"+5"), Refused()),
    ("a length with a minus sign", "aiohttp CVE-2023-47627", _length(b"-5"), Refused()),
    ("a hexadecimal length", "waitress CVE-2022-24761", _length(b"0x5"), Refused()),
    ("a length with an underscore", "waitress CVE-2022-24761", _length(b"1_0"), Refused()),
    ("a length with a vertical tab", "waitress CVE-2019-16789", _length(b"\x0b5"), Refused()),
    ("a length of other digits", "aiohttp CVE-2023-47627", _length(b"\xd9\xa5"), Refused()),
    ("a length with a fraction", "RFC 9110, 8.6", _length(b"5.0"), Refused()),
    ("an empty length", "HAProxy CVE-2023-40225", _length(b""), Refused()),
    ("a length with a space within", "Node CVE-2018-7159", _length(b"1 0"), Refused()),
    ("a length beyond 64 bits", "RFC 9110, 8.6", _length(b"18446744073709551621"), Refused()),
    ("a length with zeros and spaces", "RFC 9110, 8.6", _post(b"Content-Length:   005  \r\n", b"hello"), Passed(b"hello")),
    # Codings
    ("a length and chunks", "RFC 9112, 6.1", _post(_FIVE + b"Transfer-Encoding: chunked\r\n", _BOTH), Refused()),
    ("chunks and a length", "RFC 9112, 6.1", _coding(b"chunked", _BOTH, _FIVE), Refused()),
    ("an unknown coding", "gunicorn CVE-2024-6827", _coding(b"gzip"), Refused(501)),
    ("an unknown coding and a length", "gunicorn CVE-2024-6827", _coding(b"xchunked", b"hello" + SMUGGLED, _FIVE), Refused()),
    ("identity and a length", "gunicorn CVE-2024-1135", _coding(b"identity", b"hello" + SMUGGLED, _FIVE), Refused()),
    ("a coding before chunked", "waitress CVE-2019-16786", _coding(b"gzip, chunked", _BOTH, _FIVE), Refused()),
    ("a coding after chunked", "gunicorn CVE-2024-1135", _coding(b"chunked, identity"), Refused(501)),
    ("chunked twice", "gunicorn CVE-2024-1135", _coding(b"chunked, chunked"), Refused(501)),
    ("chunked in two headers", "gunicorn CVE-2024-1135", _coding(b"chunked", _HELLO, b"Transfer-Encoding: chunked\r\n"), Refused(501)),
    ("chunked, then another header", "gunicorn CVE-2024-1135, Node CVE-2020-8287", _coding(b"chunked", _HELLO, b"Transfer-Encoding: x\r\n"), Refused(501)),
    ("another header, then chunked", "Node CVE-2020-8287", _coding(b"identity", _HELLO, b"Transfer-Encoding: chunked\r\n"), Refused(501)),
    ("a vertical tab before chunked", "waitress CVE-2019-16789", _coding(b"\x0bchunked", _BOTH, _FIVE), Refused()),
    ("a vertical tab behind chunked", "waitress CVE-2019-16789", _coding(b"chunked\x0b", _BOTH, _FIVE), Refused()),
    ("chunked in quotes", "gunicorn 22.0", _coding(b'"chunked"', _BOTH, _FIVE), Refused()),
    ("chunked with a parameter", "gunicorn 22.0", _coding(b"chunked;q=1", _BOTH, _FIVE), Refused()),
    ("an empty coding", "llhttp CVE-2022-32213", _coding(b"", _BOTH, _FIVE), Refused()),
    ("chunked in capitals, behind a tab", "RFC 9112, 7", _coding(b"\tCHUNKED", _HELLO), Passed(b"hello")),
    ("chunks in HTTP/1.0", "gunicorn 22.0, RFC 9112, 6.1", _post(b"Transfer-Encoding: chunked\r\n", _HELLO, b"POST / HTTP/1.0"), Refused()),
    # Chunks
    ("a chunk with a plus sign", "waitress CVE-2022-24761", _chunks(b"+5\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk with 0x", "waitress CVE-2022-24761", _chunks(b"0x5\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk with an underscore", "aiohttp CVE-2023-47627", _chunks(b"0_5\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk with a space before", "gunicorn 22.0", _chunks(b" 5\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk beyond 64 bits", "nginx CVE-2013-2028", _chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk that ends with other bytes", "h11 CVE-2025-43859", _chunks(b"5\r\nhelloXX0\r\n\r\n"), Refused()),
    ("a chunk that ends with LF", "h11 CVE-2025-43859", _chunks(b"5\r\nhello\n0\r\n\r\n"), Refused()),
    ("a size that ends with LF", "Go CVE-2025-22871, Netty CVE-2025-58056", _chunks(b"5\nhello\r\n0\r\n\r\n"), Refused()),
    ("a size that ends with CR", "RFC 9112, 7.1", _chunks(b"5\rhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk extension with LF", "Kestrel CVE-2025-55315, aiohttp CVE-2024-52304", _chunks(b"5;a\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk extension with CR", "Kestrel CVE-2025-55315", _chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk extension is not passed on", "waitress CVE-2022-24761", _coding(b"chunked", b"5;a=b\r\nhello\r\n0\r\n\r\n"), Passed(b"hello")),
    ("NUL in a chunk extension", "waitress CVE-2022-24761", _chunks(b"5;a=\0\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("a chunk extension without end", "Node CVE-2024-22019", _chunks(b"5;" + b"a" * 100_000 + b"\r\nhello\r\n0\r\n\r\n"), Refused()),
    ("trailers are not headers", "gunicorn 22.0", _coding(b"chunked", b"5\r\nhello\r\n0\r\nContent-Length: 0\r\nX-Trailer: 1\r\n\r\n"), Passed(b"hello", without=("x-trailer",))),
    ("a trailer that is none", "aiohttp CVE-2025-53643", _chunks(b"5\r\nhello\r\n0\r\nbad\r\n\r\n"), Refused()),
    ("a trailer with LF", "aiohttp CVE-2025-53643", _chunks(b"5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n"), Refused()),
    ("trailers without end", "aiohttp CVE-2026-22815", _chunks(b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n"), Refused()),
    # Request lines
    ("a request behind one that is refused", "waitress CVE-2024-49768", _post(_FIVE + b"X Y: 1\r\n", b"hello" + SMUGGLED * 20), Refused()),
    ("HTTP/0.9", "gunicorn 22.0", b"GET /\r\n\r\n", Refused()),
    ("HTTP/2.0", "gunicorn 22.0", _line(b"GET / HTTP/2.0"), Refused(505)),
    ("HTTP/1.10", "gunicorn 22.0", _line(b"GET / HTTP/1.10"), Refused()),
    ("a version with a plus sign", "aiohttp CVE-2023-47627", _line(b"GET / HTTP/+1.1"), Refused()),
    ("two spaces", "gunicorn 22.0", _line(b"GET  / HTTP/1.1"), Refused()),
    ("a tab for a space", "gunicorn 22.0", _line(b"GET\t/ HTTP/1.1"), Refused()),
    ("a space in the target", "RFC 9112, 3", _line(b"GET /a b HTTP/1.1"), Refused()),
    ("a fragment is not passed on", "HAProxy CVE-2023-45539", _line(b"GET /a#/admin HTTP/1.1"), Passed(b"", b"GET", b"/a")),
    ("a method with a brace", "gunicorn 22.0", _line(b"G{T / HTTP/1.1"), Refused()),
    ("NUL in the target", "RFC 9112, 3", _line(b"GET /\0 HTTP/1.1"), Refused()),
    ("a whole URL as target", "RFC 9112, 3.2.2", _line(b"GET http://a/x HTTP/1.1"), Passed(b"", b"GET", b"/x")),
    ("a tunnel", "RFC 9110, 9.3.6", _line(b"CONNECT a:80 HTTP/1.1"), Refused(405)),
    # Hosts
    ("two hosts", "aiohttp CVE-2026-34525", _post(b"Host: b\r\n"), Refused()),
    ("a list of hosts", "RFC 9110, 7.2", _post(b"", host=b"a,b"), Refused()),
    ("no host", "RFC 9112, 3.2", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", Refused()),
    # Headers that ask for something else
    ("Connection names the length", "RFC 9110, 7.6.1", _post(b"Connection: content-length\r\n" + _FIVE, b"hello"), Passed(b"hello")),
    ("Connection names the coding", "RFC 9110, 7.6.1", _post(b"Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n", _HELLO), Passed(b"hello")),
    ("the old WebSocket's key has no body of eight bytes", "gunicorn 20.x: Sec-WebSocket-Key1", _post(b"Sec-WebSocket-Key1: 4 @1\r\nContent-Length: 8\r\n", b"12345678"), Passed(b"12345678")),
    ("an upgrade to HTTP/2", "h2c smuggling", _post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"), Passed()),
)  # fmt: skip
CASES = tuple(Case(*case) for case in _CASES)


@dataclass(frozen=True, slots=True)
class Response:
    """ends: the process closes its connection behind it. status, body: what the client gets. cut: it sees that
    the body is not whole."""

    name: str
    answer: bytes
    status: int = 502
    body: bytes = b""
    cut: bool = False
    ends: bool = False


def _answer(head: bytes, body: bytes = b"", line: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return line + b"\r\n" + head + b"\r\n" + body


_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_EMPTY = b"Content-Length: 0\r\n"
_NEXT = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"
RESPONSES = (
    Response("a length and chunks", _answer(b"Content-Length: 3\r\n" + _CHUNKED, _HELLO)),
    Response("chunks and a length", _answer(_CHUNKED + b"Content-Length: 3\r\n", _HELLO)),
    Response("two lengths", _answer(b"Content-Length: 3\r\n" + _FIVE, b"hello")),
    Response("a list of lengths", _answer(b"Content-Length: 5, 5\r\n", b"hello")),
    Response("a length with a plus sign", _answer(b"Content-Length: +5\r\n", b"hello")),
    Response("a negative length", _answer(b"Content-Length: -5\r\n", b"hello")),
    Response("a length beyond 64 bits", _answer(b"Content-Length: 18446744073709551621\r\n", b"hello")),
    Response("more than its length", _answer(_FIVE, b"hello" + _NEXT), 200, b"hello"),
    Response("less than its length", _answer(b"Content-Length: 50\r\n", b"hello"), 200, cut=True, ends=True),
    Response("no length, HTTP/1.1", _answer(b"", b"hello"), 200, b"hello", ends=True),
    Response("no length, HTTP/1.0", _answer(b"", b"hello", b"HTTP/1.0 200 OK"), 200, b"hello", ends=True),
    Response("less than its length, HTTP/1.0", _answer(b"Content-Length: 50\r\n", b"hello", b"HTTP/1.0 200 OK"), 200, cut=True, ends=True),
    Response("chunks", _answer(_CHUNKED, _HELLO), 200, b"hello"),
    Response("a bad first chunk", _answer(_CHUNKED, b"zz\r\nhello\r\n0\r\n\r\n")),
    Response("a bad second chunk", _answer(_CHUNKED, b"5\r\nhello\r\nzz\r\n\r\n"), 200, cut=True),
    Response("a chunk that ends with other bytes", _answer(_CHUNKED, b"5\r\nhelloXX0\r\n\r\n"), 200, cut=True),
    Response("a negative chunk", _answer(_CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n")),
    Response("a chunk beyond 64 bits", _answer(_CHUNKED, b"10000000000000005\r\nhello\r\n0\r\n\r\n")),
    Response("chunks with LF", _answer(_CHUNKED, b"5\nhello\n0\n\n")),
    Response("no last chunk", _answer(_CHUNKED, b"5\r\nhello\r\n"), 200, cut=True, ends=True),
    Response("a chunk extension", _answer(_CHUNKED, b"5;a=b\r\nhello\r\n0\r\n\r\n"), 200, b"hello"),
    Response("trailers", _answer(_CHUNKED + b"Trailer: X-Injected\r\n", b"5\r\nhello\r\n0\r\nX-Injected: 1\r\n\r\n"), 200, b"hello"),
    Response("another coding", _answer(b"Transfer-Encoding: gzip\r\n", b"hello"), ends=True),
    Response("a coding before chunked", _answer(b"Transfer-Encoding: gzip, chunked\r\n", _HELLO)),
    Response("a coding behind chunked", _answer(b"Transfer-Encoding: chunked, gzip\r\n", _HELLO), ends=True),
    Response("chunked twice", _answer(_CHUNKED + _CHUNKED, _HELLO)),
    Response("identity", _answer(b"Transfer-Encoding: identity\r\n", b"hello"), ends=True),
    Response("chunks in HTTP/1.0", _answer(_CHUNKED, _HELLO, b"HTTP/1.0 200 OK"), ends=True),
    # gunicorn CVE-2018-1000164 and its like: an app that puts what a client sent into a header
    Response("a header behind LF", _answer(b"X: a\nX-Injected: 1\r\n" + _EMPTY)),
    Response("a header behind CR", _answer(b"X: a\rX-Injected: 1\r\n" + _EMPTY)),
    Response("NUL in a header", _answer(b"X: a\0b\r\n" + _EMPTY)),
    Response("a space in a name", _answer(b"X Y: 1\r\n" + _EMPTY)),
    Response("a space before a colon", _answer(b"Content-Length : 0\r\n")),
    Response("a folded header", _answer(b"X: a\r\n X-Injected: 1\r\n" + _EMPTY)),
    Response("a line without a colon", _answer(b"X\r\n" + _EMPTY)),
    Response("headers for one hop", _answer(b"Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n" + _EMPTY), 200),
    Response("Connection names the length", _answer(b"Connection: content-length\r\n" + _FIVE, b"hello"), 200, b"hello"),
    Response("a switch that nobody asked for", _answer(b"Connection: upgrade\r\nUpgrade: x\r\n", _NEXT, b"HTTP/1.1 101 Switching Protocols")),
    Response("early hints", _answer(b"Link: </a>\r\n", _answer(_FIVE, b"hello"), b"HTTP/1.1 103 Early Hints"), 200, b"hello"),
    Response("early hints with a length", _answer(_FIVE, _answer(_FIVE, b"hello"), b"HTTP/1.1 103 Early Hints"), 200, b"hello"),
    Response("early hints without end", _answer(b"Link: </a>\r\n", line=b"HTTP/1.1 103 Early Hints") * 10_000),
    Response("204 with a body", _answer(_FIVE, b"hello", b"HTTP/1.1 204 No Content"), 204),
    Response("204 with chunks", _answer(_CHUNKED, _HELLO, b"HTTP/1.1 204 No Content"), 204),
    Response("304 with a body", _answer(_FIVE, b"hello", b"HTTP/1.1 304 Not Modified"), 304),
    Response("a status that is none", _answer(_EMPTY, line=b"HTTP/1.1 99 X")),
    Response("a status of letters", _answer(_EMPTY, line=b"HTTP/1.1 abc X")),
    Response("a status of four digits", _answer(_EMPTY, line=b"HTTP/1.1 2000 X")),
    Response("HTTP/2.0", _answer(_EMPTY, line=b"HTTP/2.0 200 OK")),
    Response("HTTP/0.9", b"hello", ends=True),
    Response("the start of TLS", b"\x16\x03\x01\x02\x00"),
    Response("nothing", b"", ends=True),
    Response("lines that end with LF", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    Response("a header that is too long", _answer(b"X: " + b"a" * 70_000 + b"\r\n" + _EMPTY)),
    Response("headers that are too many", _answer(b"X: a\r\n" * 20_000 + _EMPTY)),
    Response("a head without end", b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 50_000),
)  # fmt: skip
