"""A site table, compiled: what the front looks at to find a request's destination. Replaced whole by the
next table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import Literal
from urllib.parse import quote

from webstead.formats.webconfig import Configuration, Site, compile_site, parse
from webstead.formats.webconfig.filtering import Limit, refused_request
from webstead.formats.webconfig.model import Answer, Request, Route, TraceStep
from webstead.formats.webconfig.schema.browse import DIRECTORY_BROWSE
from webstead.formats.webconfig.schema.compression import HTTP_COMPRESSION, URL_COMPRESSION
from webstead.formats.webconfig.schema.content import DEFAULT_DOCUMENT, STATIC_CONTENT
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING
from webstead.formats.webconfig.schema.websocket import WEB_SOCKET, WebSockets
from webstead.formats.webconfig.urlpath import canonical
from webstead.front.changes import Changes, changes_of
from webstead.front.codings import Negotiation
from webstead.front.dressing import dressing_of
from webstead.front.encoded_files import EncodedFiles
from webstead.front.encoders import FOR_FILES
from webstead.front.exchange import SOFTWARE
from webstead.front.files import Files
from webstead.front.filter import Filter
from webstead.front.foreign import foreign_piece, with_fit_script
from webstead.front.kept_routes import KeptRoutes, SeenHeaders
from webstead.front.limits import ROUTES_CACHED, STATIC_FRESH_SECONDS
from webstead.front.media import with_charset
from webstead.front.params import site_piece, target_piece
from webstead.front.pool import Pool
from webstead.front.static import Encoding, Served
from webstead.site_table import PoolEntry, SiteTable

__all__ = ["Destination", "Serving"]

_EVER = float("inf")
Stands = Literal["file", "folder", "none"]
_ANY_WEBSOCKETS = WebSockets()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes, and what can be prepared for all requests that go there. path: as asked,
    canonical. piece: the FastCGI parameters of site and path. until: when it must be found anew. dressing:
    what is done to the response. body_limit: of the request's body. changes: what rules have set of the
    request. logged: the path and query for the log, where they are not those that were asked."""

    route: Route
    path: str
    pool: Pool | None
    piece: bytes
    until: float
    dressing: tuple[Filter, ...] = ()
    body_limit: Limit | None = None
    changes: Changes | None = None
    logged: tuple[bytes, bytes] | None = None
    websockets: WebSockets = _ANY_WEBSOCKETS


