"""Attributes with their types: what IIS's schema calls bool, int, enum, flags and timeSpan. All raise
ConfigError.

Names are case-sensitive; values of bool, enum and flags are not. A value of None means that the attribute is
not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TypeVar

from webstead.formats.webconfig.document import Element

__all__ = ["bad_value", "boolean", "check", "choice", "integer", "is_left_out", "required", "seconds", "text"]

C = TypeVar("C", bound=str)

_LOCKS = frozenset(
    {"lockAllAttributesExcept", "lockAllElementsExcept", "lockAttributes", "lockElements", "lockItem"}
)
_ELSEWHERE = ("configSource", "configProtectionProvider")
_TIMESPAN = re.compile(r"(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")
_INVALID_DATA = "IIS answers 500.19, 0x8007000D"


def check(element: Element, attributes: Collection[str], children: Collection[str] = ()) -> None:
    """Refuses attributes and child elements that this element does not have. Locks are understood and have no
    effect."""
    for name in element.attributes:
        if name not in attributes and name not in _LOCKS:
            raise element.error(
                f"<{element.name}> has no attribute {name}",
                found=f"{name}={element.attributes[name].value!r} ({_INVALID_DATA})",
                fix=_suggest(name, attributes, "attribute"),
                attribute=name,
            )
    for child in element.children:
        if child.name not in children:
            raise child.error(
                f"<{element.name}> has no element <{child.name}>",
                found=f"<{child.name}> ({_INVALID_DATA})",
                fix=_suggest(child.name, children, "element"),
            )


def _suggest(name: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    for candidate in names:
        if candidate.lower() == name.lower():
            return f"Write {candidate}: names are case-sensitive."
    return f"Remove it; known here: {', '.join(names)}." if names else f"Remove it; no {what} is known here."


def is_left_out(element: Element) -> str | None:
    """The attribute that says that the section's body is in another file or encrypted, if one does."""
    return next((name for name in _ELSEWHERE if name in element.attributes), None)


def text(element: Element, name: str) -> str | None:
    found = element.attributes.get(name)
    return None if found is None else found.value


def required(element: Element, name: str, *, may_be_empty: bool = False) -> str:
    value = text(element, name)
    if value is None or not (value.strip() or may_be_empty):
        raise element.error(
            f"<{element.name}> needs the attribute {name}",
            found=f'{name}=""' if value is not None else f"<{element.name}> without {name} ({_INVALID_DATA})",
            fix=f'Add {name}="…".',
            attribute=name,
        )
    return value


def boolean(element: Element, name: str) -> bool | None:
    value = choice(element, name, ("true", "false"))
    return None if value is None else value == "true"


def choice(element: Element, name: str, choices: Collection[C]) -> C | None:
    value = text(element, name)
    if value is None:
        return None
    for candidate in choices:
        if candidate.lower() == value.strip().lower():
            return candidate
    raise bad_value(element, name, " or ".join(choices))


def integer(element: Element, name: str, low: int, high: int) -> int | None:
    value = text(element, name)
    if value is None:
        return None
    stripped = value.strip()
    # As many digits as any limit has: int() of a million digits would take its time.
    if re.fullmatch(r"[+-]?[0-9]{1,12}", stripped) is None or not low <= int(stripped) <= high:
        raise bad_value(element, name, f"a whole number from {low} to {high}")
    return int(stripped)


def seconds(element: Element, name: str, low: float, high: float) -> float | None:
    """A timeSpan, `[d.]hh:mm[:ss[.fraction]]`, in seconds."""
    value = text(element, name)
    if value is None:
        return None
    found = _TIMESPAN.fullmatch(value.strip())
    if found is None or int(found[2]) > 23 or int(found[3]) > 59 or int(found[4] or 0) > 59:
        raise bad_value(element, name, "a time as hh:mm:ss or d.hh:mm:ss")
    days, hours, minutes, whole = (int(part or 0) for part in found.groups()[:4])
    total = ((days * 24 + hours) * 60 + minutes) * 60 + whole + float(f"0.{found[5] or 0}")
    if not low <= total <= high:
        raise bad_value(element, name, f"a time from {low:g} to {high:g} seconds")
    return total


def bad_value(element: Element, name: str, allowed: str) -> Exception:
    return element.error(
        f"<{element.name} {name}> has a value that is not allowed",
        found=f"{name}={element.attributes[name].value!r} ({_INVALID_DATA})",
        fix=f"Write {allowed}.",
        attribute=name,
    )
