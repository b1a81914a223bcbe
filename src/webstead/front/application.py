"""The front as an ASGI application: each request to its destination, each failure to an error page."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, time

from webstead.errors import ConfigError
from webstead.formats.webconfig.filtering import refused_length
from webstead.formats.webconfig.model import Answer, Origin
from webstead.formats.webconfig.urlpath import BadPath
from webstead.front.access import METHOD_NOTED, TARGET_NOTED, AccessEntry
from webstead.front.asgi import Receive, Scope, Send
from webstead.front.counts import Counts
from webstead.front.dressing import dress
from webstead.front.error_page import Problem, problem_from, problem_of
from webstead.front.exchange import BadBody, BodyTooLarge, ClientGone, ClientSlow, Exchange
from webstead.front.failed_requests import FailedRequests
from webstead.front.forward import Broken, Watches, forward
from webstead.front.headers import is_host, joined
from webstead.front.held_body import held_body
from webstead.front.limits import COLD_WAIT_SECONDS, DISCONNECT_WATCH_SECONDS
from webstead.front.member import Teller
from webstead.front.outgoing import fastcgi_request, http_request, is_streamed
from webstead.front.params import HeaderPieces
from webstead.front.pool import Pool, Unavailable
from webstead.front.raw_log import AGENT_NOTED, RawEntry
from webstead.front.remote import Servers
from webstead.front.serving import Destination, Serving
from webstead.front.static import serve_static
from webstead.front.tables import Compiled
from webstead.front.upstream import GivenUp, Lost
from webstead.site_table import FailureText, SiteTable

__all__ = ["Application"]

_OFFLINE = ((b"content-type", b"text/html"), (b"cache-control", b"no-store"))  # the page states its charset
_RETRY_AFTER = (b"retry-after", b"2")
_BAD_HOST = Problem(400, "The request names no site: its Host header is missing, repeated or malformed.")
_LOOK = "look at the app's output: it stopped or failed while it answered this request"
_CLOSE = (b"connection", b"close")
_FAILED = 400
_DROPPED = 444
"""nginx's status for a connection that is closed without an answer; it is only logged."""
_NO_POOL = "No process is set up for this address."
_NO_TABLE = Problem(503, "The site is starting. Try again shortly.")
_NO_WEBSOCKET = Problem(501, "This address does not speak WebSocket.")
_OPTIONS = [(b"allow", b"OPTIONS, GET, HEAD, POST"), (b"public", b"OPTIONS, GET, HEAD, POST")]


