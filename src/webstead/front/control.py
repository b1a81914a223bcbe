"""The control channel to the supervisor: JSON lines over an inherited socket.

In: `{"type":"table","table":{…}}`, `{"type":"drain"}`. Out: `{"type":"serving"}`,
`{"type":"applied","revision":n,"busy":[address…]}`, `{"type":"left","address":text}`,
`{"type":"wanted","pool":key}`, `{"type":"retire","pool":key,"address":text,"why":word}`. Its end of file ends
the front, which so never outlives its supervisor.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass

from webstead.front.limits import CONTROL_LINE
from webstead.front.wire import Wire
from webstead.site_table import SiteTable, Why

__all__ = ["Control", "Drain", "Order", "Replace", "read_order"]


@dataclass(frozen=True, slots=True)
class Replace:
    """Serve this table from now on."""

    table: SiteTable


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no new connections, finish what runs, end."""


Order = Replace | Drain


def read_order(line: bytes) -> Order:
    """One line of the supervisor. Raises ValueError for anything that is none."""
    data = json.loads(line)
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "table":
        try:
            return Replace(SiteTable.from_json(json.dumps(data["table"])))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a site table: {error}") from error
    if kind == "drain":
        return Drain()
    raise ValueError(f"not an order: {line[:80]!r}")


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

    def applied(self, revision: int, busy: list[str]) -> None:
        """busy: the addresses of instances that are no longer in the table, and still have requests."""
        self._send({"type": "applied", "revision": revision, "busy": busy})

    def wanted(self, pool: str) -> None:
        self._send({"type": "wanted", "pool": pool})

    def retire(self, pool: str, address: str, why: Why) -> None:
        self._send({"type": "retire", "pool": pool, "address": address, "why": why})

    def left(self, address: str) -> None:
        self._send({"type": "left", "address": address})

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
