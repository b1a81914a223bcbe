"""staticContent (its mime maps), defaultDocument, and what of requestFiltering the path's decoding needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Span, Text
from webstead.formats.webconfig.schema.node import Node, empty, stock_item
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["DEFAULT_DOCUMENT", "STATIC_CONTENT"]

_LONGEST_AGE = 3650 * 86400.0

_STATIC = Shape(
    {"defaultDocFooter": Text(), "isDocFooterFileName": Flag(), "enableDocFooter": Flag()},
    {
        "clientCache": Shape(
            {
                "cacheControlMode": Choice(
                    ("NoControl", "DisableCache", "UseMaxAge", "UseExpires"), "NoControl"
                ),
                "cacheControlMaxAge": Span(0, _LONGEST_AGE, 86400.0),
                "httpExpires": Text(),
                "cacheControlCustom": Text(),
                "setEtag": Flag(True),
            }
        )
    },
    Items(
        Shape({"fileExtension": Text(needed=True), "mimeType": Text(needed=True)}),
        ("fileExtension",),
        add="mimeMap",
    ),
)


def _mime_types(node: Node) -> Mapping[str, str]:
    """By extension in lower case, with its dot."""
    return {item.key: item.node.text("mimeType").strip() for item in node.items}


def _static_notes(node: Node) -> Iterator[Note]:
    for name in ("defaultDocFooter", "enableDocFooter", "isDocFooterFileName"):
        if node.is_said(name):
            yield Note(f"staticContent {name} is not done yet", node.origin, matters=True)
    if node.has("clientCache"):
        text = "staticContent/clientCache: caching headers are not set yet"
        yield Note(text, node.child("clientCache").origin, matters=True)


STATIC_CONTENT = Section("system.webServer/staticContent", empty(_STATIC), _mime_types, _static_notes)

_FILE = Shape({"value": Text(needed=True)})
_DOCUMENT = Shape({"enabled": Flag(True)}, {"files": Shape(items=Items(_FILE, ("value",), own_first=True))})
_NAMES = ("Default.htm", "Default.asp", "index.htm", "index.html", "iisstart.htm")
_FILES = Node(
    _DOCUMENT.elements["files"], items=tuple(stock_item(_FILE, name, value=name) for name in _NAMES)
)


def _documents(node: Node) -> tuple[str, ...]:
    """The names that are looked for in a folder, in order; none when default documents are off."""
    if not node.flag("enabled"):
        return ()
    return tuple(item.node.text("value").strip() for item in node.child("files").items)


DEFAULT_DOCUMENT = Section(
    "system.webServer/defaultDocument", Node(_DOCUMENT, elements={"files": _FILES}), _documents
)
