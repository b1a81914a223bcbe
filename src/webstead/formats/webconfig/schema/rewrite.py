"""`rewrite/rules`: compiled; what a rule needs that is not done is noted, and the rule passed over whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.pattern import PatternSyntax, compile_pattern
from webstead.formats.webconfig.rules import Action, ActionType, Condition, Rule, UrlMatch
from webstead.formats.webconfig.schema.expressions import (
    CONDITIONS,
    SYNTAXES,
    conditions_of,
    pattern_of,
    template_of,
)
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Number, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["REWRITE_RULES"]

_ACTIONS: tuple[ActionType, ...] = get_args(ActionType)
_STATUS = {"Permanent": 301, "Found": 302, "SeeOther": 303, "Temporary": 307}

_RULE = Shape(
    {
        "name": Text(needed=True),
        "enabled": Flag(True),
        "patternSyntax": Choice(SYNTAXES, "ECMAScript"),
        "stopProcessing": Flag(),
    },
    {
        "match": Shape(
            {"url": Text(needed=True, may_be_empty=True), "ignoreCase": Flag(True), "negate": Flag()}
        ),
        "conditions": CONDITIONS,
        "serverVariables": Shape(
            items=Items(
                Shape(
                    {
                        "name": Text(needed=True),
                        "value": Text(needed=True, may_be_empty=True),
                        "replace": Flag(True),
                    }
                ),
                ("name",),
                add="set",
                removable=False,
            )
        ),
        "action": Shape(
            {
                "type": Choice(_ACTIONS, "None"),
                "url": Text(),
                "appendQueryString": Flag(True),
                "redirectType": Choice(tuple(_STATUS), "Permanent"),
                "logRewrittenUrl": Flag(),
                "statusCode": Number(1, 999, 0),
                "subStatusCode": Number(0, 999, 0),
                "statusReason": Text(),
                "statusDescription": Text(),
            }
        ),
    },
)
_SHAPE = Shape(items=Items(_RULE, ("name",), add="rule"))


def _rules(node: Node) -> tuple[tuple[str, Rule], ...]:
    """Each with the folder of the level that adds it."""
    return tuple((item.node.folder, _rule(item.node)) for item in node.items)


def _notes(node: Node) -> Iterator[Note]:
    for _, rule in _rules(node):
        if rule.enabled:
            yield from (Note(text, rule.origin, matters=True) for text in _not_done(rule))


def _not_done(rule: Rule) -> Iterator[str]:
    for reason in rule.unsupported:
        yield f"rule {rule.name!r} is not applied: {reason}"
    if rule.action.is_proxy and not rule.unsupported:
        yield f"rule {rule.name!r} passes requests to another server: not done yet, answered with 502"


def _rule(node: Node) -> Rule:
    syntax = node.choice("patternSyntax", SYNTAXES)
    grouping = node.child("conditions")
    conditions = conditions_of(grouping, syntax)
    action = _action(node.child("action"))
    return Rule(
        name=node.text("name").strip(),
        match=_url_match(node, syntax),
        action=action,
        origin=node.origin,
        conditions=conditions,
        any_condition=grouping.text("logicalGrouping") == "MatchAny",
        track_all_captures=grouping.flag("trackAllCaptures"),
        stop_processing=node.flag("stopProcessing"),
        enabled=node.flag("enabled"),
        unsupported=_unsupported(node, conditions, action),
    )


def _unsupported(node: Node, conditions: tuple[Condition, ...], action: Action) -> tuple[str, ...]:
    reasons: list[str] = []
    if node.child("serverVariables").items:
        reasons.append("serverVariables/set is not done yet")
    templates = [condition.input for condition in conditions]
    reasons.extend(
        f"{{{reference.name}:…}} is a rewrite map or provider, which are not done yet"
        for template in [*templates, *([action.url] if action.url else [])]
        for reference in template.references()
        if reference.kind == "map"
    )
    return tuple(dict.fromkeys(reasons))


def _url_match(rule: Node, syntax: PatternSyntax) -> UrlMatch:
    """A rule without `match` looks at its conditions only (the old Azure template writes one)."""
    if not rule.has("match"):
        return UrlMatch("", compile_pattern("", "ECMAScript", ignore_case=True))
    node = rule.child("match")
    return UrlMatch(
        node.text("url"), pattern_of(node, "url", syntax), node.flag("ignoreCase"), node.flag("negate")
    )


def _action(node: Node) -> Action:
    kind = node.choice("type", _ACTIONS)
    custom = node.number("statusCode")
    if kind == "CustomResponse" and custom < 200:
        raise node.error(
            "a CustomResponse needs a status code",
            found=f"statusCode={custom if node.is_said('statusCode') else None!r}",
            fix="Write statusCode= a number from 200 to 999.",
            attribute="statusCode",
        )
    if kind in ("Rewrite", "Redirect") and not node.is_said("url"):
        raise node.error(
            "<action> needs the attribute url",
            found=f"type={kind!r} without url (IIS answers 500.19, 0x8007000D)",
            fix='Add url="…".',
        )
    return Action(
        type=kind,
        url=template_of(node, "url") if kind in ("Rewrite", "Redirect") else None,
        append_query_string=node.flag("appendQueryString"),
        status=_STATUS[node.text("redirectType")] if kind == "Redirect" else custom,
        sub_status=node.number("subStatusCode"),
        reason=node.text("statusReason"),
        description=node.text("statusDescription"),
    )


REWRITE_RULES = Section("system.webServer/rewrite/rules", empty(_SHAPE), _rules, _notes)
