"""Patterns of rules: ECMAScript, Wildcard and ExactMatch behind one Protocol.

URLs are chosen by attackers. So a pattern runs in linear time (re2) where it can; what needs back-tracking
(look-around, back-references) runs in `regex` under a time-out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

import re2

from webstead.formats.webconfig.ecmascript import translate

__all__ = [
    "MAX_PATTERN",
    "BadPattern",
    "Finder",
    "Found",
    "Linear",
    "Pattern",
    "PatternSyntax",
    "PatternTimeout",
    "compile_finder",
    "compile_pattern",
    "options_of",
]

PatternSyntax = Literal["ECMAScript", "Wildcard", "ExactMatch"]

MAX_PATTERN = 8192
"""Longest pattern, in characters: re2 keeps its program in memory (8 MB at most), `regex` has no limit of its
own."""


class BadPattern(ValueError):
    """A pattern that no engine understands."""


class PatternTimeout(Exception):
    """A back-tracking pattern took too long."""


class Linear(NamedTuple):
    """A pattern as re2 reads it."""

    text: str
    ignore_case: bool
    dot_nl: bool = False


class Pattern(Protocol):
    """A compiled pattern."""

    @property
    def linear(self) -> Linear | None:
        """The same for re2, which takes time linear in the text; None for one that back-tracks. It is found
        in a text (in UTF-8) of which one line is a text that the pattern is found in."""
        ...

    def search(self, text: str) -> tuple[str, ...] | None:
        """The whole match and the groups ("" for one that took no part); None without a match. Raises
        PatternTimeout."""
        ...


class Found(NamedTuple):
    """One of several matches: where it begins and ends, and as `search` gives it."""

    start: int
    end: int
    groups: tuple[str, ...]


class Finder(Protocol):
    """A compiled pattern that looks for all its matches, from left to right; they do not overlap."""

    def find_all(self, text: str) -> Iterator[Found]:
        """Raises PatternTimeout."""
        ...


class Engine(Pattern, Finder, Protocol):
    """Of a whole pattern language."""


def options_of(linear: Linear) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = not linear.ignore_case
    options.dot_nl = linear.dot_nl
    options.log_errors = False
    return options


class ByRe2:
    """By re2."""

    __slots__ = ("_compiled", "linear")

    def __init__(self, pattern: Linear, linear: Linear) -> None:
        self.linear = linear
        self._compiled = re2.compile(pattern.text, options_of(pattern))

    def search(self, text: str) -> tuple[str, ...] | None:
        # Bytes: for a str, re2 works out every group's place in characters, which takes three times as long.
        found = self._compiled.search(text.encode("utf-8", "replace"))
        if found is None:
            return None
        return (_text(found[0]), *(_text(group) for group in found.groups()))

    def find_all(self, text: str) -> Iterator[Found]:
        for found in self._compiled.finditer(text):
            yield Found(found.start(), found.end(), (found[0], *(group or "" for group in found.groups())))


def _text(group: bytes | None) -> str:
    return group.decode("utf-8", "replace") if group else ""


class Exact:
    """The whole text, and nothing else."""

    __slots__ = ("_ignore_case", "_text", "linear")

    def __init__(self, text: str, *, ignore_case: bool) -> None:
        # Beyond ASCII, re2 folds case in its own way.
        self.linear = Linear(_line(re2.escape(text)) if text.isascii() else "", ignore_case)
        self._ignore_case = ignore_case
        self._text = text.lower() if ignore_case else text

    def search(self, text: str) -> tuple[str, ...] | None:
        return (text,) if (text.lower() if self._ignore_case else text) == self._text else None


class PlainText:
    """`literal`, `^literal`, `^literal.*`, `^literal(.*)` and the anchored ones with `$`: most patterns that
    people write, and no engine is needed.

    A text for which that is not plain (a line end, where `.` stops; letters beyond ASCII, which fold in their
    own ways) goes to the engine all the same; it is made when the first such text comes.
    """

    __slots__ = (
        "_anchored",
        "_captures",
        "_engine",
        "_ignore_case",
        "_rest",
        "_source",
        "_text",
        "_whole",
        "linear",
    )

    def __init__(self, source: str, form: re.Match[str], *, ignore_case: bool) -> None:
        self.linear = Linear(translate(source, "line"), ignore_case)
        self._source = source
        text = re.sub(r"\\(.)", r"\1", form["text"])
        self._text = text.lower() if ignore_case else text
        self._ignore_case = ignore_case
        self._engine: ByRe2 | None = None
        # Without an anchor, the leftmost match of `.*` starts at the start too.
        self._anchored = form["anchor"] == "^" or form["rest"] is not None
        self._rest = form["rest"] is not None
        self._captures = form["rest"] == "(.*)"
        self._whole = form["end"] is not None

    def search(self, text: str) -> tuple[str, ...] | None:
        if not text.isascii() or "\n" in text:
            return self._by_engine(text)
        folded = text.lower() if self._ignore_case else text
        if not self._anchored:
            return self._anywhere(text, folded)
        if not folded.startswith(self._text):
            return None
        end = len(self._text)
        if self._captures:
            return (text, text[end:])
        if self._rest:
            return (text,)
        return (text[:end],) if end == len(text) or not self._whole else None

    def _anywhere(self, text: str, folded: str) -> tuple[str, ...] | None:
        at = folded.find(self._text)
        return None if at < 0 else (text[at : at + len(self._text)],)

    def _by_engine(self, text: str) -> tuple[str, ...] | None:
        if self._engine is None:
            self._engine = _ecmascript_by_re2(self._source, self._ignore_case)
        return self._engine.search(text)


_PLAIN = r"(?:[A-Za-z0-9_/~@:,=!%&\"'#;<> -]|\\[-./+*?()\[\]{}|^$\\])*"
_REST = r"(?P<rest>\(\.\*\)|\.\*)"
_FORMS = (
    re.compile(rf"(?P<anchor>\^)(?P<text>{_PLAIN}){_REST}?(?P<end>\$)?"),
    re.compile(rf"(?P<anchor>)(?P<text>){_REST}(?P<end>\$)?"),
    re.compile(rf"(?P<anchor>)(?P<text>{_PLAIN})(?P<rest>(?!))?(?P<end>(?!))?"),
)


@lru_cache(maxsize=4096)
def compile_pattern(text: str, syntax: PatternSyntax, *, ignore_case: bool) -> Pattern:
    """The pattern. Raises BadPattern, whose text says what is wrong with it.

    Made once: a file is checked before it is compiled, and folders inherit rules.
    """
    if len(text) > MAX_PATTERN:
        raise BadPattern(f"longer than {MAX_PATTERN} characters")
    if syntax == "ExactMatch":
        return Exact(text, ignore_case=ignore_case)
    if syntax == "Wildcard":
        return _wildcard(text, ignore_case)
    for known in _FORMS:
        if form := known.fullmatch(text):
            return PlainText(text, form, ignore_case=ignore_case)
    return _ecmascript(text, ignore_case)


def compile_finder(text: str, *, ignore_case: bool) -> Finder:
    """An ECMAScript pattern for a whole text. Raises BadPattern."""
    if len(text) > MAX_PATTERN:
        raise BadPattern(f"longer than {MAX_PATTERN} characters")
    return _ecmascript(text, ignore_case)


def _wildcard(text: str, ignore_case: bool) -> Pattern:
    """`*` captures, greedily; `?` is one character and captures nothing."""
    translated = "".join({"*": "(.*)", "?": "."}.get(char) or re2.escape(char) for char in text)
    whole = Linear(rf"\A{translated}\z", ignore_case, dot_nl=True)
    try:
        return ByRe2(whole, Linear(_line(translated), ignore_case, dot_nl=True))
    except re2.error as error:
        raise BadPattern(_words(error)) from None


def _line(text: str) -> str:
    return f"(?m:^){text}(?m:$)"


def _ecmascript_by_re2(text: str, ignore_case: bool) -> ByRe2:
    return ByRe2(Linear(translate(text, "re2"), ignore_case), Linear(translate(text, "line"), ignore_case))


def _ecmascript(text: str, ignore_case: bool) -> Engine:
    try:
        return _ecmascript_by_re2(text, ignore_case)
    except re2.error as error:
        refused = error
    from webstead.formats.webconfig.backtracking import Backtracking, NotUnderstood

    try:
        return Backtracking(translate(text, "regex"), ignore_case=ignore_case)
    except NotUnderstood:
        # re2 words most mistakes as well, and it is the one that was asked first.
        raise BadPattern(_words(refused)) from None


def _words(error: re2.error) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
