"""Versions of packages: three or four numbers, a prerelease label, build metadata that does not count.

Source: NuGet's versioning (Semantic Versioning 2.0.0 with a fourth number), and what real galleries hold:
`3.6.4.5`, `1.0`, `2`, `01.02.03-RC1+build.7`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

__all__ = ["BadVersion", "Version", "read_version"]

LONGEST = 128
"""Characters; the longest of nuget.org's is below 70."""

_LARGEST = 2**31 - 1
"""Of a number: those of .NET have 32 bits."""

_FORM = re.compile(
    r"(?P<numbers>[0-9]+(?:\.[0-9]+){0,3})"
    r"(?:-(?P<label>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


class BadVersion(ValueError):
    """Of a text that is no version. Its words say why."""


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """numbers: always four. label: of a prerelease, as it is written; "" for a release. Two that differ in
    case alone are one, as for NuGet."""

    numbers: tuple[int, int, int, int]
    label: str = ""

    @property
    def is_prerelease(self) -> bool:
        return bool(self.label)

    @property
    def normalised(self) -> str:
        """The text that stands in addresses and file names: no leading zeros, at least three numbers, a
        fourth only if it is not zero, no metadata."""
        shown = self.numbers if self.numbers[3] else self.numbers[:3]
        return ".".join(map(str, shown)) + (f"-{self.label}" if self.label else "")

    def __str__(self) -> str:
        return self.normalised

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
        """A release stands above its prereleases; of the parts of a label, numbers stand below words."""
        parts = self.label.lower().split(".") if self.label else []
        return self.numbers, not parts, tuple(map(_part, parts))


def _part(text: str) -> tuple[bool, int, str]:
    return (False, int(text), "") if text.isdigit() else (True, 0, text)


def read_version(text: str) -> Version:
    """Raises BadVersion."""
    if len(text) > LONGEST:
        raise BadVersion(f"it has {len(text)} characters; at most {LONGEST} are taken")
    found = _FORM.fullmatch(text)
    if found is None:
        raise BadVersion(f"{text!r} is no version, as 1.2.3 or 1.2.3-beta.1")
    numbers = [int(number) for number in found["numbers"].split(".")]
    if max(numbers) > _LARGEST:
        raise BadVersion(f"a number of {text!r} is above {_LARGEST:,}")
    first, second, third, fourth = [*numbers, 0, 0, 0][:4]
    return Version((first, second, third, fourth), found["label"] or "")
