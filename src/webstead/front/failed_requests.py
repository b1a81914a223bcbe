"""The last requests that failed, each with its way through the site: what IIS's failed request tracing keeps.

A request is explained once more when it has failed, so one that succeeds pays nothing. Files are written by a
thread, one after the other; while one is written, and within PAUSE_SECONDS, others are not noted: a client
that asks for nothing but errors costs little more than without.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import write_atomically
from webstead.front.exchange import Exchange
from webstead.front.explain import Explanation, as_json, asked_of, explain
from webstead.front.explain_text import as_text
from webstead.front.serving import Serving

__all__ = ["KEPT", "FailedRequest", "FailedRequests", "read_failed"]

KEPT = 100
"""Files of a site; the oldest goes. IIS keeps 50 unless told otherwise (maxLogFiles)."""

PAUSE_SECONDS = 0.1
_NAME = re.compile(r"fr(\d{6})\.json")


class FailedRequests:
    """folder: made when the first one is noted. writing: the file that is written, or was last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number: int | None = None
        self.writing: asyncio.Future[None] | None = None
        self._next = 0.0

    def note(self, serving: Serving, exchange: Exchange) -> None:
        """Keep an exchange that was answered with an error."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._next or (self.writing is not None and not self.writing.done()):
            return
        self._next = loop.time() + PAUSE_SECONDS
        told = explain(serving, asked_of(exchange))
        self.writing = loop.run_in_executor(None, self._write, told, exchange.status)

    def _write(self, told: Explanation, status: int) -> None:
        data = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "answered": status,
            "text": as_text(told),
            **as_json(told),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = self._number = (self._last() if self._number is None else self._number) + 1
            write_atomically(self._folder / f"fr{number:06}.json", json.dumps(data, indent=1).encode(), 0o600)
            for path in _paths(self._folder)[:-KEPT]:
                path.unlink(missing_ok=True)
        except OSError:
            return  # a full disk must not cost more requests than it does already

    def _last(self) -> int:
        paths = _paths(self._folder)
        found = _NAME.fullmatch(paths[-1].name) if paths else None
        return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """number: of its file. time: UTC, ISO 8601. status: as the client got it. data: the whole file."""

    number: int
    time: str
    status: int
    request: str
    text: str
    data: str


def read_failed(folder: Path) -> tuple[FailedRequest, ...]:
    """The oldest first. Files that cannot be read, or are none of ours, are left out."""
    return tuple(found for path in _paths(folder) if (found := _read(path)) is not None)


def _paths(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except OSError:
        return []


def _read(path: Path) -> FailedRequest | None:
    try:
        text = path.read_text()
        data = json.loads(text)
        asked = data["request"]
        request = f"{asked['method']} {asked['scheme']}://{asked['host']}{asked['target']}"
        number = int(path.name[2:8])
        return FailedRequest(
            number, str(data["time"]), int(data["answered"]), request, str(data["text"]), text
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