class Application:
    """One site, served. name: "" for the only one. log, raw_log: told of each answered request; the second,
    when the site has a folder for it. report: the name of an instance, and one line of its error stream."""

    def __init__(
        self,
        name: str,
        counts: Counts,
        *,
        log: Callable[[AccessEntry], None] | None,
        raw_log: Callable[[RawEntry], None],
        teller: Teller,
        report: Callable[[str, bytes], None],
    ) -> None:
        self._name = name
        self._counts = counts
        self._loop = asyncio.get_running_loop()
        self._log = log
        self._raw_log = raw_log
        self._logs = ""
        self._teller = teller
        self._report = report
        self._pieces = HeaderPieces()
        self._hosts: set[bytes] = set()
        self._watches = Watches(self._loop, DISCONNECT_WATCH_SECONDS)
        self._servers = Servers(self._loop)
        self._pools: dict[str, Pool] = {}
        self._gone: list[Pool] = []  # no longer in the table; some requests may still run
        self._table: SiteTable | None = None
        self._serving: Serving | None = None
        self._failed: FailedRequests | None = None
        self._unusable: Problem | None = None
        self._first_table = asyncio.Event()

    def follow(self, table: SiteTable) -> None:
        """Pools live on, so requests that wait in one find its new instances."""
        self._table = table
        self._logs = table.logs
        for entry in table.pools:
            pool = self._pools.get(entry.pool)
            if pool is None:
                self._pools[entry.pool] = Pool(entry, self._loop, self._teller)
            else:
                pool.update(entry)

    def compiled(self, table: SiteTable) -> Compiled:
        serving = self._serving
        if serving is not None and self._unusable is None and serving.holds(table):
            return serving
        try:
            return Serving(table, self._pools)
        except ConfigError as error:
            return Problem(500, error.what, f"{error.where}: {error.found}", error.fix, error.detail)

    def serve(self, table: SiteTable, compiled: Compiled) -> None:
        """Pools go that neither this table nor a newer one has."""
        named = {entry.pool for known in (table, self._table) if known for entry in known.pools}
        self._gone = [pool for pool in self._gone if pool.leaving]
        for key in self._pools.keys() - named:
            self._gone.append(self._pools.pop(key))
            self._gone[-1].close()
        if isinstance(compiled, Problem):
            self._unusable = compiled
        else:
            self._serving, self._unusable = compiled, None
            if table.failed and self._failed is None:
                self._failed = FailedRequests(Path(table.failed))
        self._first_table.set()

    def close(self) -> None:
        """It is forgotten: what it has begun goes on, and nothing new comes."""
        for pool in self._pools.values():
            pool.close()

    @property
    def has_table(self) -> bool:
        """Whether it has been told what to serve; until then requests wait."""
        return self._table is not None

    @property
    def leaving(self) -> list[str]:
        """The addresses of instances that left the table, and still have requests."""
        return [address for pool in (*self._pools.values(), *self._gone) for address in pool.leaving]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listed = scope["headers"]
        headers = dict(listed)
        doubtful = False
        if len(headers) != len(listed):
            merged = joined(listed)
            doubtful = merged is None
            headers = headers if merged is None else dict(merged)
        exchange = Exchange(scope, receive, send, headers)
        exchange.execute = self._serve
        self._counts.begun += 1
        try:
            await self._serve(exchange, doubtful)
        finally:
            self._note(exchange)

    async def _serve(self, exchange: Exchange, doubtful: bool = False) -> None:
        """Answer, whatever happens."""
        try:
            await self._answer(exchange, doubtful)
        except ClientGone:
            await exchange.dismiss()
        except (BadBody, BodyTooLarge) as error:
            await exchange.refuse(error.problem, _CLOSE)
        except ClientSlow:
            await exchange.refuse(Problem(408))
        except Unavailable as error:
            await exchange.refuse(problem_of(error.failure), _RETRY_AFTER)
        except GivenUp as error:
            await exchange.refuse(problem_of(error.failure))
        except Lost as error:
            await exchange.refuse(Problem(502, "The app did not answer as it should.", str(error), _LOOK))
        except Exception as error:
            if not isinstance(error, Broken):
                traceback.print_exc(file=sys.stderr)
                await exchange.refuse(Problem(500, detail=traceback.format_exc()))
            if exchange.status:
                raise

    def _note(self, exchange: Exchange) -> None:
        """For the counts, the logs, and for who looks for what failed: behind the answer, which no mistake in
        that reaches."""
        now = perf_counter()
        seconds = now - exchange.started
        self._counts.end(exchange.status, exchange.size, seconds, now)
        if self._log is not None:
            scope = exchange.scope
            path, query = exchange.logged or (scope["raw_path"], scope["query_string"])
            self._log(
                (
                    self._name,
                    exchange.client,
                    exchange.method[:METHOD_NOTED],  # cut here, as entries wait for a slow reader
                    path[:TARGET_NOTED],
                    query[:TARGET_NOTED],
                    exchange.status,
                    exchange.size,
                    seconds,
                )
            )
        if self._logs:
            self._raw_log(_raw_entry(self._logs, self._name, exchange, seconds))
        if exchange.status >= _FAILED and self._failed is not None and self._serving is not None:
            self._loop.call_soon(self._failed.note, self._serving, exchange)

    async def _answer(self, exchange: Exchange, doubtful: bool) -> None:
        scope = exchange.scope
        host = exchange.headers.get(b"host", b"")
        if host not in self._hosts and not self._host_holds(host, scope["http_version"]):
            doubtful = True
        if doubtful:
            await exchange.refuse(_BAD_HOST)
            return
        serving = self._serving
        if serving is None or self._unusable is not None:
            serving = await self._first(exchange)
            if serving is None:
                return
        if serving.offline is not None:
            await exchange.respond(503, list(_OFFLINE), serving.offline)
            return
        server = scope["server"]
        peers = (exchange.client, int(server[1]) if server else 0)
        scheme = scope["scheme"]
        if exchange.method == "OPTIONS" and scope["raw_path"] == b"*":  # of the server, not of a path
            refused = serving.refused("OPTIONS", b"*", scheme, host, peers, exchange.headers)
            await (_protocol(exchange) if refused is None else _send_answer(exchange, refused))
            return
        try:
            destination = serving.destination(
                exchange.method,
                scope["raw_path"],
                scope["query_string"],
                scheme,
                host,
                peers,
                exchange.headers,
            )
        except BadPath as error:
            await exchange.refuse(Problem(error.status, error.reason, sub_status=error.sub_status))
            return
        await self._dispatch(exchange, serving, destination, host)

    def _host_holds(self, host: bytes, http_version: str) -> bool:
        if not host:
            return http_version in ("1", "1.0")
        if not is_host(host):
            return False
        if len(self._hosts) < 256:
            self._hosts.add(host)
        return True

    async def _first(self, exchange: Exchange) -> Serving | None:
        """The site once its first table is here; None when that was answered with an error."""
        try:
            async with asyncio.timeout(COLD_WAIT_SECONDS):
                await self._first_table.wait()
        except TimeoutError:
            await exchange.refuse(_NO_TABLE, _RETRY_AFTER)
            return None
        if self._unusable is not None:
            await exchange.refuse(self._unusable)
            return None
        return self._serving

    async def _dispatch(
        self, exchange: Exchange, serving: Serving, destination: Destination, host: bytes
    ) -> None:
        exchange.body_limit = destination.body_limit
        if destination.dressing:
            dress(exchange, destination.dressing)
        exchange.logged = destination.logged
        handler = destination.route.handler
        length = exchange.headers.get(b"content-length", b"").decode("latin-1")
        too_long = refused_length(destination.body_limit, length) if length else None
        if too_long is not None:
            await exchange.refuse(problem_from(too_long), _CLOSE)
        elif exchange.scope["type"] == "websocket" and not destination.websockets.allowed:
            await exchange.refuse(_no_websockets(destination.websockets.origin))
        elif destination.route.remote is not None:
            remote = destination.route.remote
            await self._servers.pass_on(exchange, destination, remote, host, self._watches)
        elif handler is None:
            await _send_answer(exchange, destination.route.answer)
        elif exchange.scope["type"] == "websocket" and handler.kind != "platform":
            await exchange.refuse(_NO_WEBSOCKET)
        elif handler.kind in ("fastcgi", "foreign", "platform"):
            await self._ask(exchange, destination, host)
        elif handler.kind == "static":
            path = destination.route.path
            await serve_static(exchange, serving.files, path, serving.served(path, handler.modules))
        elif handler.kind == "protocol":
            await _protocol(exchange)
        else:
            found = f"{handler.origin}: the handler {handler.name} uses {handler.modules}"
            await exchange.refuse(Problem(500, found=found, fix="remove the handler, or use FastCgiModule"))

    async def _ask(self, exchange: Exchange, destination: Destination, host: bytes) -> None:
        pool = await self._pool(destination)
        if not pool.entry.keeps and is_streamed(exchange):
            async with held_body(exchange):
                await self._send_on(exchange, destination, host, pool)
        else:
            await self._send_on(exchange, destination, host, pool)

    async def _send_on(self, exchange: Exchange, destination: Destination, host: bytes, pool: Pool) -> None:
        if pool.entry.protocol == "fastcgi":
            mode, keep = pool.entry.policies.stderr, pool.entry.keeps
            outgoing = await fastcgi_request(
                exchange, destination, host, self._pieces, self._report, keep, mode
            )
        else:
            outgoing = await http_request(exchange, destination, host)
        try:
            await forward(exchange, pool, outgoing, self._watches)
        except GivenUp:
            raise
        except Lost as error:
            raise pool.loss(str(error)) from error

    async def _pool(self, destination: Destination) -> Pool:
        pool = destination.pool
        if pool is None:
            handler = destination.route.handler
            raise Unavailable(
                FailureText(500, _NO_POOL, found=f"{handler.origin}: {handler.name}" if handler else "")
            )
        if pool.entry.status == "failed":
            await pool.revive()
        return pool


