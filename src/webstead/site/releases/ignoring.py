"""What a deployment leaves out: KuduSync's ignore list. Pure.

Its patterns are minimatch's with `matchBase` and `nocase`: one without a slash is matched against the last
name of a path at any depth, one with a slash against the whole relative path; letters' case does not count.
What matches as a folder is left out with all in it. They come from settings of the site, and are matched in
time that grows with the lengths of pattern and path, not with their powers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

__all__ = ["IGNORED", "Ignored", "Pattern"]

MOST_PATTERNS = 100
LONGEST_PATTERN = 1000
_MOST_ALTERNATIVES = 64


@dataclass(frozen=True)
class Ignored:
    """text: patterns, divided by `;`."""

    text: str = ""

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
        return tuple(Pattern(each) for each in self.text.split(";")[:MOST_PATTERNS] if each)

    def names(self, path: str) -> bool:
        """Whether a pattern matches this very path."""
        return any(pattern.matches(path) for pattern in self._patterns)

    def covers(self, path: str) -> bool:
        """Whether a pattern matches this path or a folder above it."""
        at = path.find("/")
        while at > 0:
            if self.names(path[:at]):
                return True
            at = path.find("/", at + 1)
        return self.names(path)


IGNORED = Ignored(".git;.hg;.deployment;deploy.cmd;deploy.sh")
"""What the deployment scripts of Kudu leave out."""

_ANY = ""
"""In a pattern of a name: `*`. Other parts of it are `?` or a class, as an expression, or a character."""

_Part = str | re.Pattern[str]
_FOLDERS = None
"""In a pattern of a path: `**`."""


class Pattern:
    """One pattern. `*` and `?` match no `/`, and no dot that a name begins with; `**` between slashes matches
    any folders that begin with none; `[a-c]` and `[!a]` a character; `{a,b}` either. `!` at the beginning
    turns it round, `#` makes it a remark."""

    def __init__(self, text: str) -> None:
        bare = text[:LONGEST_PATTERN].lstrip("!")
        self._negated = (len(text[:LONGEST_PATTERN]) - len(bare)) % 2 == 1
        self._base = "/" not in bare
        remark = text.startswith("#") or not bare
        self._alternatives = () if remark else tuple(_path(each) for each in _unbraced(bare.lower()))
        self._negated = self._negated and not remark

    def matches(self, path: str) -> bool:
        names = path.lower().split("/")
        names = names[-1:] if self._base else names
        return any(_matches_path(each, names) for each in self._alternatives) is not self._negated


_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def _unbraced(pattern: str) -> list[str]:
    """`a{b,c}` as `ab` and `ac`."""
    done: list[str] = []
    waiting = [pattern]
    while waiting and len(done) + len(waiting) <= _MOST_ALTERNATIVES:
        each = waiting.pop()
        found = _BRACES.search(each)
        if found is None:
            done.append(each)
        else:
            waiting += [each[: found.start()] + one + each[found.end() :] for one in found[1].split(",")]
    return done + waiting


def _path(pattern: str) -> list[list[_Part] | None]:
    return [_FOLDERS if segment == "**" else _name(segment) for segment in re.split("/+", pattern)]


_CLASS = re.compile(r"\[([!^]?)([^\]/]+)\]")
_CHARACTER = re.compile(r"[^/]", re.DOTALL)


def _name(text: str) -> list[_Part]:
    parts: list[_Part] = []
    at = 0
    while at < len(text):
        found = _CLASS.match(text, at)
        if found is not None:
            parts.append(_class(found[2], negated=bool(found[1])))
            at = found.end()
            continue
        sign = text[at]
        at += 1
        if sign != "*" or parts[-1:] != [_ANY]:
            parts.append(_ANY if sign == "*" else _CHARACTER if sign == "?" else sign)
    return parts


def _class(inner: str, *, negated: bool) -> re.Pattern[str]:
    """A range that ends before it begins holds nothing."""
    parts: list[str] = []
    at = 0
    while at < len(inner):
        if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner):
            first, last = inner[at], inner[at + 2]
            parts += [f"{re.escape(first)}-{re.escape(last)}"] if first <= last else []
            at += 3
        else:
            parts.append(re.escape(inner[at]))
            at += 1
    if not parts:
        return _CHARACTER if negated else re.compile(r"(?!)")
    return re.compile(f"[{'^' if negated else ''}{''.join(parts)}]", re.DOTALL)


def _matches_path(pattern: Sequence[list[_Part] | None], names: Sequence[str]) -> bool:
    """Name by name; at a mismatch the last `**` takes one name more."""
    at = name = 0
    again: tuple[int, int] | None = None
    while name < len(names):
        part = pattern[at] if at < len(pattern) else []
        if part is _FOLDERS:
            again = (at, name)
            at += 1
            if at == len(pattern):
                return not any(each.startswith(".") for each in names[name:])
        elif part and _matches_name(part, names[name]):
            at, name = at + 1, name + 1
        elif again is not None and not names[again[1]].startswith("."):
            again = (again[0], again[1] + 1)
            at, name = again[0] + 1, again[1]
        else:
            return False
    return at == len(pattern)


def _matches_name(parts: Sequence[_Part], name: str) -> bool:
    """Sign by sign; at a mismatch the last `*` takes one sign more."""
    if name.startswith(".") and parts[0] != ".":
        return False
    at = sign = 0
    again: tuple[int, int] | None = None
    while sign < len(name):
        part = parts[at] if at < len(parts) else None
        if part == _ANY:
            again = (at, sign)
            at += 1
        elif part is not None and _matches_sign(part, name[sign]):
            at, sign = at + 1, sign + 1
        elif again is not None:
            again = (again[0], again[1] + 1)
            at, sign = again[0] + 1, again[1]
        else:
            return False
    return all(part == _ANY for part in parts[at:])


def _matches_sign(part: _Part, sign: str) -> bool:
    return part == sign if isinstance(part, str) else part.match(sign) is not None
