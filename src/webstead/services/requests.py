"""How a request's path and query are read, as clients write them: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

__all__ = ["LONGEST_QUERY", "path_of", "query_names", "query_of"]

LONGEST_QUERY = 1 << 16
"""Actions put a commit's message into the query: far less than this."""

_FILES = re.compile(rb"/(?:api/)?(?:vfs|zip)/", re.IGNORECASE)
"""Begins the addresses of files, by their names on the disk."""


def path_of(raw: bytes) -> str:
    """The path of a request target, decoded once: Visual Studio Code sends a whole path as one segment with
    `%2F`, and a name that holds `%20` itself comes as `%2520`. Of the names of files, which need be no text,
    each such byte is a surrogate. Raises ValueError for another path that is no text, and for a NUL or a line
    end, which no name holds that a client means."""
    decoded = unquote_to_bytes(raw.partition(b"?")[0])
    path = decoded.decode("utf-8", "surrogateescape" if _FILES.match(decoded) else "strict")
    if any(character in path for character in "\0\r\n"):
        raise ValueError("a control character")
    return path


def query_names(names: Iterable[str]) -> Mapping[str, str]:
    """How each name is written, by its lower case. Raises ValueError when one is written in two ways."""
    written: dict[str, str] = {}
    for name in names:
        if written.setdefault(name.lower(), name) != name:
            raise ValueError(f"{name} and {written[name.lower()]}")
    return written


def query_of(raw: bytes, written: Mapping[str, str]) -> bytes:
    """The query with the names as the application writes them: Kudu's are without regard to case, and az
    sends `Deployer=`. A name without a value keeps its place, as in `?GetStatus`. Raises ValueError when it
    is longer than LONGEST_QUERY or no text."""
    if len(raw) > LONGEST_QUERY:
        raise ValueError("too long")
    pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    return urlencode([(written.get(name.lower(), name), value) for name, value in pairs]).encode()
