"""What is told of those who are not known: the first refusal of an address within a minute at once, and how
many of the same kind followed when the minute is over. So a flood is two lines a minute for each address.
Pure but for its own memory.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from webstead.services.audit_line import AuditLine

__all__ = ["ADDRESSES", "SECONDS", "Strangers"]

SECONDS = 60.0

ADDRESSES = 4096
"""So many sums are kept, the latest ones; one that has to go is told before its minute is over."""


@dataclass(slots=True)
class _Sum:
    """since: when its first one came, which has been told. more: how many came after it, the last with
    `line`."""

    since: float
    line: AuditLine
    more: int = 0


class Strangers:
    """Times are monotonic seconds."""

    def __init__(self) -> None:
        self._sums: OrderedDict[tuple[str, str], _Sum] = OrderedDict()

    def noted(self, line: AuditLine, now: float) -> list[AuditLine]:
        """What is to be written now that this one came."""
        told, key = self.due(now), (line.client, line.refused)
        found = self._sums.get(key)
        if found is not None:
            found.line, found.more = line, found.more + 1
            return told
        self._sums[key] = _Sum(now, line)
        if len(self._sums) > ADDRESSES:
            told += self._oldest()
        return [*told, line]

    def due(self, now: float) -> list[AuditLine]:
        """The sums of minutes that are over; they are begun anew."""
        told: list[AuditLine] = []
        while self._sums and now - next(iter(self._sums.values())).since >= SECONDS:
            told += self._oldest()
        return told

    def rest(self) -> list[AuditLine]:
        """All sums, at the end."""
        told: list[AuditLine] = []
        while self._sums:
            told += self._oldest()
        return told

    def _oldest(self) -> list[AuditLine]:
        _, found = self._sums.popitem(last=False)
        return [replace(found.line, count=found.more)] if found.more else []
