"""`security/requestFiltering`: which requests are refused before anything is done for them.

What no file says is as on a bare IIS: its limits, and `web.config` for a hidden segment. The largest number
that a limit can have stands for no limit.
"""

from __future__ import annotations

from webstead.formats.webconfig.filtering import Denied, FilteringRule, Limit, Listed, RequestFiltering
from webstead.formats.webconfig.schema.kinds import Flag, Number, Text
from webstead.formats.webconfig.schema.node import Node, stock_item
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["REQUEST_FILTERING"]

_MOST = 4294967295


def _list(name: str) -> Shape:
    return Shape(items=Items(Shape({name: Text(needed=True)}), (name,)))


_SEGMENT = Shape({"segment": Text(needed=True)})
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
        "hiddenSegments": Shape({"applyToWebDAV": Flag(True)}, items=Items(_SEGMENT, ("segment",))),
        "denyUrlSequences": _list("sequence"),
        "denyQueryStringSequences": _list("sequence"),
        "alwaysAllowedUrls": _list("url"),
        "alwaysAllowedQueryStrings": _list("queryString"),
        "filteringRules": Shape(items=Items(_RULE, ("name",), add="filteringRule")),
    },
)


_HIDDEN = _SHAPE.elements["hiddenSegments"]
_STOCK = Node(
    _SHAPE,
    elements={
        "hiddenSegments": Node(_HIDDEN, items=(stock_item(_SEGMENT, "web.config", segment="web.config"),))
    },
)


def _filtering(node: Node) -> RequestFiltering:
    limits = node.child("requestLimits")
    return RequestFiltering(
        allow_double_escaping=node.flag("allowDoubleEscaping"),
        allow_high_bit=node.flag("allowHighBitCharacters"),
        unescape_query=node.flag("unescapeQueryString"),
        max_content=_limit(limits, "maxAllowedContentLength"),
        max_url=_limit(limits, "maxUrl"),
        max_query=_limit(limits, "maxQueryString"),
        headers={
            item.node.text("header").strip().lower(): Limit(item.node.number("sizeLimit"), item.node.origin)
            for item in limits.child("headerLimits").items
        },
        extensions=_listed(node.child("fileExtensions"), "fileExtension", dotted=True),
        verbs=_listed(node.child("verbs"), "verb"),
        hidden={
            item.node.text("segment").strip().lower(): item.node.origin
            for item in node.child("hiddenSegments").items
        },
        denied_in_url=_denied(node.child("denyUrlSequences")),
        denied_in_query=_denied(node.child("denyQueryStringSequences")),
        allowed_urls=frozenset(
            "/" + url.lstrip("/") for url in _texts(node.child("alwaysAllowedUrls"), "url")
        ),
        allowed_queries=frozenset(
            query.removeprefix("?")
            for query in _texts(node.child("alwaysAllowedQueryStrings"), "queryString")
        ),
        rules=tuple(_rule(item.node) for item in node.child("filteringRules").items),
        removes_server=node.flag("removeServerHeader"),
        origin=node.origin,
    )


def _limit(node: Node, name: str) -> Limit | None:
    most = node.number(name)
    return None if most == _MOST else Limit(most, node.origin_of(name))


def _listed(node: Node, key: str, *, dotted: bool = False) -> Listed:
    entries = {
        _dotted(text) if dotted else text: (item.node.flag("allowed"), item.node.origin)
        for item in node.items
        if (text := item.node.text(key).strip().lower())
    }
    return Listed(entries, node.flag("allowUnlisted"), node.origin_of("allowUnlisted"))


def _dotted(extension: str) -> str:
    return extension if extension.startswith(".") else f".{extension}"


def _denied(node: Node) -> tuple[Denied, ...]:
    return tuple(Denied(item.node.text("sequence").lower(), item.node.origin) for item in node.items)


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(item.node.text(name).strip().lower() for item in node.items)


def _rule(node: Node) -> FilteringRule:
    strings = (item.node.text("string").lower() for item in node.child("denyStrings").items)
    return FilteringRule(
        name=node.text("name").strip(),
        origin=node.origin,
        denied=tuple(strings),
        scans_url=node.flag("scanUrl"),
        scans_query=node.flag("scanQueryString"),
        scans_raw=node.flag("scanAllRaw"),
        denies_percent=node.flag("denyUnescapedPercent"),
        headers=_texts(node.child("scanHeaders"), "requestHeader"),
        extensions=frozenset(map(_dotted, _texts(node.child("appliesTo"), "fileExtension"))),
    )


REQUEST_FILTERING = Section("system.webServer/security/requestFiltering", _STOCK, _filtering)
