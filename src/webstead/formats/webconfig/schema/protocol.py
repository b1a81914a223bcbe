"""`httpProtocol`: headers that the configuration adds to responses.

`remove` of customHeaders takes away what the configuration above adds (IIS's own X-Powered-By is such a
header): what an app sends itself stays, as on IIS. Source: the IIS configuration reference, httpProtocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.outbound import NOT_SET
from webstead.formats.webconfig.schema.kinds import Flag, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["HEADER_VALUE", "HTTP_PROTOCOL", "Header", "ResponseHeaders"]

Header = tuple[str, str]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""What a header's value may hold (RFC 9110, section 5.5)."""

_HEADERS = Shape(
    items=Items(Shape({"name": Text(needed=True), "value": Text()}), ("name",), repeated="later counts")
)
_SHAPE = Shape({"allowKeepAlive": Flag(True)}, {"customHeaders": _HEADERS, "redirectHeaders": _HEADERS})


@dataclass(frozen=True, slots=True)
class ResponseHeaders:
    """custom: added to all responses. redirect: to those of status 3xx besides. Names in lower case."""

    custom: tuple[Header, ...] = ()
    redirect: tuple[Header, ...] = ()


def _response_headers(node: Node) -> ResponseHeaders:
    return ResponseHeaders(_headers(node.child("customHeaders")), _headers(node.child("redirectHeaders")))


def _headers(node: Node) -> tuple[Header, ...]:
    return tuple(_header(item.node) for item in node.items if _name(item.node) not in NOT_SET)


def _header(node: Node) -> Header:
    name, value = _name(node), node.text("value").strip()
    if not _TOKEN.fullmatch(name):
        raise node.error(
            "<add name> is no header's name",
            found=f"name={name!r}",
            fix="Write letters, digits and hyphens.",
            attribute="name",
        )
    if not HEADER_VALUE.fullmatch(value):
        raise node.error(
            "<add value> cannot be sent in a header",
            found=f"value={value[:200]!r}",
            fix="Take out control characters, line ends, and letters that latin-1 does not have.",
            attribute="value",
        )
    return name, value


def _name(node: Node) -> str:
    return node.text("name").strip().lower()


def _notes(node: Node) -> Iterator[Note]:
    for name in ("customHeaders", "redirectHeaders"):
        for item in node.child(name).items:
            if _name(item.node) in NOT_SET:
                text = f"{name}: {_name(item.node)} belongs to the connection and is not set"
                yield Note(text, item.node.origin, matters=True)
    if not node.flag("allowKeepAlive"):
        text = "httpProtocol allowKeepAlive: connections are kept all the same"
        yield Note(text, node.origin, matters=False)


HTTP_PROTOCOL = Section("system.webServer/httpProtocol", empty(_SHAPE), _response_headers, _notes)
