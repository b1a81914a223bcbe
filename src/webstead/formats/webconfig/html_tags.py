"""URLs in the tags of an HTML page that streams by: found, and replaced, in bounded memory.

A tag is what stands between `<` and `>` with no other `<` in it. One that is longer than MAX_TAG, or holds
`<` within its quotes, is passed on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["MAX_TAG", "TagRewriter"]

MAX_TAG = 16384
"""Bytes of a tag that is waited for."""

Attribute = tuple[str, str]

_TAG = re.compile(rb"""<([A-Za-z][A-Za-z0-9:-]*)(\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>""")
_OPEN = re.compile(rb"""<(?:[A-Za-z](?:[^<>"']|"[^"<]*"|'[^'<]*')*+(?:"[^"<]*|'[^'<]*)?)?\Z""")
"""The begin of a tag, at the end of what is there."""

_ATTRIBUTE = re.compile(rb"""([A-Za-z][A-Za-z0-9:._-]*)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+))""")
_BARE = re.compile(rb"""[^\s"'<>=`]+""")


class TagRewriter:
    """wanted: pairs of tag and attribute, in lower case. make: gives the new text of a value; equal texts
    change nothing. Values are UTF-8, or else latin-1."""

    def __init__(self, wanted: frozenset[Attribute], make: Callable[[Attribute, str], str]) -> None:
        self._wanted = wanted
        self._tags = frozenset(tag for tag, _ in wanted)
        self._make = make
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What can be sent of all that came: the begin of a tag is held back."""
        data = self._held + data
        found = _OPEN.search(data)
        held = found[0] if found is not None and len(found[0]) <= MAX_TAG else b""
        self._held = held
        return _TAG.sub(self._tag, data[: len(data) - len(held)])

    def finish(self) -> bytes:
        held, self._held = self._held, b""
        return _TAG.sub(self._tag, held)

    def _tag(self, found: re.Match[bytes]) -> bytes:
        tag = found[1].lower().decode("ascii")
        if tag not in self._tags:
            return found[0]
        inside = _ATTRIBUTE.sub(lambda attribute: self._attribute(tag, attribute), found[2])
        return b"<" + found[1] + inside + b">"

    def _attribute(self, tag: str, found: re.Match[bytes]) -> bytes:
        key = (tag, found[1].lower().decode("ascii"))
        if key not in self._wanted:
            return found[0]
        number = next(number for number in (3, 4, 5) if found[number] is not None)
        encoding = _encoding(found[number])
        before = found[number].decode(encoding)
        after = self._make(key, before)
        if after == before:
            return found[0]
        return found[1] + found[2] + _quoted(after.encode(encoding, "xmlcharrefreplace"), number)


def _encoding(value: bytes) -> str:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _quoted(value: bytes, number: int) -> bytes:
    """In the quotes that the value had; it cannot leave them."""
    value = value.replace(b"<", b"&lt;").replace(b">", b"&gt;")
    if number == 4:
        return b"'" + value.replace(b"'", b"&#39;") + b"'"
    if number == 5 and _BARE.fullmatch(value):
        return value
    return b'"' + value.replace(b'"', b"&quot;") + b'"'
