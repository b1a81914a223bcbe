"""Which Pythons get bug fixes, which only security fixes, and which none any more, on a given day. Pure.

The dates and their sources are in `data/python-versions.toml`, a part of this package; the day comes in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = [
    "PythonSupport",
    "Status",
    "SupportTable",
    "minor_of",
    "read_support_table",
    "recommended",
    "support_of",
    "support_table",
]

Status = Literal["prerelease", "bugfix", "security", "end-of-life"]

_DATA = "data/python-versions.toml"
_NOTICE = timedelta(days=183)
_SETTLED = timedelta(days=365)
_VERSION = re.compile(r"\d+\.\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class PythonSupport:
    """A minor version of CPython. bugfix_end: the last regular release; end_of_life: the last day with
    security fixes.

    Raises ValueError when the dates are not in that order.
    """

    version: str
    first_release: date
    bugfix_end: date
    end_of_life: date

    def __post_init__(self) -> None:
        if not self.first_release <= self.bugfix_end <= self.end_of_life:
            raise ValueError(f"Python {self.version}: its dates are not in order")

    def status(self, day: date) -> Status:
        if day < self.first_release:
            return "prerelease"
        if day <= self.bugfix_end:
            return "bugfix"
        return "security" if day <= self.end_of_life else "end-of-life"

    def ends_soon(self, day: date) -> bool:
        """Whether security fixes end within half a year of this day."""
        return day <= self.end_of_life < day + _NOTICE

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))


@dataclass(frozen=True, slots=True)
class SupportTable:
    """looked_over: the day on which people last compared the table with its sources. Dates after it are
    scheduled."""

    looked_over: date
    sources: tuple[str, ...]
    versions: tuple[PythonSupport, ...]

    def __post_init__(self) -> None:
        orders = [support.order for support in self.versions]
        if orders != sorted(set(orders)):
            raise ValueError("the versions are not in order")


@cache
def support_table() -> SupportTable:
    """The table that is shipped."""
    return read_support_table(files("webstead.plan").joinpath(_DATA).read_text("utf-8"))


def read_support_table(text: str) -> SupportTable:
    """Raises ValueError, KeyError or TypeError for what is no such table."""
    data = tomllib.loads(text)
    return SupportTable(
        _date(data["looked_over"]),
        tuple(str(source) for source in data["sources"]),
        tuple(_support(version, row) for version, row in data["versions"].items()),
    )


def _support(version: str, row: Mapping[str, object]) -> PythonSupport:
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version} is no minor version")
    dates = (_date(row[name]) for name in ("first_release", "bugfix_end", "end_of_life"))
    return PythonSupport(version, *dates)


def _date(value: object) -> date:
    if type(value) is not date:
        raise ValueError(f"{value!r} is no date")
    return value


def minor_of(version: str) -> str | None:
    """`3.9` of `3.9.18`, `python-3.9`; None for text without a minor version."""
    found = re.search(r"(?<![\d.])(\d+)\.(\d+)", version)
    return f"{found[1]}.{found[2]}" if found else None


def support_of(version: str) -> PythonSupport | None:
    """What is known of this Python; None for one that the table does not know."""
    minor = minor_of(version)
    return next((support for support in support_table().versions if support.version == minor), None)


def recommended(day: date) -> str:
    """The newest that has been out for a year: packages have wheels for it. `3.14`."""
    versions = support_table().versions
    settled = [support for support in versions if support.first_release + _SETTLED <= day]
    return (settled or versions)[-1].version
