"""Command lines of Windows: splitting and joining by the rules of the Microsoft C runtime.

Source: "Parsing C command-line arguments" (Microsoft C runtime). White space separates words; a double quote
opens and closes a part in which it does not; 2n backslashes before a quote are n backslashes, 2n+1 are n and
a literal quote; within a quoted part two quotes are one literal quote. Backslashes elsewhere are themselves.
"""

from __future__ import annotations

import re

__all__ = ["windows_join", "windows_words"]

_SPACE = " \t\n\r"
_BACKSLASHES_BEFORE_QUOTE = re.compile(r'(\\*)"')
_BACKSLASHES = re.compile(r"\\+")
_BACKSLASHES_AT_END = re.compile(r"(\\+)\Z")


def windows_words(arguments: str) -> tuple[str, ...]:
    """The words of an `arguments` attribute. An open quote runs to the end of the text."""
    words: list[str] = []
    at, end = 0, len(arguments)
    while True:
        while at < end and arguments[at] in _SPACE:
            at += 1
        if at == end:
            return tuple(words)
        word, at = _word(arguments, at)
        words.append(word)


def _word(text: str, at: int) -> tuple[str, int]:
    """The word that starts at `at`, and where it ends."""
    parts: list[str] = []
    quoted = False
    while at < len(text) and (quoted or text[at] not in _SPACE):
        found = _BACKSLASHES_BEFORE_QUOTE.match(text, at)
        if found is None:
            # Backslashes that no quote follows are taken in one go: one by one, each would look for the quote
            # anew.
            run = _BACKSLASHES.match(text, at)
            plain = run[0] if run else text[at]
            parts.append(plain)
            at += len(plain)
            continue
        slashes, at = len(found[1]), found.end()
        parts.append("\\" * (slashes // 2))
        if slashes % 2:
            parts.append('"')
        elif quoted and text.startswith('"', at):
            parts.append('"')
            at += 1
        else:
            quoted = not quoted
    return "".join(parts), at


def windows_join(words: tuple[str, ...] | list[str]) -> str:
    """The command line that `windows_words` splits into these words again."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    escaped = _BACKSLASHES_BEFORE_QUOTE.sub(r'\1\1\\"', word)
    if word and not any(char in _SPACE for char in word):
        return escaped
    return '"' + _BACKSLASHES_AT_END.sub(r"\1\1", escaped) + '"'
