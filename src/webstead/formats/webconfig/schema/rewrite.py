"""`rewrite/rules` and `rewrite/globalRules`: compiled. Global rules see the full path of the site, run before
the folder's own, and may set any server variable; what stands on the disk they do not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from webstead.formats.webconfig.model import Note, Origin
from webstead.formats.webconfig.pattern import PatternSyntax, compile_pattern
from webstead.formats.webconfig.remote import server_is_open
from webstead.formats.webconfig.rules import Action, ActionType, Rule, SetVariable, UrlMatch
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
from webstead.formats.webconfig.settable import unsettable

__all__ = ["GLOBAL_RULES", "REWRITE_RULES"]

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


def _global_rules(node: Node) -> tuple[tuple[str, Rule], ...]:
    """All count from the site's root, wherever they are written."""
    return tuple(("", _rule(item.node, is_global=True)) for item in node.items)


def _notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        if item.node.flag("enabled"):
            name = item.node.text("name").strip()
            for origin, text in _doubts(item.node):
                yield Note(f"rule {name!r} {text}", origin, matters=True)


def _doubts(node: Node) -> Iterator[tuple[Origin, str]]:
    """What of a rule is not done, or works for few requests only, with its place."""
    for item in node.child("serverVariables").items:
        reason = unsettable(_variable_name(item.node))
        if reason:
            yield item.node.origin, f"cannot set {item.node.text('name')}: {reason}"
    action = node.child("action")
    if action.text("type") == "Rewrite" and server_is_open(template_of(action, "url")):
        text = (
            "leaves it to the request which server is asked: only those are that a rule or a value of a"
            " rewrite map names, and requests for others are answered with 502.3"
        )
        yield action.origin, text


def _rule(node: Node, *, is_global: bool = False) -> Rule:
    syntax = node.choice("patternSyntax", SYNTAXES)
    grouping = node.child("conditions")
    if is_global:
        _refuse_disk(grouping)
    return Rule(
        name=node.text("name").strip(),
        match=_url_match(node, syntax),
        action=_action(node.child("action")),
        origin=node.origin,
        syntax=syntax,
        conditions=conditions_of(grouping, syntax),
        any_condition=grouping.text("logicalGrouping") == "MatchAny",
        track_all_captures=grouping.flag("trackAllCaptures"),
        sets=tuple(_sets(node.child("serverVariables"))),
        stop_processing=node.flag("stopProcessing"),
        enabled=node.flag("enabled"),
        is_global=is_global,
    )


def _sets(node: Node) -> Iterator[SetVariable]:
    for item in node.items:
        name = _variable_name(item.node)
        if not unsettable(name):
            yield SetVariable(name, template_of(item.node, "value"), item.node.flag("replace"))


def _variable_name(node: Node) -> str:
    return node.text("name").strip().upper().replace("-", "_")


def _refuse_disk(conditions: Node) -> None:
    for item in conditions.items:
        match_type = item.node.text("matchType")
        if match_type != "Pattern":
            raise item.node.error(
                "a global rule cannot ask what stands on the disk",
                found=f"matchType={match_type!r} (IIS answers 500.52)",
                fix="Move the rule to <rules>, or look at the URL with a pattern.",
                attribute="matchType",
            )


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
        log_rewritten=node.flag("logRewrittenUrl"),
        status=_STATUS[node.text("redirectType")] if kind == "Redirect" else custom,
        sub_status=node.number("subStatusCode"),
        reason=node.text("statusReason"),
        description=node.text("statusDescription"),
    )


REWRITE_RULES = Section("system.webServer/rewrite/rules", empty(_SHAPE), _rules, _notes)
GLOBAL_RULES = Section("system.webServer/rewrite/globalRules", empty(_SHAPE), _global_rules, _notes)
