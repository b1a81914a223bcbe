"""A site's logs: its newest lines, and what comes (reference 1.11)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote

from webstead.client.api import Api
from webstead.client.reading import Fields, items_of
from webstead.errors import RemoteError

__all__ = ["Doubles", "LogLine", "follow", "log_stream", "read_line", "recent"]

_SILENT_SECONDS = 180.0
"""A stream says each minute that nothing new has come."""

_LONGEST_LINE = 1 << 20

_MOST = 1000
"""Newest lines that a server tells."""

_PAUSE_SECONDS = 1.0
"""Between the end of a stream and the next one: a server ends each after some hours."""

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S*\s+PID\[(\d{1,10})\]\s+(\S{1,20})(?: +(.*))?", re.DOTALL
)
_WELCOME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")
_SECOND = len("2026-11-26T12:00:00")


@dataclass(frozen=True, slots=True)
class LogLine:
    """Of the application's log: it may have several lines of text. Of another log, or what is no line of
    that, only the message is known, and the others are ""."""

    time: str
    level: str
    pid: str
    message: str

    @property
    def second(self) -> str:
        """To which the stream tells the time."""
        return self.time[:_SECOND]

    @property
    def key(self) -> tuple[str, str, str]:
        """The same in the stream, where each line of the message comes by itself."""
        return (self.second, self.pid, self.message.partition("\n")[0])

    @property
    def text(self) -> str:
        if not self.time:
            return self.message
        pid = f"PID[{self.pid}] " if self.pid else ""
        return f"{self.time}  {pid}{self.level + ' ' if self.level else ''}{self.message}"

    def as_json(self) -> dict[str, str]:
        return {"time": self.time, "level": self.level, "pid": self.pid, "message": self.message}


def recent(site: Api, top: int) -> tuple[LogLine, ...]:
    """The newest lines of the application's log, oldest first. top: at most so many, up to 1000."""
    lines = items_of(site.get("/api/logs/recent", top=top), "the newest lines of the log")
    return tuple(reversed([_recent(each) for each in lines]))


def log_stream(site: Api, path: str = "") -> Generator[str]:
    """Lines as they come, without their ends, until the server ends the stream. path: below LogFiles. Raises
    RemoteError."""
    where = f"/api/logstream/{quote(path)}" if path else "/api/logstream"
    with site.stream("GET", where, seconds=_SILENT_SECONDS) as answer:
        rest = ""
        for piece in answer.iter_text():
            *lines, rest = (rest + piece).split("\n")
            yield from (line.rstrip("\r") for line in lines)
            if len(rest) > _LONGEST_LINE:
                found = f"more than {_LONGEST_LINE} characters"
                raise RemoteError("A line of the log is too long.", found=found, fix="Read the file: vfs.")
        if rest:
            yield rest


def follow(site: Api, path: str, top: int, told: Callable[[str], None]) -> Iterator[LogLine]:
    """The newest lines, so many, and then what comes, each once; without end: a stream that ends, or a server
    that is started again, is asked anew. path: below LogFiles: what comes there, and no newest lines. told:
    hears that the server is away. Raises RemoteError when it stays away, or refuses."""
    doubles, waited, first = Doubles(), 0.0, True
    while True:
        try:
            for line in _until_end(site, path, top if first else _MOST, doubles):
                waited, first = 0.0, False
                yield line
            site.pause(_PAUSE_SECONDS)
        except RemoteError as error:
            if first:
                raise
            waited = site.outlast(error, waited, told)


def _until_end(site: Api, path: str, top: int, doubles: Doubles) -> Iterator[LogLine]:
    """The first line of the stream is there before the newest lines are asked for, so that none is between
    them. It says when the stream began, and nothing else."""
    with closing(log_stream(site, path)) as stream:
        begin = next(stream, "")
        if not path:
            yield from doubles.missed(_recent_if_told(site, top), begin)
        yield read_line(begin)
        yield from doubles.new(map(read_line, stream))


def _recent_if_told(site: Api, top: int) -> tuple[LogLine, ...]:
    """None of a Kudu that does not tell them."""
    try:
        return recent(site, top)
    except RemoteError as error:
        if error.status != 404 or error.ours:
            raise
        return ()


@dataclass(slots=True)
class Doubles:
    """Lines come by two ways, of which neither numbers them: what was told by one is not told by the other.
    Times are to the second, so the same text of the same process within one is counted."""

    _newest: str = ""
    _told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _coming: dict[tuple[str, str, str], list[list[str]]] = field(default_factory=dict)

    def missed(self, lines: Iterable[LogLine], begin: str) -> Iterator[LogLine]:
        """Of the newest lines, oldest first, those that were not told yet. begin: the first line of the
        stream: what was written since will come in it, too."""
        welcome = _WELCOME.match(begin)
        since, told, last = welcome[1] if welcome else "", Counter(self._told), self._newest
        self._coming.clear()
        for line in lines:
            if line.second < last:
                continue
            if told[line.key] > 0:
                told[line.key] -= 1
                continue
            if line.second >= since:
                self._coming.setdefault(line.key, []).append(line.message.split("\n")[1:])
            self._note(line)
            yield line

    def new(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """Of those of the stream."""
        rest: list[str] = []
        for line in lines:
            if not line.time and rest and line.message == rest[0]:
                rest = rest[1:]
                continue
            if (copies := self._coming.get(line.key)) is not None:
                rest = copies.pop(0)
                if not copies:
                    del self._coming[line.key]
                continue
            if line.time:
                self._note(line)
            yield line

    def _note(self, line: LogLine) -> None:
        if line.second > self._newest:
            self._newest = line.second
            self._told.clear()
        if line.second == self._newest:
            self._told[line.key] += 1


def read_line(text: str) -> LogLine:
    """A line of the stream."""
    match = _LINE.fullmatch(text)
    if match is None:
        return LogLine("", "", "", text)
    return LogLine(match[1], match[3], match[2], match[4] or "")


def _recent(fields: Fields) -> LogLine:
    pid = str(fields.members.get("pid") or "")
    return LogLine(fields.text("timestamp"), fields.text("level"), pid, fields.text("message"))
