"""The ids of packages, and the ids by which Python's site extensions were known before."""

from __future__ import annotations

import re

from webstead.formats.windows_names import windows_fault

__all__ = ["id_fault", "present_id", "same_id"]

LONGEST = 100
"""Characters, as NuGet has it."""

_FORM = re.compile(r"[A-Za-z0-9_]+(?:[_.-][A-Za-z0-9_]+)*+")

_MOVED = re.compile(r"python(?:27[0-9]{1,2}|3[0-9]{2,3})x(?:64|86)", re.IGNORECASE)
"""All that the first gallery had. Kudu knows 2714, 353, 354, 362 and 364 alone; people still ask for 351 and
352."""

_NOW = "azureappservice-"


def id_fault(text: str) -> str:
    """Why this cannot be the id of a package, "" when it can. Nothing in an id means another folder: it
    begins and ends with a letter, a digit or `_`, and no two dots stand together."""
    if not text:
        return "it is empty"
    if len(text) > LONGEST:
        return f"it has {len(text)} characters; at most {LONGEST} are allowed"
    if _FORM.fullmatch(text) is None:
        return "it has other signs than letters and digits with `.`, `-` and `_` between them"
    return windows_fault(text)


def same_id(one: str, other: str) -> bool:
    """Ids are without regard to case."""
    return one.lower() == other.lower()


def present_id(text: str) -> str:
    """The id that took the place of an old one (`python364x64`: `azureappservice-python364x64`); the id
    itself where none did."""
    return f"{_NOW}{text}" if _MOVED.fullmatch(text) else text
