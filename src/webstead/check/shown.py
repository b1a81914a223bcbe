"""A line of a file as it is shown beside a finding: no secrets, and nothing that a terminal would obey."""

from __future__ import annotations

import re

from webstead.check.subject import Subject
from webstead.project.text import decode
from webstead.settings import MASK, looks_secret

__all__ = ["Lines", "printable"]

MAX_SHOWN = 200
_CREDENTIALS = re.compile(r"(://)[^/\s@]+@")
_SETTING = re.compile(
    r"""(?P<before>\b(?:key|name)\s{0,9}=\s{0,9}(["'])(?P<name>[^"'<>]{1,200})\2[^<>]{1,300}?"""
    r"""\bvalue\s{0,9}=\s{0,9})(["'])(?P<value>(?:(?!\4).)*)"""
)


class Lines:
    """Of all files of a subject; each is read once."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._read: dict[str, list[str]] = {}

    def line(self, path: str, number: int) -> str:
        """Empty where there is none. Tabs stay; it may be cut at its end."""
        if number < 1 or path not in self._subject.project.files:
            return ""
        lines = self._lines(path)
        return lines[number - 1] if number <= len(lines) else ""

    def _lines(self, path: str) -> list[str]:
        if path not in self._read:
            self._read[path] = [_cut(line) for line in self._masked(path)]
        return self._read[path]

    def _masked(self, path: str) -> list[str]:
        document = self._subject.document(path)
        if document is None:
            try:
                text = decode(self._subject.tree.read(path)).text
            except OSError:
                return []
            masked = _SETTING.sub(_without_value, text) if path.lower().endswith(".config") else text
            return [_CREDENTIALS.sub(rf"\1{MASK}@", line) for line in re.split(r"\r\n?|\n", masked)]
        text = document.text.text
        for place in sorted(document.secret_places(), key=lambda place: place.start, reverse=True):
            lines = text.count("\n", place.start, place.end)
            text = text[: place.start] + MASK + "\n" * lines + text[place.end :]
        return re.split(r"\r\n?|\n", text)


def _without_value(found: re.Match[str]) -> str:
    secret = looks_secret(found["name"], found["value"])
    return f'{found["before"]}"{MASK}' if secret else found[0]


def _cut(line: str) -> str:
    return printable(line) if len(line) <= MAX_SHOWN else printable(line[:MAX_SHOWN]) + "…"


def printable(text: str) -> str:
    """A file may hold what a terminal would obey."""
    return "".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in text)
