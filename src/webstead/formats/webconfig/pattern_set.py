"""Which of many patterns match a text, without running each.

re2's FilteredRE2 finds the letters that patterns need in one pass over the text, and runs only those whose
letters are there. So the cost depends on the text, hardly on the number of patterns.
"""

from __future__ import annotations

from collections.abc import Sequence

import re2

from webstead.formats.webconfig.pattern import Linear, options_of

__all__ = ["PatternSet"]

_MOST = 500
"""Patterns of one filter: it keeps its automaton in 8 MB at most, and refuses to be made with too many
letters."""

_Member = tuple[int, Linear]


class PatternSet:
    """members: each with its number, which may occur several times."""

    __slots__ = ("_always", "_filters")

    def __init__(self, members: Sequence[_Member]) -> None:
        self._filters: list[tuple[re2.Filter, tuple[int, ...]]] = []
        self._always: list[int] = []
        for start in range(0, len(members), _MOST):
            self._add(members[start : start + _MOST])

    def _add(self, members: Sequence[_Member]) -> None:
        made = _filter(members)
        if made is not None:
            self._filters.append((made, tuple(number for number, _ in members)))
        elif len(members) == 1:
            self._always.append(members[0][0])
        else:
            half = len(members) // 2
            self._add(members[:half])
            self._add(members[half:])

    def matching(self, text: str) -> list[int]:
        """The numbers of those that match, and maybe of some that do not."""
        found = self._always.copy()
        data = text.encode("utf-8", "replace")
        for each, numbers in self._filters:
            places = each.Match(data)
            if places is not None:
                found += [numbers[place] for place in places]
        return found


def _filter(members: Sequence[_Member]) -> re2.Filter | None:
    """None when re2 cannot hold so many together."""
    made = re2.Filter()
    try:
        for _, linear in members:
            made.Add(linear.text, options_of(linear))
        made.Compile()
    except re2.error:
        return None
    return made
