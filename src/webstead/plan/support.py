"""Until when each Python gets security releases.

Source: the release cycle that the Python core team publishes (devguide.python.org/versions, as
release-cycle.json), which names a month for versions whose last day is not set: its last day is taken.
"""

from __future__ import annotations

import re
from datetime import date

__all__ = ["END_OF_LIFE", "OLDEST_SUPPORTED", "end_of_life", "minor_of"]

END_OF_LIFE: dict[str, date] = {
    "2.6": date(2013, 10, 29),
    "2.7": date(2020, 1, 1),
    "3.0": date(2009, 6, 27),
    "3.1": date(2012, 4, 9),
    "3.2": date(2016, 2, 20),
    "3.3": date(2017, 9, 29),
    "3.4": date(2019, 3, 18),
    "3.5": date(2020, 9, 30),
    "3.6": date(2021, 12, 23),
    "3.7": date(2023, 6, 27),
    "3.8": date(2024, 10, 7),
    "3.9": date(2025, 10, 31),
    "3.10": date(2026, 10, 31),
    "3.11": date(2027, 10, 31),
    "3.12": date(2028, 10, 31),
    "3.13": date(2029, 10, 31),
    "3.14": date(2030, 10, 31),
    "3.15": date(2031, 10, 31),
    "3.16": date(2032, 10, 31),
}

_AS_OF = date(2026, 11, 26)
"""When the table was last looked over: what has no clock goes by it."""

OLDEST_SUPPORTED = next(version for version, last in END_OF_LIFE.items() if last >= _AS_OF)


def minor_of(version: str) -> str | None:
    """`3.9` of `3.9.18`, `python-3.9`; None for text without a minor version."""
    found = re.search(r"(?<![\d.])(\d+)\.(\d+)", version)
    return f"{found[1]}.{found[2]}" if found else None


def end_of_life(version: str) -> date | None:
    """The last day on which this Python is supported; None for one that the table does not know."""
    minor = minor_of(version)
    return END_OF_LIFE.get(minor) if minor else None
