"""Request bodies: how they come, and what is done when they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from webstead.front import exchange as exchange_module
from webstead.front import held_body as held_body_module
from webstead.front.asgi import Received, Scope
from webstead.front.exchange import BodyTooLarge, ClientGone, ClientSlow, Exchange
from webstead.front.held_body import held_body
from webstead.front.outgoing import MALFORMED, UNKNOWN_CODING, body_length

SCOPE: Scope = {"type": "http", "method": "POST", "client": ("127.0.0.1", 1), "http_version": "1.1"}


def exchange(
    *messages: Received, headers: Mapping[bytes, bytes] | None = None
) -> tuple[Exchange, list[Mapping[str, object]]]:
    """A request whose body comes in these messages, and then no more; and what is sent to its client."""
    waiting = list(messages)
    sent: list[Mapping[str, object]] = []

    async def receive() -> Received:
        if not waiting:
            await asyncio.get_running_loop().create_future()
        return waiting.pop(0)

    async def send(message: Mapping[str, object]) -> None:
        sent.append(message)

    return Exchange(SCOPE, receive, send, headers or {}), sent


def test_a_body_is_all_its_parts() -> None:
    made, _ = exchange({"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request"})
    assert asyncio.run(made.body()) == b"a"
    assert made.request_read


def test_a_body_that_stops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_module, "BODY_SECONDS", 0.01)
    made, _ = exchange({"type": "http.request", "body": b"a", "more_body": True})
    with pytest.raises(ClientSlow):
        asyncio.run(made.body())


def test_a_body_that_breaks_off_is_answered_as_malformed_and_logged_as_left() -> None:
    made, sent = exchange({"type": "http.disconnect"})

    async def answer() -> None:
        with pytest.raises(ClientGone):
            await made.body()
        await made.dismiss()

    asyncio.run(answer())
    assert sent[0]["status"] == 400
    assert made.status == 499


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({}, -1),
        ({b"content-length": b"0"}, 0),
        ({b"content-length": b"12"}, 12),
        ({b"content-length": b"9" * 18}, 999_999_999_999_999_999),
        ({b"content-length": b"9" * 19}, MALFORMED),
        ({b"content-length": b"+1"}, MALFORMED),
        ({b"transfer-encoding": b"chunked"}, None),
        ({b"transfer-encoding": b" CHUNKED "}, None),
        ({b"transfer-encoding": b"gzip, chunked"}, UNKNOWN_CODING),
        ({b"transfer-encoding": b"chunked, chunked"}, UNKNOWN_CODING),
    ],
)
def test_how_long_a_body_is(headers: dict[bytes, bytes], length: int | None) -> None:
    assert body_length(exchange(headers=headers)[0]) == length


def chunks(*parts: bytes) -> list[Received]:
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]


@pytest.mark.parametrize("parts", [(b"",), (b"a", b"bc"), (b"x" * 200_000,) * 3])
def test_a_held_body_has_a_length_and_comes_again(parts: tuple[bytes, ...]) -> None:
    made, _ = exchange(
        *chunks(*parts), {"type": "http.disconnect"}, headers={b"x": b"1", b"transfer-encoding": b"chunked"}
    )
    length = sum(map(len, parts))

    async def hold() -> None:
        async with held_body(made):
            assert made.headers == {b"x": b"1", b"content-length": str(length).encode()}
            assert body_length(made) == length
            assert await made.body() == b"".join(parts)
            await made.until_gone()
        assert made.gone

    asyncio.run(hold())


def test_a_held_body_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_body_module, "HELD_BODY", 5)
    made, _ = exchange(*chunks(b"abc", b"def"))

    async def hold() -> None:
        async with held_body(made):
            raise AssertionError("it was taken")

    with pytest.raises(BodyTooLarge):
        asyncio.run(hold())
