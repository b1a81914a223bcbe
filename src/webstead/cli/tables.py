"""Rows for people: columns that stand below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

__all__ = ["first_line", "rows", "when"]

_LONGEST = 80


def rows(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Each column as wide as its widest; the last one ends where it ends."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def when(time: datetime | None) -> str:
    """As the clock on the wall has it; "" for None."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M:%S}"


def first_line(text: str) -> str:
    """Of a message, as far as it fits."""
    return (text.splitlines() or [""])[0][:_LONGEST]
