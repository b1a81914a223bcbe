"""The way of every request, before a noun sees it:

    who asks (401, 429) ─▶ a stranger's page (403) ─▶ which route (404, 405) ─▶ may they (403)
     ─▶ the noun

So who has no credentials learns nothing, also not what exists. What changed or was refused is in the audit.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webstead.errors import WebsteadError
from webstead.services.arm import envelope_of
from webstead.services.audit import Audit
from webstead.services.audit_line import AuditLine
from webstead.services.auth import Known, Principal, Refused, authenticate, tried_user
from webstead.services.browsers import is_cross_site
from webstead.services.context import CONTEXT, Asked, Context, ServerContext, SiteContext, directory_of
from webstead.services.enveloped import enveloped
from webstead.services.errors import ApiError, error_response
from webstead.services.requests import path_of, query_of
from webstead.services.routes import WEBSOCKET, Route, Table
from webstead.services.throttle import Throttle, Tried
from webstead.site.hosts import Addressed, addressed
from webstead.site.store.sites import list_sites

__all__ = ["Guard", "Part"]

_log = logging.getLogger(__name__)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_METHOD_NOTED = 32
_PATH_NOTED = 256
"""Characters that the audit has of what a client may make as long as it likes."""

_HARMLESS = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
"""A page that an app has written, opened through vfs, must not act as the person who is signed in here."""

NO_PERMISSION = "The token does not allow this: it lacks the scope `{scope}`."


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two managements: its application, its routes, and how its query names are written."""

    app: ASGIApp
    table: Table
    query: Mapping[str, str]


@dataclass(slots=True)
class _Visit:
    """What is known of a request so far; the audit tells it at the end."""

    method: str
    path: str
    client: str
    principal: Principal | None = None
    site: str = ""
    refused: str = ""
    status: int = 0


