"""`webSocket`: whether connections may become WebSockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webstead.formats.webconfig.model import STOCK, Note, Origin
from webstead.formats.webconfig.schema.kinds import Flag, Number, Span
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Shape

__all__ = ["WEB_SOCKET", "WebSockets"]

_DAY = 86400.0
_SHAPE = Shape(
    {
        "enabled": Flag(True),
        "pingInterval": Span(0.0, _DAY, 0.0),
        "receiveBufferLimit": Number(0, 2147483647, 4194304),
    }
)


@dataclass(frozen=True, slots=True)
class WebSockets:
    allowed: bool = True
    origin: Origin = STOCK


def _websockets(node: Node) -> WebSockets:
    return WebSockets(node.flag("enabled"), node.origin_of("enabled"))


def _notes(node: Node) -> Iterator[Note]:
    for name in ("pingInterval", "receiveBufferLimit"):
        if node.is_said(name) and node.value(name):
            yield Note(f"webSocket {name} is not applied", node.origin_of(name), matters=False)


WEB_SOCKET = Section("system.webServer/webSocket", empty(_SHAPE), _websockets, _notes)