class _Media:
    """The Content-Types of files, remembered. It knows the site alone, not who serves it: so there is no
    circle, and that one goes, with the files it keeps, as soon as another takes its place."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[tuple[str, str | None], str | None] = {}

    def of(self, path: str) -> str | None:
        """None where the extension is not mapped."""
        folder, _, name = path.rpartition("/")
        dot = name.rfind(".")
        key = (folder, name[dot:] if dot >= 0 else None)
        try:
            return self._known[key]
        except KeyError:
            kind = self._site.mime_type(path)
            found = None if kind is None else with_charset(kind)
            if len(self._known) < ROUTES_CACHED:
                self._known[key] = found
            return found


class Serving:
    """One site as it is now. Raises ConfigError when a web.config of the table cannot be used."""

    def __init__(self, table: SiteTable, pools: Mapping[str, Pool]) -> None:
        self.table = table
        self.pools = pools
        self.offline = None if table.offline is None else table.offline.encode("latin-1")
        self.files = Files(table.wwwroot, table.virtual, table.kept)
        self._encoded = EncodedFiles(self.files)
        self.site: Site = compile_site(
            tuple((folder, _parsed(folder, text, dict(table.beside))) for folder, text in table.configs)
        )
        self._by_path_only = self.site.depends_only_on_path
        self._site_piece = site_piece(table.wwwroot, SOFTWARE)
        self._known: KeptRoutes[Destination] = KeptRoutes()
        self._media = _Media(self.site)
        self._served: dict[tuple[str, str], Served] = {}
        self._stands: dict[str, Stands] = {}
        """What the request that is looked at has asked of the disk."""
        self._dressings: dict[tuple[str, bool], tuple[Filter, ...]] = {}
        self._body_limits: dict[str, Limit | None] = {}

    def holds(self, table: SiteTable) -> bool:
        """Whether this is the site of that table too: nothing has changed but which instances answer."""
        return _without_instances(self.table) == _without_instances(table)

    def destination(
        self,
        method: str,
        raw_path: bytes,
        query: bytes,
        scheme: str,
        host: bytes,
        peers: tuple[str, int],
        headers: Mapping[bytes, bytes],
    ) -> Destination:
        """Where this request goes, remembered for all requests that are equal in what the rules looked at.
        peers: the client's address and our port. Raises BadPath."""
        key = (
            (method, raw_path, query)
            if self._by_path_only
            else (method, raw_path, query, scheme, host, peers)
        )
        known = self._known.get(key, headers)
        if known is not None and (known.until == _EVER or monotonic() < known.until):
            return known
        seen = SeenHeaders(headers)
        destination = self.find(method, raw_path, query, scheme, host, peers, seen)
        self._known.keep(key, headers, seen, destination)
        return destination

    def served(self, path: str, modules: str) -> Served:
        """How files at this path are served; worked out once a folder. modules: of the handler, which lists
        folders and finds default documents where it names the modules that do."""
        folder = path.rpartition("/")[0]
        known = self._served.get((folder, modules))
        if known is None:
            known = self._how_served(f"{folder}/x", modules.lower())
            if len(self._served) < ROUTES_CACHED:
                self._served[folder, modules] = known
        return known

    def _how_served(self, inside: str, modules: str) -> Served:
        content = self.site.of(STATIC_CONTENT, inside)
        documents = self.site.of(DEFAULT_DOCUMENT, inside)
        return Served(
            documents=documents if "defaultdocumentmodule" in modules else (),
            media=self._media.of,
            caching=tuple((name.encode(), value.encode("latin-1")) for name, value in content.caching),
            sets_etag=content.sets_etag,
            browse=self.site.of(DIRECTORY_BROWSE, inside) if "directorylistingmodule" in modules else None,
            hides=partial(_hides, self.site),
            encoding=self._encoding(inside),
        )

    def _encoding(self, inside: str) -> Encoding | None:
        settings = self.site.of(HTTP_COMPRESSION, inside)
        order = [coding for coding in FOR_FILES if coding in settings.static]
        if not self.site.of(URL_COMPRESSION, inside).static or not order:
            return None
        negotiation = Negotiation(settings, order, guarded=False)
        return Encoding(self._encoded, negotiation, settings.static_types, settings.smallest)

    def find(
        self,
        method: str,
        raw_path: bytes,
        query: bytes,
        scheme: str,
        host: bytes,
        peers: tuple[str, int],
        headers: Mapping[str, str],
        trace: list[TraceStep] | None = None,
    ) -> Destination:
        """Where this request goes, looked for anew. trace gets each step. headers: lower-case names. Raises
        BadPath."""
        path = canonical(raw_path)
        sent = raw_path + b"?" + query if query else raw_path
        request = _request(method, sent, path, scheme, host, peers, headers)
        self._stands = {}
        route = self.site.route(request, self._kind, trace)
        is_foreign = route.handler is not None and route.handler.kind == "foreign"
        if is_foreign:
            route = with_fit_script(route, self.files)
        until = monotonic() + STATIC_FRESH_SECONDS if self._stands or is_foreign else _EVER
        handler = route.handler
        return Destination(
            route=route,
            path=path,
            pool=self.pools.get(handler.pool) if handler and handler.pool else None,
            piece=foreign_piece(route, sent, self.files, SOFTWARE)
            if is_foreign
            else self._piece(path, sent, route),
            until=until,
            dressing=self._dressing(route.path, is_file=handler is not None and handler.kind == "static"),
            body_limit=self._body_limit(path),
            changes=changes_of(route),
            logged=_logged(route) if route.log_rewritten else None,
            websockets=self.site.of(WEB_SOCKET, route.path),
        )

    def refused(
        self,
        method: str,
        target: bytes,
        scheme: str,
        host: bytes,
        peers: tuple[str, int],
        headers: Mapping[bytes, bytes],
    ) -> Answer | None:
        """Why a request that is not for a path (`OPTIONS *`) is refused, as if it were for the root."""
        return self.site.refused(_request(method, target, "/", scheme, host, peers, SeenHeaders(headers)))

    def _piece(self, path: str, sent: bytes, route: Route) -> bytes:
        query = route.query.encode("latin-1", "replace")
        return self._site_piece + target_piece(path, sent, query, rewritten=route.rewritten)

    def _dressing(self, path: str, *, is_file: bool) -> tuple[Filter, ...]:
        key = (self.site.folder_of(path), is_file)
        known = self._dressings.get(key)
        if known is None:
            known = self._dressings[key] = dressing_of(self.site, path, self.files, is_file=is_file)
        return known

    def _body_limit(self, path: str) -> Limit | None:
        folder = self.site.folder_of(path)
        if folder not in self._body_limits:
            self._body_limits[folder] = self.site.of(REQUEST_FILTERING, path).max_content
        return self._body_limits[folder]

    def _kind(self, path: str) -> Stands:
        known = self._stands.get(path)
        if known is None:
            known = self._stands[path] = self.files.kind(path)
        return known


def _hides(site: Site, path: str) -> bool:
    """Whether request filtering refuses this path: a list of its folder does not show it."""
    request = Request("GET", quote(path, errors="replace"), path, "", "http", "", 0, "")
    return refused_request(site.of(REQUEST_FILTERING, path), request) is not None


def _request(
    method: str,
    sent: bytes,
    path: str,
    scheme: str,
    host: bytes,
    peers: tuple[str, int],
    headers: Mapping[str, str],
) -> Request:
    """sent: path and query as they came."""
    target = sent.decode("latin-1")
    return Request(
        method=method,
        raw_target=target,
        path=path,
        query=target.partition("?")[2],
        scheme="https" if scheme in ("https", "wss") else "http",
        host=host.decode("latin-1"),
        port=peers[1],
        remote_address=peers[0],
        headers=headers,
    )


def _without_instances(table: SiteTable) -> SiteTable:
    pools = tuple(PoolEntry(entry.pool, entry.protocol, "starting") for entry in table.pools)
    return replace(table, revision=0, pools=pools)


def _logged(route: Route) -> tuple[bytes, bytes]:
    """The URL that the rules have made, for the log."""
    remote = route.remote
    if remote is not None:
        return f"{remote.scheme}://{remote.authority}{remote.path}".encode(), remote.query.encode(
            "latin-1", "replace"
        )
    return quote(route.path, safe="/!$&'()*+,;=:@~").encode(), route.query.encode("latin-1", "replace")


def _parsed(folder: str, text: str, beside: Mapping[str, str]) -> Configuration:
    below = f"{folder}/" if folder else ""

    def read(name: str) -> bytes | None:
        found = beside.get(below + name)
        return None if found is None else found.encode()

    return parse(text.encode(), f"{below}web.config", read)
