"""The control channel to the supervisor: JSON lines over an inherited socket.

In: `{"type":"routes","view":view,"routes":{host:site}}`,
`{"type":"certificates","hosts":{host:[chain,key]}}`, `{"type":"table","site":name,"table":{…}}`,
`{"type":"forget","site":name,"revision":n}`, `{"type":"measure","number":n}`, `{"type":"drain"}`.
Out: `{"type":"serving"}`, `{"type":"asked","site":name}`, `{"type":"metrics","of":{…}}` of each site and then
`{"type":"measured","number":n}`; and with the name of the site
`{"type":"applied","revision":n,"busy":[address…]}`, `{"type":"left","address":text}`,
`{"type":"wanted","pool":key}`, `{"type":"retire","pool":key,"address":text,"why":word}`.
Its end of file ends the front, which so never outlives its supervisor.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from webstead.front.limits import CONTROL_LINE
from webstead.front.wire import Wire
from webstead.site_metrics import SiteMetrics
from webstead.site_table import Certificate, SiteTable, View, Why, view_of

__all__ = [
    "Certify",
    "Control",
    "Drain",
    "Forget",
    "Measure",
    "Order",
    "Replace",
    "Route",
    "SiteControl",
    "read_order",
]


@dataclass(frozen=True, slots=True)
class Route:
    """On the listeners of this view these host names lead to these sites, and no others: `hosts` tells how
    they are written."""

    view: View
    routes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Certify:
    """These are the certificates of these host names."""

    hosts: dict[str, Certificate]


@dataclass(frozen=True, slots=True)
class Replace:
    """Serve this table of the site from now on."""

    site: str
    table: SiteTable


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing serves the site any more; what it has begun goes on. revision: as of a table."""

    site: str
    revision: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Tell what was counted. number: of the question."""

    number: int


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no new connections, finish what runs, end."""


Order = Route | Certify | Replace | Forget | Measure | Drain


def read_order(line: bytes) -> Order:
    """One line of the supervisor. Raises ValueError for anything that is none."""
    match json.loads(line):
        case {"type": "table", "site": str(site), "table": table}:
            try:
                return Replace(site, SiteTable.from_json(json.dumps(table)))
            except (KeyError, TypeError) as error:
                raise ValueError(f"not a site table: {error}") from error
        case {"type": "routes", "view": str(view), "routes": dict(routes)}:
            return Route(view_of(view), {str(host): str(site) for host, site in routes.items()})
        case {"type": "certificates", "hosts": dict(hosts)}:
            return Certify({str(host): _certificate(files) for host, files in hosts.items()})
        case {"type": "forget", "site": str(site), "revision": int(revision)}:
            return Forget(site, revision)
        case {"type": "measure", "number": int(number)}:
            return Measure(number)
        case {"type": "drain"}:
            return Drain()
    raise ValueError(f"not an order: {line[:80]!r}")


def _certificate(files: object) -> Certificate:
    match files:
        case [str(chain), str(key)]:
            return Certificate(chain, key)
    raise ValueError(f"not a certificate: {files!r}")


@dataclass(frozen=True, slots=True)
class SiteControl:
    """A site's way to the supervisor: its `member.Teller`."""

    _site: str
    _send: Callable[[dict[str, object]], None]

    def applied(self, revision: int, busy: list[str]) -> None:
        """busy: the addresses of instances that are no longer in the table, and still have requests."""
        self._send({"type": "applied", "site": self._site, "revision": revision, "busy": busy})

    def wanted(self, pool: str) -> None:
        self._send({"type": "wanted", "site": self._site, "pool": pool})

    def retire(self, pool: str, address: str, why: Why) -> None:
        self._send({"type": "retire", "site": self._site, "pool": pool, "address": address, "why": why})

    def left(self, address: str) -> None:
        self._send({"type": "left", "site": self._site, "address": address})


class Control(asyncio.Protocol):
    """The front's end. obey: told of each order, in order. ended: the supervisor is gone."""

    def __init__(self, obey: Callable[[Order], None], ended: Callable[[], None]) -> None:
        self._obey = obey
        self._ended = ended
        self._rest = bytearray()
        self._transport: Wire | None = None

    async def connect(self, fd: int) -> None:
        """Before that, and once the channel is closed, nobody is told anything."""
        channel = socket.socket(fileno=fd)
        channel.setblocking(False)
        loop = asyncio.get_running_loop()
        if channel.family == socket.AF_UNIX:
            await loop.create_unix_connection(lambda: self, sock=channel)
        else:
            await loop.create_connection(lambda: self, sock=channel)

    def serving(self) -> None:
        self._send({"type": "serving"})

    def asked(self, site: str) -> None:
        self._send({"type": "asked", "site": site})

    def measured(self, number: int, metrics: Iterable[SiteMetrics]) -> None:
        """The answer to a question: a line a site, so that none is long."""
        for each in metrics:
            self._send({"type": "metrics", "of": each.as_json()})
        self._send({"type": "measured", "number": number})

    def of(self, site: str) -> SiteControl:
        """What is told of one site."""
        return SiteControl(site, self._send)

    def _send(self, message: dict[str, object]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(json.dumps(message).encode() + b"\n")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, Wire):
            raise TypeError(f"not a stream: {transport!r}")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in lines:
            self._obey(read_order(bytes(line)))
        if len(rest) > CONTROL_LINE:
            raise ValueError(f"a line of the control channel is longer than {CONTROL_LINE} bytes")

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended()
