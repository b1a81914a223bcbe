"""One request and its answer, whatever answers it: what was asked, what was sent, and whether the client is
there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

from webstead import __version__
from webstead.formats.webconfig.filtering import Limit, too_large
from webstead.formats.webconfig.schema.errors import ErrorMode
from webstead.front.asgi import Headers, Receive, Received, Scope, Send
from webstead.front.error_page import Problem, choose_format, problem_from, render, sees_details
from webstead.front.headers import trailer_fields
from webstead.front.limits import BODY_RATE, BODY_SECONDS

__all__ = ["SERVER", "SOFTWARE", "BadBody", "BodyTooLarge", "ClientGone", "ClientSlow", "Exchange"]

SOFTWARE = f"Webstead/{__version__}"
SERVER = (b"server", b"Webstead")
_BROKEN_OFF = Problem(400, "The request's body is malformed, or broke off.")
_OF_ONE_REQUEST = frozenset(
    {
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
        b"transfer-encoding",
    }
)
"""Headers that mean nothing for another address, or without the body."""
Execute = Callable[["Exchange"], Awaitable[None]]
_CLIENT_CLOSED = 499
"""nginx's status for a client that left before the answer; it is only logged."""


class ClientGone(Exception):
    """The client closed the connection, or sent what is no HTTP: the server does not say which."""


class ClientSlow(Exception):
    """The client stopped in the midst of its request's body."""


class BadBody(Exception):
    """The request's body cannot be received, whoever is asked. problem: what is said of it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


class BodyTooLarge(ClientSlow):
    """The request's body is larger than the site's configuration allows, which shows while it comes. problem:
    what is said of it."""

    def __init__(self, limit: Limit) -> None:
        super().__init__()
        self.problem = problem_from(too_large(limit))


class Exchange:
    """headers: of the request, each name once. status: 0 until an answer was begun. size: body bytes sent.
    body_limit: of the request's body. refused, sub_status: of an answer that is an error page of ours.
    logged: the path and query for the log, where they are not those that were asked. error_mode: who sees the
    details of errors. execute: serves another exchange; None where none may follow. undressed: what send was
    before filters stood before it."""

    __slots__ = (
        "body_limit",
        "client",
        "error_mode",
        "execute",
        "gone",
        "headers",
        "logged",
        "method",
        "receive",
        "received",
        "refused",
        "request_read",
        "scope",
        "send",
        "size",
        "started",
        "status",
        "sub_status",
        "trailers",
        "undressed",
        "waited",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[bytes, bytes]) -> None:
        peer = scope["client"]
        self.client = peer[0] if peer else ""
        self.method = scope["method"]
        self.scope = scope
        self.receive = receive
        self.send = self.undressed = send
        self.headers = headers
        self.started = perf_counter()
        self.status = 0
        self.size = 0
        self.gone = False
        self.request_read = False
        self.trailers: Headers = []
        self.received = 0
        self.waited = 0.0
        self.refused = False
        self.sub_status = 0
        self.body_limit: Limit | None = None
        self.logged: tuple[bytes, bytes] | None = None
        self.error_mode: ErrorMode = "DetailedLocalOnly"
        self.execute: Execute | None = None

    def inner(self, path: bytes, query: bytes) -> Exchange:
        """The same client's request for another address of the site, without a body. Its answer goes where
        this one's would have gone."""
        method = "HEAD" if self.method == "HEAD" else "GET"
        scope: Scope = {**self.scope, "method": method, "raw_path": path, "query_string": query}
        headers = {name: value for name, value in self.headers.items() if name not in _OF_ONE_REQUEST}
        empty = [Received(type="http.request", body=b"", more_body=False)]

        async def receive() -> Received:
            return empty.pop() if empty else await self._left()

        return Exchange(scope, receive, self.undressed, headers)

    async def _left(self) -> Received:
        """When the client is gone; the rest of its body is of no interest."""
        while (message := await self.receive())["type"] != "http.disconnect":
            pass
        return message

    async def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole answer. headers: without the length."""
        self.status = status
        self.size = len(body)
        if status >= 200 and status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(body)))
        headers.append(SERVER)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else body})

    async def redirect(self, status: int, location: str) -> None:
        await self.respond(status, [(b"location", location.encode("ascii", "backslashreplace"))], b"")

    async def refuse(self, problem: Problem, *extra: tuple[bytes, bytes]) -> None:
        """An error page; nothing when an answer was begun already."""
        if self.status:
            return
        self.refused = True
        self.sub_status = problem.sub_status
        local_only = self.error_mode == "DetailedLocalOnly"
        details = sees_details(self.client, self.headers) if local_only else self.error_mode == "Detailed"
        kind, body = render(problem, choose_format(self.headers.get(b"accept", b"")), details)
        headers = [(b"content-type", kind), (b"cache-control", b"no-store"), *extra]
        await self.respond(problem.status, headers, body)

    async def body(self) -> bytes:
        """The whole request body. Raises ClientGone and ClientSlow."""
        parts: list[bytes] = []
        while not self.request_read:
            parts.append(await self.part())
        return b"".join(parts)

    async def part(self) -> bytes:
        """The next part of the request body, maybe empty; request_read tells whether it was the last. Raises
        ClientGone, ClientSlow and BodyTooLarge."""
        began = perf_counter()
        try:
            async with asyncio.timeout(min(BODY_SECONDS, self._patience())):
                message = await self.receive()
        except TimeoutError:
            raise ClientSlow from None
        self.waited += perf_counter() - began
        if message["type"] == "http.disconnect":
            self.leave()
            raise ClientGone
        self.request_read = not message.get("more_body")
        if "trailers" in message:
            self.trailers = trailer_fields(message["trailers"])
        body = message.get("body", b"")
        self.received += len(body)
        if self.body_limit is not None and self.received > self.body_limit.most:
            raise BodyTooLarge(self.body_limit)
        return body

    def _patience(self) -> float:
        """How long the next part may take, so that the body comes at BODY_RATE. The time that the app takes
        to read it does not count."""
        return BODY_SECONDS + self.received / BODY_RATE - self.waited

    async def dismiss(self) -> None:
        """The last word to a client that may not be there to hear it."""
        if self.status == _CLIENT_CLOSED:
            self.status = 0
            await self.refuse(_BROKEN_OFF)
            self.status = _CLIENT_CLOSED

    def leave(self) -> None:
        """The client is gone: note it for the log."""
        self.gone = True
        self.status = self.status or _CLIENT_CLOSED

    async def until_gone(self) -> None:
        """Returns when the client closes the connection. Only once the request body is read (or there is
        none)."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.leave()
