"""A request body of unknown length, taken whole before a program sees it.

CGI says how long a body is before it begins (RFC 3875, 4.1.2), and programs read that far: PHP takes a body
without CONTENT_LENGTH for an empty one. Our own gateway reads to the end and needs none of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile

from webstead.formats.webconfig.filtering import Limit
from webstead.formats.webconfig.model import Origin
from webstead.front.asgi import Received
from webstead.front.exchange import BodyTooLarge, Exchange
from webstead.front.limits import HELD_BODY, HELD_IN_MEMORY, PART

__all__ = ["held_body"]

_LIMIT = Limit(HELD_BODY, Origin("the server's own limit for a body of unknown length", 0))


@asynccontextmanager
async def held_body(exchange: Exchange) -> AsyncIterator[None]:
    """Within, the exchange gives the body again, and has a Content-Length. Raises what
    `Exchange.part` raises, and BodyTooLarge beyond HELD_BODY."""
    with SpooledTemporaryFile[bytes](max_size=HELD_IN_MEMORY) as file:
        length = await _take(exchange, file)
        kept = {name: value for name, value in exchange.headers.items() if name != b"transfer-encoding"}
        exchange.headers = {**kept, b"content-length": str(length).encode()}
        given = exchange.receive
        ended = False

        async def receive() -> Received:
            nonlocal ended
            if ended:
                return await given()
            data = await asyncio.to_thread(file.read, PART)
            ended = file.tell() >= length
            return {"type": "http.request", "body": data, "more_body": not ended}

        exchange.receive = receive
        exchange.received = 0
        exchange.request_read = False
        try:
            yield
        finally:
            exchange.receive = given


async def _take(exchange: Exchange, file: SpooledTemporaryFile[bytes]) -> int:
    length = 0
    while not exchange.request_read:
        data = await exchange.part()
        length += len(data)
        if length > HELD_BODY:
            raise BodyTooLarge(_LIMIT)
        await asyncio.to_thread(file.write, data)
    file.seek(0)
    return length
