"""Patterns that re2 cannot run (look-around, back-references): by `regex`, under a time-out.

Loaded when the first such pattern comes: `regex` takes 30 ms to import, and few sites need it.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from webstead.formats.webconfig.pattern import Found, PatternTimeout

__all__ = ["SECONDS", "Backtracking", "NotUnderstood"]

SECONDS = 0.05
"""Longest time of one back-tracking search. A search that is in order takes microseconds."""


class NotUnderstood(ValueError):
    """`regex` refuses the pattern, too."""


class Backtracking:
    """A compiled pattern. search raises PatternTimeout."""

    __slots__ = ("_compiled",)
    linear = None

    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        flags = regex.ASCII | regex.VERSION0 | (regex.IGNORECASE if ignore_case else 0)
        try:
            self._compiled = regex.compile(pattern, flags)
        except (regex.error, OverflowError, RecursionError) as error:
            raise NotUnderstood(str(error)) from None

    def search(self, text: str) -> tuple[str, ...] | None:
        try:
            found = self._compiled.search(text, timeout=SECONDS)
        except TimeoutError:
            raise PatternTimeout(self._compiled.pattern) from None
        return None if found is None else (found[0], *(group or "" for group in found.groups()))

    def find_all(self, text: str) -> Iterator[Found]:
        try:
            for found in self._compiled.finditer(text, timeout=SECONDS):
                groups = (found[0], *(group or "" for group in found.groups()))
                yield Found(found.start(), found.end(), groups)
        except TimeoutError:
            raise PatternTimeout(self._compiled.pattern) from None
