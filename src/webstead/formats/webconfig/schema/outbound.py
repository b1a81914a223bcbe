"""`rewrite/outboundRules`: rules for responses, with their preconditions and custom tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.outbound import NOT_SET, TAGS, OutboundRule, PreCondition, TagAttribute
from webstead.formats.webconfig.pattern import BadPattern, Finder, compile_finder
from webstead.formats.webconfig.rules import Condition
from webstead.formats.webconfig.schema.expressions import (
    CONDITIONS,
    SYNTAXES,
    conditions_of,
    pattern_of,
    template_of,
)
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Flags, Number, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["OUTBOUND_RULES"]

_PREFIX = "RESPONSE_"
_TAG_NAMES = (*TAGS, "CustomTags", "None")

_PRE_CONDITION = Shape(
    {
        "name": Text(needed=True),
        "logicalGrouping": Choice(("MatchAll", "MatchAny"), "MatchAll"),
        "patternSyntax": Choice(SYNTAXES, "ECMAScript"),
    },
    items=Items(
        Shape(
            {
                "input": Text(needed=True, may_be_empty=True),
                "pattern": Text(needed=True, may_be_empty=True),
                "ignoreCase": Flag(True),
                "negate": Flag(),
            }
        ),
        ("input", "pattern", "ignoreCase", "negate"),
        removable=False,
    ),
)
_TAG_LIST = Shape(
    {"name": Text(needed=True)},
    items=Items(
        Shape({"name": Text(needed=True), "attribute": Text(needed=True)}),
        ("name", "attribute"),
        add="tag",
        removable=False,
    ),
)
_RULE = Shape(
    {
        "name": Text(needed=True),
        "preCondition": Text(),
        "enabled": Flag(True),
        "patternSyntax": Choice(SYNTAXES, "ECMAScript"),
        "stopProcessing": Flag(),
    },
    {
        "match": Shape(
            {
                "serverVariable": Text(),
                "filterByTags": Flags(_TAG_NAMES, frozenset()),
                "customTags": Text(),
                "pattern": Text(needed=True, may_be_empty=True),
                "ignoreCase": Flag(True),
                "negate": Flag(),
                "occurrences": Number(0, 1000000, 0),
            }
        ),
        "conditions": CONDITIONS,
        "action": Shape(
            {"type": Choice(("None", "Rewrite"), "None"), "value": Text(), "replace": Flag(True)}
        ),
    },
)
_SHAPE = Shape(
    {"rewriteBeforeCache": Flag()},
    {
        "preConditions": Shape(items=Items(_PRE_CONDITION, ("name",), add="preCondition")),
        "customTags": Shape(items=Items(_TAG_LIST, ("name",), add="tags")),
    },
    Items(_RULE, ("name",), add="rule"),
)


def _rules(node: Node) -> tuple[OutboundRule, ...]:
    """Those that are enabled."""
    before = {item.key: _pre_condition(item.node) for item in node.child("preConditions").items}
    tags = {item.key: _tag_list(item.node) for item in node.child("customTags").items}
    rules = (item.node for item in node.items)
    return tuple(_rule(rule, before, tags) for rule in rules if rule.flag("enabled"))


def _notes(node: Node) -> Iterator[Note]:
    for rule in _rules(node):
        if rule.header in NOT_SET:
            yield Note(f"outbound rule {rule.name!r} cannot set {rule.header}", rule.origin, matters=True)
        if any(condition.pattern is None for condition in rule.conditions):
            text = f"outbound rule {rule.name!r}: IsFile and IsDirectory never hold for a response"
            yield Note(text, rule.origin, matters=True)


def _pre_condition(node: Node) -> PreCondition:
    syntax = node.choice("patternSyntax", SYNTAXES)
    conditions = tuple(
        Condition(
            input=template_of(item.node, "input"),
            match_type="Pattern",
            source=item.node.text("pattern"),
            pattern=pattern_of(item.node, "pattern", syntax),
            ignore_case=item.node.flag("ignoreCase"),
            negate=item.node.flag("negate"),
        )
        for item in node.items
    )
    return PreCondition(node.text("name"), conditions, node.text("logicalGrouping") == "MatchAny")


def _tag_list(node: Node) -> frozenset[TagAttribute]:
    return frozenset(
        (item.node.text("name").strip().lower(), item.node.text("attribute").strip().lower())
        for item in node.items
    )


def _rule(
    node: Node, before: Mapping[str, PreCondition], tag_lists: Mapping[str, frozenset[TagAttribute]]
) -> OutboundRule:
    match, grouping, action = node.child("match"), node.child("conditions"), node.child("action")
    if not node.has("match"):
        raise node.error(
            f"outbound rule {node.text('name')!r} has no <match>",
            found="<rule> without <match> (IIS answers 500.52)",
            fix='Add <match filterByTags="A" pattern="…" />, or one with serverVariable="RESPONSE_…".',
        )
    syntax = node.choice("patternSyntax", SYNTAXES)
    header, tags = _header(match), _tags(match, tag_lists)
    is_body = not header and not tags
    conditions = conditions_of(grouping, syntax)
    return OutboundRule(
        name=node.text("name").strip(),
        origin=node.origin,
        header=header,
        tags=tags,
        pattern=None if is_body else pattern_of(match, "pattern", syntax),
        finder=_finder(match, syntax) if is_body else None,
        negate=match.flag("negate"),
        most=match.number("occurrences"),
        value=template_of(action, "value") if action.text("type") == "Rewrite" else None,
        keeps=not action.flag("replace"),
        stop_processing=node.flag("stopProcessing"),
        pre_condition=_named(node, before),
        conditions=conditions,
        any_condition=grouping.text("logicalGrouping") == "MatchAny",
        track_all_captures=grouping.flag("trackAllCaptures"),
    )


def _named(node: Node, before: Mapping[str, PreCondition]) -> PreCondition | None:
    name = node.text("preCondition").strip()
    if not name:
        return None
    found = before.get(name.lower())
    if found is None:
        raise node.error(
            f"there is no precondition {name!r}",
            found=f"preCondition={name!r} (IIS answers 500.52)",
            fix="Add it to <preConditions>, or correct the name.",
            attribute="preCondition",
        )
    return found


def _header(match: Node) -> str:
    """The response header that a rule looks at; "" for none."""
    name = match.text("serverVariable").strip()
    if not name:
        return ""
    if not name.upper().startswith(_PREFIX) or len(name) == len(_PREFIX):
        raise match.error(
            "<match serverVariable> is no response header",
            found=f"serverVariable={name!r}",
            fix="Write RESPONSE_ and the header's name, as RESPONSE_Location.",
            attribute="serverVariable",
        )
    return name[len(_PREFIX) :].replace("_", "-").lower()


def _tags(match: Node, lists: Mapping[str, frozenset[TagAttribute]]) -> frozenset[TagAttribute]:
    names = match.flags("filterByTags")
    tags = {tag for name in names for tag in TAGS.get(name, ())}
    if "CustomTags" in names:
        wanted = match.text("customTags").strip()
        if wanted.lower() not in lists:
            raise match.error(
                f"there is no list of tags {wanted!r}",
                found=f"customTags={wanted!r} (IIS answers 500.52)",
                fix='Add it: <customTags><tags name="…"><tag name="…" attribute="…" /></tags></customTags>.',
                attribute="customTags",
            )
        tags |= lists[wanted.lower()]
    return frozenset(tags)


def _finder(match: Node, syntax: str) -> Finder:
    """Of the whole body."""
    source = match.text("pattern")
    if syntax == "Wildcard":
        raise match.error(
            "a Wildcard pattern cannot be looked for in a whole body",
            found=f"pattern={source[:200]!r} without filterByTags (IIS answers 500.52)",
            fix='Write patternSyntax="ECMAScript", or add filterByTags.',
            attribute="pattern",
        )
    try:
        return compile_finder(
            _literal(source) if syntax == "ExactMatch" else source, ignore_case=match.flag("ignoreCase")
        )
    except BadPattern as error:
        raise match.error(
            "<match pattern> is no pattern",
            found=f"{source[:200]!r}: {error}",
            fix=f"Correct the pattern (patternSyntax is {syntax}).",
            attribute="pattern",
        ) from None


def _literal(text: str) -> str:
    return "".join(char if char.isalnum() or not char.isascii() else f"\\{char}" for char in text)


OUTBOUND_RULES = Section("system.webServer/rewrite/outboundRules", empty(_SHAPE), _rules, _notes)
