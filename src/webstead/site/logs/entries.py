"""Lines of the application log, as App Service writes them: `2013-12-06T00:29:20  PID[20108] Warning text`.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

__all__ = ["Entry", "entry_line", "level_of", "newest", "read_entries"]

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\s+PID\[(\d{1,10})\]\s+(\S{1,20})(?: +(.*))?", re.DOTALL)

_LEVELS = {
    "debug": "Verbose",
    "trace": "Verbose",
    "verbose": "Verbose",
    "info": "Information",
    "information": "Information",
    "warn": "Warning",
    "warning": "Warning",
    "error": "Error",
    "critical": "Error",
    "fatal": "Error",
}
_LEVEL = re.compile(rf"\b({'|'.join(_LEVELS)})\b", re.IGNORECASE)
_LOOK = 80
"""Where a line says its level, it does so at its beginning: `2026-11-26 12:00:00,123 WARNING shop: …`."""

_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|\w*(?:Error|Exception)\b")

_LONGEST_MESSAGE = 1 << 16
"""A traceback has some kilobytes; what has more lines than this is one entry all the same, cut."""


@dataclass(frozen=True, slots=True)
class Entry:
    """time: UTC. level: Verbose, Information, Warning or Error."""

    time: datetime
    level: str
    pid: int
    message: str


def level_of(line: str, stream: str) -> str:
    """What the line says of itself, where it begins; else by its stream: Python's logging writes everything
    to `stderr`, so only what looks like an exception there is an error."""
    found = _LEVEL.search(line[:_LOOK])
    if found:
        return _LEVELS[found[1].lower()]
    return "Error" if stream == "stderr" and _TRACEBACK.match(line) else "Information"


def entry_line(entry: Entry) -> str:
    """With its end of line. A message of several lines stays one entry: only the first begins with a time."""
    time = f"{entry.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    return f"{time}  PID[{entry.pid}] {entry.level:<11} {entry.message}\n"


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Of a file's lines. What does not begin as an entry goes on with the one before it."""
    entry: Entry | None = None
    for raw in lines:
        line = raw.rstrip("\r\n")
        begun = _begun(line)
        if begun is not None:
            if entry is not None:
                yield entry
            entry = begun
        elif entry is not None and len(entry.message) < _LONGEST_MESSAGE:
            entry = replace(entry, message=f"{entry.message}\n{line}")
    if entry is not None:
        yield entry


def newest(entries: Iterable[Entry], top: int) -> list[Entry]:
    """So many, the newest first; of the same second, the one that was written last."""
    numbered = sorted(enumerate(entries), key=lambda pair: (pair[1].time, pair[0]), reverse=True)
    return [entry for _, entry in numbered[:top]]


def _begun(line: str) -> Entry | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        time = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Entry(time, match[3], int(match[2]), match[4] or "")
