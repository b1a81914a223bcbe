"""`security/requestFiltering`: which requests are refused before anything is done for them."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Flag, Number, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["REQUEST_FILTERING"]

_MOST = 4294967295


def _list(name: str) -> Shape:
    return Shape(items=Items(Shape({name: Text(needed=True)}), (name,)))


_RULE = Shape(
    {
        "name": Text(needed=True),
        "scanUrl": Flag(),
        "scanQueryString": Flag(),
        "scanAllRaw": Flag(),
        "denyUnescapedPercent": Flag(True),
    },
    {
        "scanHeaders": _list("requestHeader"),
        "appliesTo": _list("fileExtension"),
        "denyStrings": _list("string"),
    },
)
_SHAPE = Shape(
    {
        "allowDoubleEscaping": Flag(),
        "allowHighBitCharacters": Flag(True),
        "unescapeQueryString": Flag(True),
        "removeServerHeader": Flag(),
    },
    {
        "requestLimits": Shape(
            {
                "maxAllowedContentLength": Number(0, _MOST, 30000000),
                "maxUrl": Number(0, _MOST, 4096),
                "maxQueryString": Number(0, _MOST, 2048),
            },
            {
                "headerLimits": Shape(
                    items=Items(
                        Shape({"header": Text(needed=True), "sizeLimit": Number(0, _MOST, 0, needed=True)}),
                        ("header",),
                    )
                )
            },
        ),
        "fileExtensions": Shape(
            {"allowUnlisted": Flag(True), "applyToWebDAV": Flag(True)},
            items=Items(
                Shape({"fileExtension": Text(needed=True), "allowed": Flag(needed=True)}), ("fileExtension",)
            ),
        ),
        "verbs": Shape(
            {"allowUnlisted": Flag(True), "applyToWebDAV": Flag(True)},
            items=Items(Shape({"verb": Text(needed=True), "allowed": Flag(needed=True)}), ("verb",)),
        ),
        "hiddenSegments": Shape(
            {"applyToWebDAV": Flag(True)}, items=Items(Shape({"segment": Text(needed=True)}), ("segment",))
        ),
        "denyUrlSequences": _list("sequence"),
        "denyQueryStringSequences": _list("sequence"),
        "alwaysAllowedUrls": _list("url"),
        "alwaysAllowedQueryStrings": _list("queryString"),
        "filteringRules": Shape(items=Items(_RULE, ("name",), add="filteringRule")),
    },
)


def _allows_double_escaping(node: Node) -> bool:
    return node.flag("allowDoubleEscaping")


def _notes(node: Node) -> Iterator[Note]:
    for name in sorted(node.said.keys() - {"allowDoubleEscaping"}):
        yield Note(f"requestFiltering {name} is not done yet", node.origin, matters=True)
    for name, below in node.elements.items():
        yield Note(f"requestFiltering/{name} is not done yet", below.origin, matters=True)


REQUEST_FILTERING = Section(
    "system.webServer/security/requestFiltering", empty(_SHAPE), _allows_double_escaping, _notes
)
