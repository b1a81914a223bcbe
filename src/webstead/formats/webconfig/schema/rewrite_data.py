"""What rewrite rules look things up in: `rewrite/rewriteMaps`, `providers` and `allowedServerVariables`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webstead.formats.webconfig.maps import RewriteMap
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Flag, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["ALLOWED_SERVER_VARIABLES", "REWRITE_MAPS", "REWRITE_PROVIDERS"]

_ENTRIES = Items(
    Shape({"key": Text(needed=True, may_be_empty=True), "value": Text(needed=True, may_be_empty=True)}),
    ("key",),
    case_counts=True,
)
_MAP = Shape(
    {"name": Text(needed=True), "defaultValue": Text(), "ignoreCase": Flag(True)},
    items=_ENTRIES,
)
_PROVIDER = Shape(
    {"name": Text(needed=True), "type": Text(needed=True)},
    {
        "settings": Shape(
            items=Items(
                Shape({"key": Text(needed=True), "value": Text(needed=True, may_be_empty=True)}), ("key",)
            )
        )
    },
)


def _maps(node: Node) -> Mapping[str, RewriteMap]:
    return {item.node.text("name").strip().lower(): _map(item.node) for item in node.items}


def _map(node: Node) -> RewriteMap:
    ignore_case = node.flag("ignoreCase")
    entries: dict[str, str] = {}
    for item in node.items:
        key = item.node.text("key")
        known = key.lower() if ignore_case else key
        if known in entries:
            raise item.node.error(
                f"the rewrite map {node.text('name')!r} has a key twice",
                found=f"{key!r} a second time (IIS answers 500.19, 0x800700B7: cannot add duplicate entry)",
                fix='Remove one of them, or write ignoreCase="false" when they differ in case.',
                attribute="key",
            )
        entries[known] = item.node.text("value")
    return RewriteMap(node.text("name").strip(), entries, node.text("defaultValue"), ignore_case)


def _providers(node: Node) -> frozenset[str]:
    return frozenset(item.node.text("name").strip().lower() for item in node.items)


def _provider_notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        name, kind = item.node.text("name"), item.node.text("type")
        yield Note(
            f"the rewrite provider {name!r} is not run: {kind} is .NET code for IIS; write what it looks up"
            " as a <rewriteMap>",
            item.node.origin,
            matters=True,
        )


def _allowed(node: Node) -> frozenset[str]:
    return frozenset(item.node.text("name").strip().upper().replace("-", "_") for item in node.items)


REWRITE_MAPS = Section(
    "system.webServer/rewrite/rewriteMaps",
    empty(Shape(items=Items(_MAP, ("name",), add="rewriteMap"))),
    _maps,
)
"""By name, in lower case."""
REWRITE_PROVIDERS = Section(
    "system.webServer/rewrite/providers",
    empty(Shape(items=Items(_PROVIDER, ("name",), add="provider"))),
    _providers,
    _provider_notes,
)
"""Their names, in lower case."""
ALLOWED_SERVER_VARIABLES = Section(
    "system.webServer/rewrite/allowedServerVariables",
    empty(Shape(items=Items(Shape({"name": Text(needed=True)}), ("name",)))),
    _allowed,
)
"""Their names, in upper case."""
