"""`security/requestFiltering`: which requests are refused before anything is done for them."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.formats.webconfig.filtering import FilteringRule, Limit, Listed, RequestFiltering
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
        extensions=_listed(node.child("fileExtensions"), "fileExtension"),
        verbs=_listed(node.child("verbs"), "verb"),
        hidden=frozenset(_texts(node.child("hiddenSegments"), "segment")),
        denied_in_url=_texts(node.child("denyUrlSequences"), "sequence"),
        denied_in_query=_texts(node.child("denyQueryStringSequences"), "sequence"),
        allowed_urls=frozenset(_texts(node.child("alwaysAllowedUrls"), "url")),
        allowed_queries=frozenset(_texts(node.child("alwaysAllowedQueryStrings"), "queryString")),
        rules=tuple(_rule(item.node) for item in node.child("filteringRules").items),
    )


def _limit(node: Node, name: str) -> Limit | None:
    """None where no file sets it."""
    return Limit(node.number(name), node.origin_of(name)) if node.is_said(name) else None


def _listed(node: Node, key: str) -> Listed:
    entries = {item.node.text(key).strip().lower(): item.node.flag("allowed") for item in node.items}
    return Listed(entries, node.flag("allowUnlisted"))


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(item.node.text(name).lower() for item in node.items)


def _rule(node: Node) -> FilteringRule:
    return FilteringRule(
        name=node.text("name").strip(),
        origin=node.origin,
        denied=_texts(node.child("denyStrings"), "string"),
        scans_url=node.flag("scanUrl"),
        scans_query=node.flag("scanQueryString"),
        scans_raw=node.flag("scanAllRaw"),
        denies_percent=node.flag("denyUnescapedPercent"),
        headers=_texts(node.child("scanHeaders"), "requestHeader"),
        extensions=frozenset(_texts(node.child("appliesTo"), "fileExtension")),
    )


def _notes(node: Node) -> Iterator[Note]:
    if node.flag("removeServerHeader"):
        text = "requestFiltering removeServerHeader: the header stays; an outbound rule can empty it"
        yield Note(text, node.origin_of("removeServerHeader"), matters=True)


REQUEST_FILTERING = Section("system.webServer/security/requestFiltering", empty(_SHAPE), _filtering, _notes)
