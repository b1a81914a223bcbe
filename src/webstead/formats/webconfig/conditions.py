"""The conditions of a rule, inbound or outbound: whether they hold, and what they captured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from webstead.formats.webconfig.model import FileKind
from webstead.formats.webconfig.rules import Condition
from webstead.formats.webconfig.urlpath import BadPath, resolve
from webstead.formats.webconfig.variables import Captures

__all__ = ["Conditional", "conditions_hold"]


Tell = Callable[[Condition, str, bool, tuple[str, ...]], None]
"""Hears of a condition: what it looked at, whether it holds, and what `{C:n}` stands for where it captured
anything."""


class Conditional(Protocol):
    """What has conditions. any_condition: one that holds is enough (logicalGrouping MatchAny)."""

    @property
    def conditions(self) -> tuple[Condition, ...]: ...

    @property
    def any_condition(self) -> bool: ...

    @property
    def track_all_captures(self) -> bool: ...


def conditions_hold(rule: Conditional, state: Captures, kind: FileKind, tell: Tell | None = None) -> bool:
    """Leaves what they captured in state. tell: told of each. Raises PatternTimeout."""
    tracked: list[str] = []
    for condition in rule.conditions:
        text = condition.input.expand(state)
        groups = _groups(condition, text, kind)
        holds = (groups is not None) != condition.negate
        if holds and groups:
            # The whole match is {C:0} once, of the first condition; the groups of all follow it.
            tracked.extend(groups[1:] if tracked else groups)
            state.conditions = tuple(tracked) if rule.track_all_captures else groups
        if tell is not None:
            tell(condition, text, holds, state.conditions if holds and groups else ())
        if holds == rule.any_condition:
            return holds
    return not rule.any_condition


def _groups(condition: Condition, text: str, kind: FileKind) -> tuple[str, ...] | None:
    if condition.pattern is not None:
        return condition.pattern.search(text)
    wanted = "file" if condition.match_type == "IsFile" else "folder"
    try:
        path = resolve("/" + text.lstrip("/\\"))
    except BadPath:
        return None
    return () if kind(path) == wanted else None
