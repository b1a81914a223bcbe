"""`urlCompression` and `httpCompression`: what is compressed, and how.

Sources: the IIS configuration reference, urlCompression and httpCompression. The stock lists are IIS's, with
the types of today (JSON, WebAssembly, fonts); where a type is listed twice, the nearer entry counts, and an
exact one before `text/*` before `*/*`. Parameters (`; charset=utf-8`) do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Flag, Number, Text
from webstead.formats.webconfig.schema.node import Item, Node, empty, stock_item
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = [
    "CODINGS",
    "HTTP_COMPRESSION",
    "URL_COMPRESSION",
    "Coding",
    "Compression",
    "Types",
    "UrlCompression",
]

Coding = Literal["br", "zstd", "gzip"]
CODINGS: tuple[Coding, ...] = get_args(Coding)

_MOST = 2**32 - 1
_PERCENT = Number(0, 100, 90)
_TYPE = Shape({"mimeType": Text(needed=True), "enabled": Flag(True)})
_TYPES = Shape(items=Items(_TYPE, ("mimeType",), many=True))
_SCHEME = Shape(
    {
        "name": Text(needed=True),
        "dll": Text(),
        "doStaticCompression": Flag(True),
        "doDynamicCompression": Flag(True),
        "staticCompressionLevel": Number(0, 11, 7),
        "dynamicCompressionLevel": Number(0, 11, 0),
    }
)
_HTTP = Shape(
    {
        "sendCacheHeaders": Flag(),
        "expiresHeader": Text(),
        "cacheControlHeader": Text(),
        "directory": Text(),
        "doDiskSpaceLimiting": Flag(True),
        "maxDiskSpaceUsage": Number(0, _MOST, 100),
        "minFileSizeForComp": Number(0, _MOST, 2700),
        "noCompressionForHttp10": Flag(True),
        "noCompressionForProxies": Flag(True),
        "noCompressionForRange": Flag(True),
        "staticCompressionDisableCpuUsage": _PERCENT,
        "staticCompressionEnableCpuUsage": _PERCENT,
        "dynamicCompressionDisableCpuUsage": _PERCENT,
        "dynamicCompressionEnableCpuUsage": _PERCENT,
        "staticCompressionIgnoreHitFrequency": Flag(),
        "dynamicCompressionBufferLimit": Number(0, _MOST, 65536),
    },
    {"staticTypes": _TYPES, "dynamicTypes": _TYPES},
    Items(_SCHEME, ("name",), add="scheme"),
)
_URL = Shape(
    {
        "doStaticCompression": Flag(True),
        "doDynamicCompression": Flag(True),
        "dynamicCompressionBeforeCache": Flag(),
    }
)

_BOTH = (
    "text/* message/* application/javascript application/x-javascript application/json application/ld+json"
    " application/manifest+json application/geo+json application/x-ndjson application/yaml application/toml"
    " application/xml application/xhtml+xml application/atom+xml application/rss+xml application/xaml+xml"
    " image/svg+xml application/wasm"
)
_FILES = "application/vnd.ms-fontobject font/otf font/ttf image/bmp image/x-icon model/gltf+json"
_ANSWERS = (
    "application/problem+json application/hal+json application/vnd.api+json application/soap+xml"
    " application/graphql-response+json application/openapi+json"
)


@dataclass(frozen=True, slots=True)
class Types:
    """Which Content-Types are compressed."""

    entries: Mapping[str, bool]
    _known: dict[str, bool] = field(default_factory=dict)

    def has(self, kind: str) -> bool:
        known = self._known.get(kind)
        if known is None:
            known = self._look(kind.partition(";")[0].strip().lower())
            if len(self._known) < 256 and len(kind) < 256:
                self._known[kind] = known
        return known

    def _look(self, bare: str) -> bool:
        names = (bare, f"{bare.partition('/')[0]}/*", "*/*")
        return next((self.entries[name] for name in names if name in self.entries), False)


@dataclass(frozen=True, slots=True, eq=False)
class Compression:
    """static, dynamic: the codings for files and for answers of apps. smallest: what is shorter is sent as it
    is. http10, proxies, ranges: whether such requests get compressed answers."""

    static: frozenset[Coding]
    dynamic: frozenset[Coding]
    static_types: Types
    dynamic_types: Types
    smallest: int
    http10: bool
    proxies: bool
    ranges: bool


@dataclass(frozen=True, slots=True)
class UrlCompression:
    static: bool = True
    dynamic: bool = True


def _compression(node: Node) -> Compression:
    return Compression(
        _codings(node, "doStaticCompression"),
        _codings(node, "doDynamicCompression"),
        _types(node.child("staticTypes")),
        _types(node.child("dynamicTypes")),
        smallest=node.number("minFileSizeForComp"),
        http10=not node.flag("noCompressionForHttp10"),
        proxies=not node.flag("noCompressionForProxies"),
        ranges=not node.flag("noCompressionForRange"),
    )


def _codings(node: Node, flag: str) -> frozenset[Coding]:
    wanted = {item.key for item in node.items if item.node.flag(flag)}
    return frozenset(coding for coding in CODINGS if coding in wanted)


def _types(node: Node) -> Types:
    """An entry that names parameters counts for the type."""
    entries = ((item.key.partition(";")[0].strip(), item.node.flag("enabled")) for item in node.items)
    return Types(dict(entries))


def _notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        if item.key not in CODINGS:
            text = f"httpCompression: there is no scheme {item.key!r} here; there are {', '.join(CODINGS)}"
            yield Note(text, item.node.origin, matters=True)
    if node.flag("sendCacheHeaders"):
        text = "httpCompression sendCacheHeaders: set the headers with clientCache instead"
        yield Note(text, node.origin, matters=True)


def _stock_types(names: str) -> Node:
    every = (*((name, True) for name in names.split()), ("*/*", False))
    items = tuple(stock_item(_TYPE, name, mimeType=name, enabled=enabled) for name, enabled in every)
    return Node(_TYPES, items=items)


def _schemes() -> tuple[Item, ...]:
    return tuple(stock_item(_SCHEME, coding, name=coding) for coding in CODINGS)


HTTP_COMPRESSION = Section(
    "system.webServer/httpCompression",
    Node(
        _HTTP,
        elements={
            "staticTypes": _stock_types(f"{_BOTH} {_FILES}"),
            "dynamicTypes": _stock_types(f"{_BOTH} {_ANSWERS}"),
        },
        items=_schemes(),
    ),
    _compression,
    _notes,
)
URL_COMPRESSION = Section(
    "system.webServer/urlCompression",
    empty(_URL),
    lambda node: UrlCompression(node.flag("doStaticCompression"), node.flag("doDynamicCompression")),
)
