"""A site's logs: its newest lines, and what comes (reference 1.11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from webstead.client.api import Api
from webstead.client.reading import Fields, items_of
from webstead.errors import RemoteError

__all__ = ["Recent", "log_stream", "recent"]

_SILENT_SECONDS = 180.0
"""A stream says each minute that nothing new has come."""

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Recent:
    time: str
    level: str
    pid: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"time": self.time, "level": self.level, "pid": self.pid, "message": self.message}


def recent(site: Api, top: int) -> tuple[Recent, ...]:
    """The newest lines of the application's log, oldest first. top: at most so many, up to 1000."""
    lines = items_of(site.get("/api/logs/recent", top=top), "the newest lines of the log")
    return tuple(reversed([_recent(each) for each in lines]))


def log_stream(site: Api, path: str = "") -> Iterator[str]:
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


def _recent(fields: Fields) -> Recent:
    pid = str(fields.members.get("pid") or "")
    return Recent(fields.text("timestamp"), fields.text("level"), pid, fields.text("message"))
