"""A request to an instance and its response back, streaming both ways, whatever the protocol between."""

from __future__ import annotations

import asyncio
from typing import Protocol

from webstead.front.exchange import ClientGone, ClientSlow, Exchange
from webstead.front.headers import takes_trailers
from webstead.front.limits import CONTINUE_SECONDS, WEBSOCKET_OPEN_SECONDS
from webstead.front.outgoing import Outgoing
from webstead.front.upstream import GivenUp, Lost, Upstream
from webstead.front.websocket import splice

__all__ = ["Broken", "Connections", "Watches", "forward"]


_SWITCHING = 101


class Connections(Protocol):
    """The connections to who is asked: a pool's instances, or another server."""

    def take(self) -> Upstream | None:
        """One that is there and idle."""
        ...

    async def acquire(self) -> Upstream:
        """One, after waiting. Raises what its kind raises for want of one."""
        ...

    def spare(self, upstream: Upstream) -> None:
        """The instance has answered, or speaks WebSocket from now on: no other request waits behind it."""
        ...

    def release(self, upstream: Upstream) -> None: ...

    @property
    def second_chance(self) -> bool:
        """Whether a request whose new connection closed before any byte of the answer may be sent once
        more."""
        ...


class Broken(Exception):
    """The response broke off after it was begun: the server must cut the connection, so that the client
    sees it."""


class Watches:
    """Requests that take long are watched for a client that leaves; short ones never pay for it.

    The requests in flight are noted; a timer, running only while there are any, looks for those that are old.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._flying: dict[Upstream, Exchange] = {}
        self._old: set[Upstream] = set()
        self._tasks: dict[Upstream, asyncio.Task[None]] = {}
        self._armed = False

    def begin(self, upstream: Upstream, exchange: Exchange) -> None:
        self._flying[upstream] = exchange
        if not self._armed:
            self._armed = True
            self._loop.call_later(self._seconds, self._look)

    def end(self, upstream: Upstream) -> None:
        self._flying.pop(upstream, None)
        task = self._tasks.pop(upstream, None)
        if task is not None:
            task.cancel()

    def _look(self) -> None:
        """Watch what was already in flight at the last look."""
        for upstream in self._old & self._flying.keys():
            if upstream not in self._tasks:
                self._tasks[upstream] = self._loop.create_task(_watch(upstream, self._flying[upstream]))
        self._old = set(self._flying)
        self._armed = bool(self._flying)
        if self._armed:
            self._loop.call_later(self._seconds, self._look)


async def _watch(upstream: Upstream, exchange: Exchange) -> None:
    await exchange.until_gone()
    upstream.abort()


async def forward(exchange: Exchange, pool: Connections, outgoing: Outgoing, watches: Watches) -> None:
    """Ask an instance of the pool and send on what it answers.

    Raises what acquire raises (Unavailable: no instance), Lost (it died or talked nonsense before its answer
    was begun; GivenUp: it took too long), Broken (after that), ClientGone and ClientSlow.
    """
    second_chance = pool.second_chance
    while True:
        upstream = pool.take() or await pool.acquire()
        kept = upstream.responses > 0
        upstream.begin(outgoing.reader(upstream), whole=not outgoing.streams)
        upstream.write(outgoing.opening)
        try:
            if outgoing.upgrades:
                await _relay_upgrade(exchange, pool, upstream, watches)
            elif outgoing.streams:
                await _relay_while_uploading(exchange, pool, upstream, outgoing, watches)
            else:
                watches.begin(upstream, exchange)
                await _relay(exchange, pool, upstream)
            upstream.responses += 1
            return
        except Lost as error:
            if exchange.gone:
                raise ClientGone from None
            if exchange.status:
                raise Broken from error
            if upstream.verdict is not None:
                raise GivenUp(upstream.verdict.failure) from error
            if not ((kept or second_chance) and outgoing.repeatable and upstream.untouched):
                raise
            second_chance = second_chance and kept
        finally:
            watches.end(upstream)
            if upstream.waiting:  # of this response: it must not be taken for the next one's
                upstream.abort()
            pool.release(upstream)


async def _relay_upgrade(exchange: Exchange, pool: Connections, upstream: Upstream, watches: Watches) -> None:
    try:
        async with asyncio.timeout(WEBSOCKET_OPEN_SECONDS):
            while upstream.head is None:
                await upstream.wait()
    except TimeoutError:
        raise Lost(f"no answer to a WebSocket's handshake in {WEBSOCKET_OPEN_SECONDS:g} seconds") from None
    if upstream.head.status == _SWITCHING:
        pool.spare(upstream)
        await splice(exchange, upstream, upstream.head)
    else:
        watches.begin(upstream, exchange)
        await _relay(exchange, pool, upstream)


async def _relay_while_uploading(
    exchange: Exchange, pool: Connections, upstream: Upstream, outgoing: Outgoing, watches: Watches
) -> None:
    upload = asyncio.create_task(_upload(exchange, upstream, outgoing, watches))
    try:
        await _relay(exchange, pool, upstream)
    except Lost:
        if upload.done() and isinstance(slow := upload.exception(), ClientSlow) and not exchange.status:
            raise slow from None
        raise
    finally:
        upload.cancel()
        await asyncio.wait((upload,))


async def _upload(exchange: Exchange, upstream: Upstream, outgoing: Outgoing, watches: Watches) -> None:
    """The request body, part by part; then watch for a client that leaves."""
    try:
        if outgoing.welcomed and not await upstream.welcomed(CONTINUE_SECONDS):
            return
        while not exchange.request_read:
            data = await exchange.part()
            if data:
                upstream.write(outgoing.frame(data))
                await upstream.drained()
        upstream.write(outgoing.end(exchange.trailers))
        upstream.whole = True
    except Lost:  # whoever reads the response finds out too
        return
    except ClientGone:
        upstream.abort()
        return
    except ClientSlow:
        upstream.abort()
        raise
    watches.begin(upstream, exchange)


async def _relay(exchange: Exchange, pool: Connections, upstream: Upstream) -> None:
    while upstream.head is None:
        await upstream.wait()
    head = upstream.head
    send = exchange.send
    length = None if exchange.method == "HEAD" else head.length
    body = upstream.take()
    if length is not None and upstream.ended and not upstream.waiting:
        body = _fitted(exchange, upstream, body, length)
    exchange.status = head.status
    await send(head.message)
    while (not upstream.ended or upstream.waiting) and not (
        length is not None and exchange.size + len(body) > length
    ):
        if upstream.ended and not upstream.spared:
            pool.spare(upstream)
        exchange.size += len(body)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        body = upstream.take()
        while not body and not upstream.ended:
            await upstream.wait()
            body = upstream.take()
    body += upstream.take()
    if length is not None:
        body = _fitted(exchange, upstream, body, length)
    exchange.size += len(body)
    if upstream.trailers and takes_trailers(exchange.headers):
        await send({"type": "http.response.body", "body": body, "trailers": upstream.trailers})
    else:
        await send({"type": "http.response.body", "body": body})


def _fitted(exchange: Exchange, upstream: Upstream, body: bytes, length: int) -> bytes:
    """The rest of a body, as long as its Content-Length says: the server sends what it is given, and one byte
    more or less would be taken for (or from) the connection's next response. Raises Lost when it is too
    short."""
    left = length - exchange.size
    if len(body) > left:
        upstream.abort()
    elif len(body) < left:
        raise Lost(f"the response is {left - len(body)} bytes shorter than its Content-Length")
    return body[:left]
