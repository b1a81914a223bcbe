"""Ids, as people type them: whole, or the beginning of one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from webstead.errors import UsageError

__all__ = ["whole_id"]

_SHOWN = 10


def whole_id(start: str, ids: Iterable[str], *, noun: str, fix: str) -> str:
    """The one that is this, or begins so. noun: what has these ids, as `release`. Raises UsageError for none
    and for several."""
    there = list(ids)
    fitting = [each for each in there if each.startswith(start)] if start else []
    if start in there:
        return start
    if len(fitting) == 1:
        return fitting[0]
    what = f"Several {noun}s begin so." if fitting else f"There is no {noun} of this id."
    listed = fitting or there
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    raise UsageError(what, found=", ".join(listed[:_SHOWN]) + more or f"no {noun}", fix=fix)
