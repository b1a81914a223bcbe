"""Which rules can fire for a request, found without looking at each.

Most rules are decided by their pattern; those that look at every URL (`(.*)`) mostly by a condition on one
variable, the host say. All patterns are asked at once, of one text: each thing that they look at is a line
of it. A line may match what is meant for another, which costs a look and no more. What nothing decides is
always looked at. (One question, not one for each thing: re2 releases the interpreter's lock for each, and
another thread of the front's server may take it.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from webstead.formats.webconfig.pattern import Linear
from webstead.formats.webconfig.pattern_set import PatternSet
from webstead.formats.webconfig.rules import Condition, Rule
from webstead.formats.webconfig.variables import OF_CONNECTION, OF_TARGET, Captures, Reference, variable

__all__ = ["RuleIndex", "subject_of"]

_OF_ALL = frozenset(["", "^", "$", ".*", "(.*)", "^.*", "^(.*)", ".*$", "(.*)$", "^.*$", "^(.*)$"])
"""Patterns that match every URL, or nearly."""
_ASKED = OF_TARGET | OF_CONNECTION
"""Variables that decide: asking for them never makes a route hold for fewer requests than it would."""


def subject_of(path: str, folder: str) -> str | None:
    """What `match` looks at: the path from the folder on. None when an earlier rule has led out of the
    folder."""
    if not folder:
        return path[1:]
    start = len(folder) + 1
    if path[1:start].lower() != folder.lower() or path[start : start + 1] not in ("/", ""):
        return None
    return path[start + 1 :]


class RuleIndex:
    """rules: each with the folder that its pattern counts from."""

    def __init__(self, rules: Sequence[tuple[str, Rule]]) -> None:
        members: list[tuple[int, Linear]] = []
        folders: dict[str, None] = {}
        variables: dict[str, None] = {}
        always: list[int] = []
        for number, (folder, rule) in enumerate(rules):
            pattern = _deciding_pattern(rule)
            if pattern is not None:
                members.append((number, pattern))
                folders[folder] = None
                continue
            conditions = _deciding_conditions(rule)
            members += ((number, pattern) for _, pattern in conditions)
            variables.update((name, None) for name, _ in conditions)
            if not conditions:
                always.append(number)
        self._patterns = PatternSet(members)
        self._folders = tuple(folders)
        self._variables = tuple(variables)
        self._always = tuple(always)

    def candidates(self, captures: Captures) -> Sequence[int]:
        """The places, in order, of all rules that can fire for the request as it is now, and of some that
        cannot."""
        lines = [subject_of(captures.path, folder) or "" for folder in self._folders]
        lines += [variable(name, captures) for name in self._variables]
        found = self._patterns.matching("\n".join(lines))
        return sorted({*found, *self._always}) if found else self._always


def _deciding_pattern(rule: Rule) -> Linear | None:
    if rule.match.negate or rule.match.source in _OF_ALL:
        return None
    return _known(rule.match.pattern.linear)


def _known(linear: Linear | None) -> Linear | None:
    return linear if linear is not None and linear.text else None


def _deciding_conditions(rule: Rule) -> list[tuple[str, Linear]]:
    """Variables and patterns of which one must match for the rule to fire; empty when nothing is certain.

    A rule that may end with an error before it comes to a condition is not decided by that.
    """
    if rule.match.pattern.linear is None:
        return []
    plain = list(_plain(rule.conditions))
    if not rule.any_condition:
        return next(([(name, pattern)] for name, pattern, negate in plain if not negate), [])
    if len(plain) < len(rule.conditions) or any(negate for _, _, negate in plain):
        return []
    return [(name, pattern) for name, pattern, _ in plain]


def _plain(conditions: Iterable[Condition]) -> Iterator[tuple[str, Linear, bool]]:
    """The first conditions of a rule, as far as each has a pattern and looks at one variable: with whether it
    is negated."""
    for condition in conditions:
        parts = condition.input.parts
        pattern = None if condition.pattern is None else _known(condition.pattern.linear)
        if pattern is None or len(parts) != 1 or not isinstance(parts[0], Reference):
            return
        if parts[0].kind != "variable" or parts[0].name not in _ASKED:
            return
        yield parts[0].name, pattern, condition.negate