def _raw_entry(folder: str, site: str, exchange: Exchange, seconds: float) -> RawEntry:
    """Cut as for the other log."""
    scope, headers = exchange.scope, exchange.headers
    path, query = exchange.logged or (scope["raw_path"], scope["query_string"])
    server = scope["server"]
    return RawEntry(
        folder,
        site,
        time(),
        exchange.client,
        exchange.method[:METHOD_NOTED],
        path[:TARGET_NOTED],
        query[:TARGET_NOTED],
        headers.get(b"host", b"")[:AGENT_NOTED],
        int(server[1]) if server else 0,
        exchange.status,
        exchange.sub_status,
        exchange.size,
        exchange.received,
        seconds,
        headers.get(b"user-agent", b"")[:AGENT_NOTED],
        headers.get(b"referer", b"")[:AGENT_NOTED],
    )


def _no_websockets(origin: Origin) -> Problem:
    found, fix = f'webSocket enabled="false" ({origin})', 'Write <webSocket enabled="true" /> to let them in.'
    return replace(_NO_WEBSOCKET, found=found, fix=fix)


async def _send_answer(exchange: Exchange, answer: Answer | None) -> None:
    """What the site's rules answer themselves."""
    if answer is None or answer.status == 0:
        exchange.status = _DROPPED  # AbortRequest: the server cuts a connection whose request has no answer
    elif 300 <= answer.status < 400 and answer.location:
        await exchange.redirect(answer.status, answer.location)
    elif answer.status < 400 or answer.body:
        headers = [(b"content-type", b"text/html; charset=utf-8")] if answer.body else []
        await exchange.respond(answer.status, headers, answer.body.encode())
    else:
        await exchange.refuse(problem_from(answer))


async def _protocol(exchange: Exchange) -> None:
    """OPTIONS and TRACE, as IIS's ProtocolSupportModule: the second is switched off."""
    if exchange.method == "OPTIONS":
        await exchange.respond(200, list(_OPTIONS), b"")
    else:
        await exchange.refuse(Problem(501))