class Guard:
    """An ASGI application before the two. A request is answered by `sites` or `server`."""

    def __init__(self, context: Context, sites: Part, server: Part) -> None:
        self._context = context
        self._sites = sites
        self._server = server
        self._directory = directory_of(context)
        self._throttle = Throttle()
        self._audit = Audit(context.server.log_files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._live(scope, receive, send)
        visit = _visit(scope)
        told = _telling(send, visit)
        arm = Headers(scope=scope).get("x-ms-geo-location") is not None
        try:
            part, ready = await self._admitted(scope, visit)
        except WebsteadError as error:
            await _refuse(error, scope, receive, told, arm=arm)
        else:
            asked = ready[CONTEXT].asked
            route: Route = ready["webstead.route"]
            wrap = asked.arm if route.arm else None
            await part.app(ready, receive, told if wrap is None else enveloped(wrap, told))
        finally:
            await self._record(visit)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):  # the server waits for nothing after that
                with _told_in_the_log():
                    await run_in_threadpool(self._audit.close)
            await send(message)

        await self._sites.app(scope, receive, told)

    async def _admitted(self, scope: Scope, visit: _Visit) -> tuple[Part, Scope]:
        """The application and the scope that it is given. Raises the error that is the answer."""
        headers = Headers(scope=scope)
        principal, named = await run_in_threadpool(self._authenticated, headers, visit)
        if is_cross_site(visit.method, headers):
            visit.refused = "cross-site"
            raise ApiError(
                403,
                "The page of another site may not ask this.",
                found=f"Origin: {headers.get('origin', '?')}",
                fix="Open the management's own pages, or use a program that sends no Origin.",
            )
        path, asked = self._asked(scope, headers, principal, visit)
        part = self._sites if named.site else self._server
        query = _query(scope["query_string"], part.query)
        route, canonical = _routed(part.table, path, query, visit, principal)
        found = await self._context_of(named, asked)
        ready = {**scope, "path": canonical, CONTEXT: found}
        ready["query_string"] = query
        ready["webstead.route"] = route
        return part, ready

    def _authenticated(self, headers: Headers, visit: _Visit) -> tuple[Principal, Addressed]:
        now = self._context.clock.now()
        named = addressed(headers.get("host", ""), self._context.domain, self._site_of_host)
        visit.site = named.site
        header = headers.get("authorization")
        known = authenticate(header, named.site, self._directory, now)
        if header is not None:
            self._check_guesses(known, (visit.client, tried_user(header)), visit)
        if isinstance(known, Refused):
            raise _unknown(known, visit)
        visit.principal = known.principal
        if not (named.site or named.server):
            named = Addressed(site=known.site, server=not known.site)
            visit.site = named.site
        if known.principal.site and (named.server or named.site != known.principal.site):
            visit.refused = "another site"
            raise ApiError(
                403,
                "These credentials are for another site.",
                found=f"they are of {known.principal.site}",
                fix=f"Ask the management of {known.principal.site}, or use credentials of the other.",
            )
        return known.principal, named

    def _check_guesses(self, known: Known | Refused, tried: Tried, visit: _Visit) -> None:
        """A token that is right waits for nobody: who has it did not guess. Of a password the answer is the
        same while its user waits, whether it is right or wrong."""
        _, user = tried
        if not user and isinstance(known, Known):
            return
        now = self._context.clock.monotonic()
        if wait := self._throttle.wait(tried, now):
            visit.refused = "throttled"
            raise ApiError(
                429,
                "Too many wrong credentials came from this address.",
                fix=f"Try again in {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        if isinstance(known, Refused) and known.guess:
            self._throttle.failed(tried, now)

    def _site_of_host(self, host: str) -> str | None:
        """By the names of its own: only for a host below no domain of ours."""
        return next((each.name for each in list_sites(self._context.store) if host in each.hosts), None)

    def _asked(
        self, scope: Scope, headers: Headers, principal: Principal, visit: _Visit
    ) -> tuple[str, Asked]:
        raw = scope.get("raw_path") or scope["path"].encode()
        try:
            path = path_of(raw)
        except ValueError as error:
            raise ApiError(
                400, "The path is no text.", found=str(error), fix="Encode it as UTF-8 with %XX."
            ) from None
        host = headers.get("host") or f"{scope['server'][0]}:{scope['server'][1]}"
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        asked = Asked(
            principal=principal,
            client=visit.client,
            base=f"{scheme}://{host}",
            path=path,
            raw_path=raw.partition(b"?")[0].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            user_agent=headers.get("user-agent", ""),
            arm=envelope_of(headers, path),
        )
        return path, asked

    async def _context_of(self, named: Addressed, asked: Asked) -> SiteContext | ServerContext:
        if not named.site:
            return ServerContext(self._context, asked)
        record = await run_in_threadpool(self._directory.site, named.site)
        if record is None:
            raise ApiError(404, f"There is no site {named.site}.", fix="See them: webstead site list.")
        return SiteContext(self._context, record, self._context.server.site(record.name), asked)

    async def _record(self, visit: _Visit) -> None:
        if visit.method in _SAFE and not visit.refused:
            return
        line = AuditLine(
            time=self._context.clock.now().isoformat(),
            client=visit.client,
            who=visit.principal.name if visit.principal else "",
            site=visit.site,
            method=visit.method,
            path=visit.path,
            status=visit.status,
            refused=visit.refused,
        )
        with _told_in_the_log():
            await run_in_threadpool(self._audit.write, line, self._context.clock.monotonic())


def _unknown(refused: Refused, visit: _Visit) -> ApiError:
    visit.refused = "credentials" if refused.guess else "no credentials"
    offers = ['Basic realm="Webstead", charset="UTF-8"'] if refused.basic else []
    return ApiError(
        401,
        refused.what,
        fix=refused.fix,
        headers={"WWW-Authenticate": ", ".join([*offers, 'Bearer realm="Webstead"'])},
    )


@contextmanager
def _told_in_the_log() -> Iterator[None]:
    """A disk that is full stops no request."""
    try:
        yield
    except OSError as error:
        _log.error("The audit cannot be written: %s", error)


def _visit(scope: Scope) -> _Visit:
    client = scope.get("client")
    method = WEBSOCKET if scope["type"] == "websocket" else scope["method"]
    return _Visit(method[:_METHOD_NOTED], scope["path"][:_PATH_NOTED], client[0] if client else "")


def _routed(table: Table, path: str, query: bytes, visit: _Visit, principal: Principal) -> tuple[Route, str]:
    found = table.find(path, visit.method)
    if found is None:
        raise ApiError(404, f"No route has the path {path}.", fix="See what there is: /docs.")
    if found.route is None:
        allowed = ", ".join(name for name in found.allowed if name != WEBSOCKET)
        raise ApiError(
            405,
            f"The requested resource does not support http method '{visit.method}'.",
            fix=f"Use {allowed}.",
            headers={"Allow": allowed},
        )
    needed = found.route.needed(query.decode("latin-1"))
    if needed not in principal.scopes:
        visit.refused = f"scope {needed}"
        raise ApiError(403, NO_PERMISSION.format(scope=needed), fix="Use a token that has it.")
    return found.route, found.path


def _query(raw: bytes, written: Mapping[str, str]) -> bytes:
    try:
        return query_of(raw, written)
    except ValueError as error:
        raise ApiError(400, "The query cannot be read.", found=str(error)) from None


def _telling(send: Send, visit: _Visit) -> Send:
    """Sends, and notes the status; every answer has an id of its own, and is nothing that a browser runs."""

    async def told(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            visit.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.setdefault("x-ms-request-id", str(uuid4()))
            for name, value in _HARMLESS.items():
                headers.setdefault(name, value)
        elif message["type"] == "websocket.accept":
            visit.status = 101
        await send(message)

    return told


async def _refuse(error: WebsteadError, scope: Scope, receive: Receive, send: Send, *, arm: bool) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.what[:120]})
        return
    await error_response(error, arm=arm)(scope, receive, send)
