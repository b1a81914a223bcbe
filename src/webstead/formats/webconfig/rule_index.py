"""Which rules can match a path at all, found without looking at each.

A rule whose pattern starts with certain letters is found by the start of the path; one that needs some
letters anywhere by three of them in a row. The rest is always looked at. What it costs depends on the path,
not on the number of rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from webstead.formats.webconfig.literals import SHORTEST, Literal, fold, literal_of
from webstead.formats.webconfig.rules import Rule

__all__ = ["RuleIndex", "subject_of"]

_LONGEST_START = 24
"""Of the letters at the start that are looked up: each length that occurs is one look-up a request."""


def subject_of(path: str, folder: str) -> str | None:
    """What `match` looks at: the path from the folder on. None when an earlier rule has led out of the
    folder."""
    if not folder:
        return path[1:]
    start = len(folder) + 1
    if path[1:start].lower() != folder.lower() or path[start : start + 1] not in ("/", ""):
        return None
    return path[start + 1 :]


class _Folder:
    """The rules of one folder's file, which all look at the same part of the path."""

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        literals = [(number, _literal(rule)) for number, rule in rules]
        self.always = tuple(number for number, literal in literals if literal is None)
        self.starts: dict[str, list[int]] = {}
        self.parts: dict[str, list[tuple[str, int]]] = {}
        anywhere = [
            (number, literal.text) for number, literal in literals if literal and not literal.at_start
        ]
        seldom = Counter(part for _, text in anywhere for part in _parts(text))
        for number, text in anywhere:
            rarest = min(_parts(text), key=lambda part: (seldom[part], part))
            self.parts.setdefault(rarest, []).append((text, number))
        for number, literal in literals:
            if literal and literal.at_start:
                self.starts.setdefault(literal.text[:_LONGEST_START], []).append(number)
        self.lengths = sorted({len(start) for start in self.starts})

    def candidates(self, subject: str) -> list[int]:
        folded = fold(subject)
        found: list[int] = []
        for length in self.lengths:
            if length > len(folded):
                break
            hit = self.starts.get(folded[:length])
            if hit is not None:
                found += hit
        if self.parts:
            for part in self.parts.keys() & _parts(folded):
                found += [number for text, number in self.parts[part] if text in folded]
        return found


def _literal(rule: Rule) -> Literal | None:
    """None for a rule that matches where its pattern does not."""
    return None if rule.match.negate else literal_of(rule.match.source, rule.syntax)


def _parts(text: str) -> set[str]:
    return {text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1)}


class RuleIndex:
    """rules: each with the folder that its pattern counts from."""

    def __init__(self, rules: Sequence[tuple[str, Rule]]) -> None:
        numbered: dict[str, list[tuple[int, Rule]]] = {}
        for number, (folder, rule) in enumerate(rules):
            numbered.setdefault(folder, []).append((number, rule))
        self._folders: Mapping[str, _Folder] = {
            folder: _Folder(members) for folder, members in numbered.items()
        }
        self._always = tuple(sorted(number for each in self._folders.values() for number in each.always))

    def candidates(self, path: str) -> Sequence[int]:
        """The places, in order, of all rules that can match this path, and of some that cannot."""
        found: list[int] = []
        for name, folder in self._folders.items():
            subject = subject_of(path, name)
            if subject is not None:
                found += folder.candidates(subject)
        return sorted((*found, *self._always)) if found else self._always
