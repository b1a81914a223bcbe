"""`rewrite/rules`: read and compiled; what a rule needs that is not done is noted, and the rule passed over
whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from webstead.formats.webconfig.attributes import boolean, check, choice, integer, required, text
from webstead.formats.webconfig.configuration import Level, appended
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.pattern import BadPattern, Pattern, PatternSyntax, compile_pattern
from webstead.formats.webconfig.rules import Action, ActionType, Condition, MatchType, Rule, UrlMatch
from webstead.formats.webconfig.schema.collection import edits
from webstead.formats.webconfig.variables import BadTemplate, Template, parse_template

__all__ = ["read_rules"]

_SYNTAXES: tuple[PatternSyntax, ...] = get_args(PatternSyntax)
_MATCH_TYPES: tuple[MatchType, ...] = get_args(MatchType)
_ACTIONS: tuple[ActionType, ...] = get_args(ActionType)
_STATUS = {"Permanent": 301, "Found": 302, "SeeOther": 303, "Temporary": 307}
_RULE = ("name", "enabled", "patternSyntax", "stopProcessing")
_RULE_CHILDREN = ("match", "conditions", "serverVariables", "action")
_ACTION = (
    "type",
    "url",
    "appendQueryString",
    "redirectType",
    "logRewrittenUrl",
    "statusCode",
    "subStatusCode",
    "statusReason",
    "statusDescription",
)


def read_rules(element: Element, level: Level, notes: list[Note]) -> Level:
    check(element, (), ("rule", "remove", "clear"))

    def rule(child: Element) -> tuple[str, Rule]:
        found = _rule(child)
        if found.enabled:
            notes.extend(Note(text, found.origin, matters=True) for text in _not_done(found))
        return found.name, found

    return replace(level, rules=edits(element, rule, add="rule", remove_by="name"))


def _not_done(rule: Rule) -> Iterator[str]:
    for reason in rule.unsupported:
        yield f"rule {rule.name!r} is not applied: {reason}"
    if rule.action.is_proxy and not rule.unsupported:
        yield f"rule {rule.name!r} passes requests to another server: not done yet, answered with 502"


def _rule(element: Element) -> Rule:
    check(element, _RULE, _RULE_CHILDREN)
    syntax = choice(element, "patternSyntax", _SYNTAXES) or "ECMAScript"
    grouping = element.child("conditions")
    conditions: tuple[Condition, ...] = ()
    if grouping is not None:
        check(grouping, ("logicalGrouping", "trackAllCaptures"), ("add", "clear"))
        conditions = _conditions(grouping, syntax)
    action = _action(element.child("action"))
    return Rule(
        name=required(element, "name").strip(),
        match=_url_match(element.child("match"), syntax),
        action=action,
        origin=element.origin,
        conditions=conditions,
        any_condition=grouping is not None
        and choice(grouping, "logicalGrouping", ("MatchAll", "MatchAny")) == "MatchAny",
        track_all_captures=(grouping is not None and boolean(grouping, "trackAllCaptures")) or False,
        stop_processing=boolean(element, "stopProcessing") or False,
        enabled=boolean(element, "enabled") is not False,
        unsupported=_unsupported(element, conditions, action),
    )


def _unsupported(element: Element, conditions: tuple[Condition, ...], action: Action) -> tuple[str, ...]:
    reasons: list[str] = []
    variables = element.child("serverVariables")
    if variables is not None and any(child.name == "set" for child in variables.children):
        reasons.append("serverVariables/set is not done yet")
    templates = [condition.input for condition in conditions]
    reasons.extend(
        f"{{{reference.name}:…}} is a rewrite map or provider, which are not done yet"
        for template in [*templates, *([action.url] if action.url else [])]
        for reference in template.references()
        if reference.kind == "map"
    )
    return tuple(dict.fromkeys(reasons))


def _url_match(element: Element | None, syntax: PatternSyntax) -> UrlMatch:
    """A rule without `match` looks at its conditions only (the old Azure template writes one)."""
    if element is None:
        return UrlMatch("", compile_pattern("", "ECMAScript", ignore_case=True))
    check(element, ("url", "ignoreCase", "negate"))
    source = required(element, "url", may_be_empty=True)
    ignore_case = boolean(element, "ignoreCase") is not False
    pattern = _pattern(element, "url", source, syntax, ignore_case)
    return UrlMatch(source, pattern, ignore_case, boolean(element, "negate") or False)


def _conditions(element: Element, syntax: PatternSyntax) -> tuple[Condition, ...]:
    found = edits(element, lambda child: _condition(child, syntax), remove_by=None)
    return tuple(add.value for add in appended((), found))


def _condition(element: Element, syntax: PatternSyntax) -> tuple[str, Condition]:
    """All five attributes are the key."""
    check(element, ("input", "matchType", "pattern", "ignoreCase", "negate"))
    match_type = choice(element, "matchType", _MATCH_TYPES) or "Pattern"
    source = text(element, "pattern") or ""
    ignore_case = boolean(element, "ignoreCase") is not False
    negate = boolean(element, "negate") or False
    condition = Condition(
        input=_template(element, "input", required(element, "input", may_be_empty=True)),
        match_type=match_type,
        source=source,
        pattern=_pattern(element, "pattern", source, syntax, ignore_case)
        if match_type == "Pattern"
        else None,
        ignore_case=ignore_case,
        negate=negate,
    )
    return "\0".join((condition.input.source, match_type, source, str(ignore_case), str(negate))), condition


def _action(element: Element | None) -> Action:
    if element is None:
        return Action()
    check(element, _ACTION)
    kind = choice(element, "type", _ACTIONS) or "None"
    boolean(element, "logRewrittenUrl")
    redirect = choice(element, "redirectType", tuple(_STATUS)) or "Permanent"
    custom = integer(element, "statusCode", 1, 999)
    if kind == "CustomResponse" and not (custom and custom >= 200):
        raise element.error(
            "a CustomResponse needs a status code",
            found=f"statusCode={text(element, 'statusCode')!r}",
            fix="Write statusCode= a number from 200 to 999.",
            attribute="statusCode",
        )
    url = required(element, "url", may_be_empty=True) if kind in ("Rewrite", "Redirect") else None
    return Action(
        type=kind,
        url=None if url is None else _template(element, "url", url),
        append_query_string=boolean(element, "appendQueryString") is not False,
        status=_STATUS[redirect] if kind == "Redirect" else custom or 0,
        sub_status=integer(element, "subStatusCode", 0, 999) or 0,
        reason=text(element, "statusReason") or "",
        description=text(element, "statusDescription") or "",
    )


def _pattern(
    element: Element, attribute: str, source: str, syntax: PatternSyntax, ignore_case: bool
) -> Pattern:
    try:
        return compile_pattern(source, syntax, ignore_case=ignore_case)
    except BadPattern as error:
        raise element.error(
            f"<{element.name} {attribute}> is no pattern",
            found=f"{source[:200]!r}: {error}",
            fix=f"Correct the pattern (patternSyntax is {syntax}).",
            attribute=attribute,
        ) from None


def _template(element: Element, attribute: str, source: str) -> Template:
    try:
        return parse_template(source)
    except BadTemplate as error:
        raise element.error(
            f"<{element.name} {attribute}> has a reference that cannot be read",
            found=f"{source[:200]!r}: {error} (IIS answers 500.52)",
            fix="Write references as {R:1}, {C:1}, {VARIABLE} or {Function:…}.",
            attribute=attribute,
        ) from None
