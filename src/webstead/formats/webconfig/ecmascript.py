"""ECMAScript patterns in the dialects of re2 and of `regex`, and in that of re2 for a line of a longer text.

The dialects agree on almost all that rules use. Where they do not, the text is rewritten: identity escapes
(`\\/`, `\\h`), `\\cX`, `\\uXXXX`, `[^]` and `[]`, `$` (never before a last line end) and what `regex` reads
as set operations in a class.
"""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["Dialect", "translate"]

Dialect = Literal["re2", "regex", "line"]

_ESCAPES = r"\\c[A-Za-z]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\k<[^>]*>|\\[1-9][0-9]?|\\."
_OUTSIDE = re.compile(_ESCAPES + r"|\[\^?\]|\[\^?|\(\?<(?![=!])|.", re.DOTALL)
_INSIDE = re.compile(_ESCAPES + r"|.", re.DOTALL)
_KEPT = frozenset([r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\b", r"\B", r"\f", r"\n", r"\r", r"\t", r"\v"])
_ANY = r"(?s:.)"
_NONE = {"re2": r"[^\x00-\x{10FFFF}]", "line": r"[^\x00-\x{10FFFF}]", "regex": r"(?!)"}
_START = {"re2": "^", "line": "(?m:^)", "regex": "^"}
_END = {"re2": r"\z", "line": "(?m:$)", "regex": r"\Z"}


def translate(pattern: str, dialect: Dialect) -> str:
    """The pattern in this dialect. What the dialect cannot say stays as it is, for its compiler to refuse."""
    out: list[str] = []
    at = 0
    in_class = False
    while found := (_INSIDE if in_class else _OUTSIDE).match(pattern, at):
        piece, at = found[0], found.end()
        out.append(_inside(piece) if in_class else _outside(piece, dialect))
        in_class = piece in ("[", "[^") or (in_class and piece != "]")
    return "".join(out)


def _outside(piece: str, dialect: Dialect) -> str:
    if piece in ("[]", "[^]"):
        return _NONE[dialect] if piece == "[]" else _ANY
    if piece == "^":
        return _START[dialect]
    if piece == "$":
        return _END[dialect]
    if piece == "(?<":
        return "(?P<"
    if piece.startswith("\\k<") and dialect == "regex":
        return f"(?P={piece[3:-1]})"
    return _escape(piece)


def _inside(piece: str) -> str:
    if piece == "\\b":
        return r"\x08"
    if len(piece) == 1:
        return "\\" + piece if piece in "[&~|" else piece
    return _escape(piece)


def _escape(piece: str) -> str:
    if not piece.startswith("\\") or piece in _KEPT or len(piece) == 1:
        return piece
    if piece.startswith("\\c") and len(piece) == 3:
        return f"\\x{ord(piece[2]) % 32:02x}"
    if piece.startswith(("\\u", "\\x")) and len(piece) > 2:
        return re.escape(chr(int(f"0x{piece[2:]}", 0)))
    if piece == "\\0":
        return r"\x00"
    if piece[1].isdigit() or piece.startswith("\\k<"):
        return piece
    return re.escape(piece[1:])
