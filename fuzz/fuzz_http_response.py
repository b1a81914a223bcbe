"""Fuzz the reader of HTTP responses: `python fuzz http_response`.

The first byte says how to cut the rest, and whether the request asked for a WebSocket. Whatever the bytes,
they are a response or a lost one, the cuts change nothing, and what is told of a response can be sent to a
client: framed once, without a byte that would end a line.
"""

from __future__ import annotations

from webstead.front.asgi import Headers
from webstead.front.http1 import HttpReader
from webstead.front.upstream import Head, Lost, Verdict

__all__ = ["one"]


class _Heard:
    """What a reader told."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.body = b""
        self.ended = False

    def on_continue(self) -> None: ...

    def on_head(self, head: Head) -> None:
        self.heads.append(head)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_end(self, reusable: bool) -> None:
        self.ended = True

    def on_trailers(self, trailers: Headers) -> None:
        """Nothing depends on them."""

    def on_refused(self, verdict: Verdict, reusable: bool) -> None:
        self.ended = True

    def on_whole(self, head: Head, body: bytes) -> None:
        raise AssertionError("nobody gives HTTP as a whole")


def _told(data: bytes, size: int, upgrades: bool) -> tuple[_Heard, bool]:
    heard = _Heard()
    reader = HttpReader(heard, head_only=False, upgrades=upgrades)
    try:
        for at in range(0, len(data), size):
            reader.feed(data[at : at + size])
            if heard.ended:
                return heard, False
        reader.finish()
    except Lost:
        return heard, True
    return heard, False


def _check(head: Head) -> None:
    names = [name for name, _ in head.headers]
    if names.count(b"content-length") > 1 or b"transfer-encoding" in names:
        raise AssertionError(f"not framed once: {head.headers!r}")
    for name, value in head.headers:
        if any(byte in name + value for byte in b"\r\n\0"):
            raise AssertionError(f"a header that ends its line: {name!r}: {value!r}")


def one(data: bytes) -> None:
    if not data:
        return
    how, rest = data[0], data[1:]
    whole, lost = _told(rest, max(1, len(rest)), how >= 128)
    cut, cut_lost = _told(rest, how % 16 + 1, how >= 128)
    if [head.headers for head in whole.heads] != [head.headers for head in cut.heads] or lost != cut_lost:
        raise AssertionError("the cuts change what is told")
    if not lost and whole.body != cut.body:
        raise AssertionError("the cuts change the body")
    if len(whole.heads) > 1:
        raise AssertionError("two responses to one request")
    for head in whole.heads:
        _check(head)
