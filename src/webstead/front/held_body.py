"""A request body that is taken whole before a program sees it, as nginx's fastcgi_request_buffering does.

A program that answers one request at a time would wait for the slowest client's upload, and a few of them
would keep everybody out. And CGI says how long a body is before it begins (RFC 3875, 4.1.2): PHP takes a body
without CONTENT_LENGTH for an empty one. Our own gateway takes bodies as they come, to their end, and needs
none of this.
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

_LIMIT = Limit(HELD_BODY, Origin("the server's own limit", 0))


@asynccontextmanager
async def held_body(exchange: Exchange) -> AsyncIterator[None]:
    """Within, the exchange gives the body again, and has a Content-Length. Raises what
    `Exchange.part` raises, and BodyTooLarge beyond HELD_BODY where the site has no limit of its own."""
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
        if length > HELD_BODY and exchange.body_limit is None:
            raise BodyTooLarge(_LIMIT)
        await asyncio.to_thread(file.write, data)
    file.seek(0)
    return length
