"""Rewrite rules as values, ready to run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from webstead.formats.webconfig.model import Origin
from webstead.formats.webconfig.pattern import Pattern
from webstead.formats.webconfig.variables import Template

__all__ = ["IS_ABSOLUTE", "Action", "ActionType", "Condition", "MatchType", "Rule", "UrlMatch"]

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
class Action:
    """`action`. status: the redirect's or the custom response's."""

    type: ActionType = "None"
    url: Template | None = None
    append_query_string: bool = True
    status: int = 0
    sub_status: int = 0
    reason: str = ""
    description: str = ""

    @property
    def is_proxy(self) -> bool:
        """Whether it is plain from the text that a Rewrite goes to another server."""
        return (
            self.type == "Rewrite" and self.url is not None and IS_ABSOLUTE.match(self.url.prefix) is not None
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """`rules/rule`. unsupported: what it needs and is not done; such a rule is passed over whole."""

    name: str
    match: UrlMatch
    action: Action
    origin: Origin
    conditions: tuple[Condition, ...] = ()
    any_condition: bool = False
    track_all_captures: bool = False
    stop_processing: bool = False
    enabled: bool = True
    unsupported: tuple[str, ...] = ()
