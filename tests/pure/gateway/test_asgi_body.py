"""A request's body as http.request messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.asgi.body import Body


def received(body: Body) -> tuple[bytes, str]:
    """All that can be taken now, and how it ends: whole, disconnect, or more to come."""
    parts: list[bytes] = []
    while (message := body.take()) is not None:
        if message["type"] == "http.disconnect":
            return b"".join(parts), "disconnect"
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts), "whole"
    return b"".join(parts), "more"


def test_a_body_that_is_here_is_one_message() -> None:
    body = Body(5)
    body.put(b"hello")
    body.ended = True
    assert body.take() == {"type": "http.request", "body": b"hello", "more_body": False}
    assert body.take() is None


def test_the_end_may_come_alone() -> None:
    body = Body(None)
    body.put(b"hello")
    assert body.take() == {"type": "http.request", "body": b"hello", "more_body": True}
    assert body.take() is None
    body.ended = True
    assert body.take() == {"type": "http.request", "body": b"", "more_body": False}


def test_a_body_that_is_cut_short_ends_as_a_disconnect_does() -> None:
    body = Body(5)
    body.put(b"hell")
    body.ended = True
    assert body.missing == 1
    assert received(body) == (b"hell", "disconnect")


@given(st.lists(st.binary(max_size=9)), st.integers(0, 30) | st.none(), st.data())
def test_any_order_of_putting_and_taking(
    chunks: list[bytes], length: int | None, data: st.DataObject
) -> None:
    body = Body(length, limit=1 << 20)
    whole = b"".join(chunks)
    seen = b""
    for chunk in chunks:
        body.put(chunk)
        if data.draw(st.booleans()):
            seen += received(body)[0]
    body.ended = True
    rest, end = received(body)
    assert seen + rest == whole[:length]
    assert end == ("whole" if length is None or length <= len(whole) else "disconnect")
    assert body.received == len(whole)
