"""What a pattern cannot match without: the letters it starts with, or letters that must occur somewhere.

Only what is certain counts. What is not plain (look-around, flags, alternatives) has no literal, and a
pattern without one may match anything. Letters are folded as `fold` does it, so one literal serves patterns
that tell case apart and patterns that do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from webstead.formats.webconfig.pattern import PatternSyntax

__all__ = ["SHORTEST", "Literal", "fold", "literal_of"]

SHORTEST = 3
"""Of letters that may occur anywhere: shorter ones say too little."""

_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<class>\[\^?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?:)?(?!\?))|(?P<close>\))|(?P<or>\|)"
    r"|(?P<optional>[*?]|\{0+(?:,[0-9]*)?\})|(?P<repeat>\+|\{[0-9]+(?:,[0-9]*)?\})|(?P<odd>\{)"
    r"|(?P<plain>[^(\[\\])",
    re.DOTALL,
)
"""odd: a `{` that starts no count may mean something to one dialect and nothing to another."""
_CERTAIN = re.compile(r"[ -~]")
_NOT_LETTERS = ".^$"
_CLASSES = "bBdDfnrsStvwW"
"""Letters of escapes that stand for one character or none. Others (`\\u0041`, `\\1`) reach further."""
_BREAK = ""
"""In a list of letters: here may stand anything."""


@dataclass(frozen=True, slots=True)
class Literal:
    """at_start: the text starts with it; else it occurs somewhere."""

    text: str
    at_start: bool


@dataclass(slots=True)
class _Group:
    letters: list[str] = field(default_factory=list)
    last: int = 0
    """Where the letters of the last unit begin: what a quantifier is about."""
    has_alternatives: bool = False


def fold(text: str) -> str:
    """The text as literals are compared with: no letter that a pattern matches without case differs."""
    return text.lower() if text.isascii() else text.lower().replace("\u017f", "s")


def literal_of(pattern: str, syntax: PatternSyntax) -> Literal | None:
    """What a text must hold for this pattern to match it; None when nothing is certain."""
    if syntax == "ECMAScript":
        letters = _ecmascript(pattern)
        anchored = pattern.startswith("^")
    else:
        wild = "*?" if syntax == "Wildcard" else ""
        letters = [_BREAK if char in wild else char for char in pattern]
        anchored = True
    return None if letters is None else _best(_runs(letters), anchored)


def _ecmascript(pattern: str) -> list[str] | None:
    """The letters that a match consists of, with breaks between."""
    groups = [_Group()]
    at = 1 if pattern.startswith("^") else 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None or not _is_plain(token.lastgroup, token[0], len(groups)):
            return None
        _take(token.lastgroup or "", token[0], groups)
        at = token.end()
    return groups[0].letters if len(groups) == 1 and not groups[0].has_alternatives else None


def _is_plain(kind: str | None, piece: str, depth: int) -> bool:
    if kind == "escape":
        return not piece[1].isalnum() or piece[1] in _CLASSES
    return kind != "odd" and (kind != "close" or depth > 1)


def _take(kind: str, piece: str, groups: list[_Group]) -> None:
    group = groups[-1]
    if kind == "open":
        groups.append(_Group())
    elif kind == "close":
        groups.pop()
        _add(groups[-1], [_BREAK] if group.has_alternatives else group.letters)
    elif kind == "or":
        group.has_alternatives = True
    elif kind == "optional":
        group.letters[group.last :] = [_BREAK]
    elif kind == "repeat":
        group.letters.append(_BREAK)
    elif kind == "escape":
        _add(group, [_BREAK if piece[1].isalnum() else piece[1]])
    else:
        _add(group, [_BREAK if kind == "class" or piece in _NOT_LETTERS else piece])


def _add(group: _Group, letters: Iterable[str]) -> None:
    group.last = len(group.letters)
    group.letters.extend(letters)


def _runs(letters: Iterable[str]) -> list[str]:
    """What stands between the breaks. Letters beyond ASCII are breaks, too: they fold in their own ways."""
    marked = (fold(letter) if _CERTAIN.fullmatch(letter) else "\n" for letter in letters)
    return "".join(marked).split("\n")


def _best(runs: list[str], anchored: bool) -> Literal | None:
    if anchored and runs[0]:
        return Literal(runs[0], at_start=True)
    longest = max(runs, key=len)
    return Literal(longest, at_start=False) if len(longest) >= SHORTEST else None
