"""staticContent (its mime maps), defaultDocument, and what of requestFiltering the path's decoding needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Span, Text
from webstead.formats.webconfig.schema.mime_types import STOCK_TYPES
from webstead.formats.webconfig.schema.node import Node, stock_item
from webstead.formats.webconfig.schema.protocol import HEADER_VALUE
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["DEFAULT_DOCUMENT", "STATIC_CONTENT", "StaticContent", "extension_of"]

_LONGEST_AGE = 3650 * 86400.0

_MIME_MAP = Shape({"fileExtension": Text(needed=True), "mimeType": Text(needed=True)})
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
    Items(_MIME_MAP, ("fileExtension",), add="mimeMap", many=True),
)
_STOCK = Node(
    _STATIC,
    items=tuple(
        stock_item(_MIME_MAP, extension, fileExtension=extension, mimeType=kind)
        for extension, kind in STOCK_TYPES.items()
    ),
)


@dataclass(frozen=True, slots=True)
class StaticContent:
    """types: by extension in lower case, with its dot; `.` for names without one, `.*` for all others.
    caching: headers of a file's response, lower-case names. sets_etag: whether it has an ETag."""

    types: Mapping[str, str]
    caching: tuple[tuple[str, str], ...] = ()
    sets_etag: bool = True

    def type_of(self, path: str) -> str | None:
        """The type of a file; None where none is mapped (404.3)."""
        return self.types.get(extension_of(path)) or self.types.get(".*")


def extension_of(path: str) -> str:
    """As mimeMap names it: in lower case with its dot, `.` where the file's name has none."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else "."


def _static_content(node: Node) -> StaticContent:
    types = {item.key: item.node.text("mimeType").strip() for item in node.items}
    cache = node.child("clientCache")
    return StaticContent(types, tuple(_caching(cache)), cache.flag("setEtag"))


def _caching(node: Node) -> Iterator[tuple[str, str]]:
    mode, custom = node.text("cacheControlMode"), node.text("cacheControlCustom").strip()
    own = {"DisableCache": "no-cache", "UseMaxAge": f"max-age={int(node.seconds('cacheControlMaxAge'))}"}
    control = ", ".join(filter(None, (own.get(mode), custom)))
    if control:
        yield "cache-control", _sendable(node, "cacheControlCustom", control)
    if mode == "UseExpires" and (expires := node.text("httpExpires").strip()):
        yield "expires", _sendable(node, "httpExpires", expires)


def _sendable(node: Node, attribute: str, value: str) -> str:
    if not HEADER_VALUE.fullmatch(value):
        raise node.error(
            f"<clientCache {attribute}> cannot be sent in a header",
            found=f"{attribute}={value[:200]!r}",
            fix="Take out control characters, line ends, and letters that latin-1 does not have.",
            attribute=attribute,
        )
    return value


def _static_notes(node: Node) -> Iterator[Note]:
    for name in ("defaultDocFooter", "enableDocFooter", "isDocFooterFileName"):
        if node.is_said(name):
            yield Note(f"staticContent {name} is not done yet", node.origin, matters=True)


STATIC_CONTENT = Section("system.webServer/staticContent", _STOCK, _static_content, _static_notes)

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
