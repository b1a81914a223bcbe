"""Rewrite rules as values, ready to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from webstead.formats.webconfig.model import Origin
from webstead.formats.webconfig.pattern import Pattern, PatternSyntax
from webstead.formats.webconfig.variables import Template

__all__ = [
    "IS_ABSOLUTE",
    "Action",
    "ActionType",
    "Condition",
    "MatchType",
    "Rule",
    "SetVariable",
    "UrlMatch",
]

IS_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
"""A URL with a scheme: as a Rewrite's target it means another server."""

MatchType = Literal["Pattern", "IsFile", "IsDirectory"]
ActionType = Literal["None", "Rewrite", "Redirect", "CustomResponse", "AbortRequest"]


@dataclass(frozen=True, slots=True)
class UrlMatch:
    """`match`. source: the pattern as written."""

    source: str
    pattern: Pattern = field(compare=False)
    ignore_case: bool = True
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """`conditions/add`. pattern: None for IsFile and IsDirectory."""

    input: Template
    match_type: MatchType
    source: str
    pattern: Pattern | None = field(compare=False)
    ignore_case: bool = True
    negate: bool = False


@dataclass(frozen=True, slots=True)
class SetVariable:
    """`serverVariables/set`. name: upper case. replace: also where the variable has a value already."""

    name: str
    value: Template
    replace: bool = True


@dataclass(frozen=True, slots=True)
class Action:
    """`action`. status: the redirect's or the custom response's."""

    type: ActionType = "None"
    url: Template | None = None
    append_query_string: bool = True
    log_rewritten: bool = False
    status: int = 0
    sub_status: int = 0
    reason: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`rules/rule` or `globalRules/rule`. is_global: it may set any server variable."""

    name: str
    match: UrlMatch
    action: Action
    origin: Origin
    syntax: PatternSyntax = "ECMAScript"
    conditions: tuple[Condition, ...] = ()
    any_condition: bool = False
    track_all_captures: bool = False
    sets: tuple[SetVariable, ...] = ()
    stop_processing: bool = False
    enabled: bool = True
    is_global: bool = False

    def templates(self) -> Iterator[Template]:
        """All texts of the rule that hold references."""
        yield from (condition.input for condition in self.conditions)
        yield from (variable.value for variable in self.sets)
        if self.action.url is not None:
            yield self.action.url
