"""`httpRedirect`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.pattern import compile_pattern
from webstead.formats.webconfig.redirect import STAYS, Redirect, Wildcard
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["HTTP_REDIRECT"]

_STATUS = {"Permanent": 301, "Found": 302, "Temporary": 307, "PermRedirect": 308}
_ADD = Shape({"wildcard": Text(needed=True), "destination": Text(needed=True)})
_SHAPE = Shape(
    {
        "enabled": Flag(),
        "destination": Text(),
        "exactDestination": Flag(),
        "childOnly": Flag(),
        "httpResponseStatus": Choice(tuple(_STATUS), "Found"),
    },
    items=Items(_ADD, ("wildcard",)),
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^$/?#]+(?=[/?#]|\Z|\$[SVQ])|/(?![/\\])", re.IGNORECASE)
"""A destination that names its host itself, to the host's end, so that no client does; or a path."""


def _redirect(node: Node) -> Redirect | None:
    if not node.flag("enabled"):
        return None
    destination = node.text("destination").strip()
    if not destination and not node.items:
        raise node.error(
            "<httpRedirect> is enabled and leads nowhere",
            found="enabled without destination (IIS answers 500.19)",
            fix='Add destination="…", or set enabled="false".',
            attribute="enabled",
        )
    return Redirect(
        destination=_checked(node, destination) if destination else "",
        folder=node.folder,
        origin=node.origin,
        exact=node.flag("exactDestination"),
        child_only=node.flag("childOnly"),
        status=_STATUS[node.text("httpResponseStatus")],
        wildcards=tuple(_wildcard(item.node) for item in node.items),
    )


def _wildcard(node: Node) -> Wildcard:
    text = node.text("wildcard").strip().lstrip("/")
    if text.count("*") > 10:
        raise node.error(
            "<add wildcard> has too many *",
            found=f"wildcard={text[:200]!r}",
            fix="Write at most 10: $0 to $9 name them.",
            attribute="wildcard",
        )
    pattern = compile_pattern(re.sub(r"\*+", "*", text), "Wildcard", ignore_case=True)
    destination = node.text("destination").strip()
    return Wildcard(
        pattern, destination if destination == STAYS else _checked(node, destination), node.origin
    )


def _checked(node: Node, destination: str) -> str:
    """`//host` and `/\\` lead to another server, which only a whole address may say."""
    if _ADDRESS.match(destination):
        return destination
    raise node.error(
        "<httpRedirect destination> is no address",
        found=f"destination={destination[:200]!r}",
        fix="Write a path that starts with /, or a whole address, as https://www.example.org/.",
        attribute="destination",
    )


def _notes(node: Node) -> Iterator[Note]:
    if node.flag("enabled") and node.text("destination").strip() and node.items:
        text = "httpRedirect has a destination, so its wildcards are not looked at"
        yield Note(text, node.items[0].node.origin, matters=True)


HTTP_REDIRECT = Section("system.webServer/httpRedirect", empty(_SHAPE), _redirect, _notes)
