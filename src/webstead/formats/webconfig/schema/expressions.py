"""What rules of all kinds are made of: patterns, texts with references, and conditions."""

from __future__ import annotations

from typing import get_args

from webstead.formats.webconfig.pattern import BadPattern, Pattern, PatternSyntax, compile_pattern
from webstead.formats.webconfig.rules import Condition, MatchType
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Text
from webstead.formats.webconfig.schema.node import Node
from webstead.formats.webconfig.schema.shape import Items, Shape
from webstead.formats.webconfig.variables import BadTemplate, Template, parse_template

__all__ = ["CONDITIONS", "SYNTAXES", "conditions_of", "pattern_of", "template_of"]

SYNTAXES: tuple[PatternSyntax, ...] = get_args(PatternSyntax)
_MATCH_TYPES: tuple[MatchType, ...] = get_args(MatchType)

_CONDITION = Shape(
    {
        "input": Text(needed=True, may_be_empty=True),
        "matchType": Choice(_MATCH_TYPES, "Pattern"),
        "pattern": Text(),
        "ignoreCase": Flag(True),
        "negate": Flag(),
    }
)
CONDITIONS = Shape(
    {
        "logicalGrouping": Choice(("MatchAll", "MatchAny"), "MatchAll"),
        "trackAllCaptures": Flag(),
    },
    items=Items(_CONDITION, tuple(_CONDITION.attributes), removable=False, case_counts=True),
)


def conditions_of(node: Node, syntax: PatternSyntax) -> tuple[Condition, ...]:
    """Of the element `conditions`. Raises ConfigError."""
    return tuple(_condition(item.node, syntax) for item in node.items)


def _condition(node: Node, syntax: PatternSyntax) -> Condition:
    match_type = node.choice("matchType", _MATCH_TYPES)
    return Condition(
        input=template_of(node, "input"),
        match_type=match_type,
        source=node.text("pattern"),
        pattern=pattern_of(node, "pattern", syntax) if match_type == "Pattern" else None,
        ignore_case=node.flag("ignoreCase"),
        negate=node.flag("negate"),
    )


def pattern_of(node: Node, attribute: str, syntax: PatternSyntax) -> Pattern:
    """The pattern that an attribute holds, with the ignoreCase of its element. Raises ConfigError."""
    source = node.text(attribute)
    try:
        return compile_pattern(source, syntax, ignore_case=node.flag("ignoreCase"))
    except BadPattern as error:
        raise node.error(
            f"<{node.name} {attribute}> is no pattern",
            found=f"{source[:200]!r}: {error}",
            fix=f"Correct the pattern (patternSyntax is {syntax}).",
            attribute=attribute,
        ) from None


def template_of(node: Node, attribute: str) -> Template:
    """The text with references that an attribute holds. Raises ConfigError."""
    source = node.text(attribute)
    try:
        return parse_template(source)
    except BadTemplate as error:
        raise node.error(
            f"<{node.name} {attribute}> has a reference that cannot be read",
            found=f"{source[:200]!r}: {error} (IIS answers 500.52)",
            fix="Write references as {R:1}, {C:1}, {VARIABLE} or {Function:…}.",
            attribute=attribute,
        ) from None
