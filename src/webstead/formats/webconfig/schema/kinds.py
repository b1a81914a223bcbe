"""The kinds of an attribute's value, as IIS's schema has them: text, bool, int, enum, flags, timeSpan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from webstead.formats.webconfig.attributes import bad_value, boolean, choice, integer, required, seconds, text
from webstead.formats.webconfig.document import Element

__all__ = ["Choice", "Flag", "Flags", "Kind", "Number", "Span", "Text", "Value"]

Value = str | bool | int | float | frozenset[str]


class Kind(Protocol):
    """needed: whether the attribute must be there."""

    @property
    def default(self) -> Value: ...

    @property
    def needed(self) -> bool: ...

    def read(self, element: Element, name: str) -> Value | None:
        """The value that an element gives the attribute, None when it gives none. Raises ConfigError."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """may_be_empty: also where it is needed. filled: not blank where it is there."""

    default: str = ""
    needed: bool = False
    may_be_empty: bool = False
    filled: bool = False

    def read(self, element: Element, name: str) -> str | None:
        if self.needed or (self.filled and name in element.attributes):
            return required(element, name, may_be_empty=self.may_be_empty)
        return text(element, name)


@dataclass(frozen=True, slots=True)
class Flag:
    default: bool = False
    needed: bool = False

    def read(self, element: Element, name: str) -> bool | None:
        if self.needed:
            required(element, name)
        return boolean(element, name)


@dataclass(frozen=True, slots=True)
class Number:
    low: int
    high: int
    default: int
    needed: bool = False

    def read(self, element: Element, name: str) -> int | None:
        if self.needed:
            required(element, name)
        return integer(element, name, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some names, whose case does not count."""

    choices: tuple[str, ...]
    default: str
    needed: bool = False

    def read(self, element: Element, name: str) -> str | None:
        if self.needed:
            required(element, name)
        return choice(element, name, self.choices)


@dataclass(frozen=True, slots=True)
class Flags:
    """Several names, between commas; ignored: names that are there and mean nothing here."""

    choices: tuple[str, ...]
    default: frozenset[str]
    ignored: frozenset[str] = frozenset()
    needed: bool = False

    def read(self, element: Element, name: str) -> frozenset[str] | None:
        written = text(element, name)
        if written is None:
            return None
        given = {flag.lower() for flag in re.split(r"[,\s]+", written.strip()) if flag}
        known = {flag.lower(): flag for flag in self.choices}
        if given - {*known, *self.ignored}:
            raise bad_value(
                element, name, f"some of {', '.join(map(str.capitalize, self.choices))}, separated by commas"
            )
        return frozenset(known[flag] for flag in given if flag in known)


@dataclass(frozen=True, slots=True)
class Span:
    """A time; low, high and default are seconds."""

    low: float
    high: float
    default: float
    needed: bool = False

    def read(self, element: Element, name: str) -> float | None:
        return seconds(element, name, self.low, self.high)
