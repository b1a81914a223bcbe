"""The last requests that failed, each with its way through the site: what IIS's failed request tracing keeps.

A request is explained once more when it has failed, so one that succeeds pays nothing. Files are written by a
thread, one after the other; while one is written, and within PAUSE_SECONDS, others are not noted: a client
that asks for nothing but errors costs little more than without.

The log folder may be the app's to write in, and the front may be root: the folder is opened once, never
through a link, and files are made, renamed and removed in what was opened.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.plain_files import open_plain
from webstead.front.exchange import Exchange
from webstead.front.explain import Explanation, as_json, asked_of, explain
from webstead.front.explain_text import as_text
from webstead.front.serving import Serving

__all__ = ["KEPT", "FailedRequest", "FailedRequests", "read_failed"]

KEPT = 100
"""Files of a site; the oldest goes. IIS keeps 50 unless told otherwise (maxLogFiles)."""

PAUSE_SECONDS = 0.1
LARGEST = 4 << 20
"""Characters of one file, when it is read: a request's head and its rules make some 100,000."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
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
            with _opened(self._folder) as here:
                number = self._number = (_last(here) if self._number is None else self._number) + 1
                _put(here, f"fr{number:06}.json", json.dumps(data, indent=1).encode())
                for name in _names(here)[:-KEPT]:
                    os.unlink(name, dir_fd=here)
        except OSError:
            return  # a full disk must not cost more requests than it does already


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(FileExistsError):
            os.mkdir(folder.name, 0o700, dir_fd=parent)
        here = os.open(folder.name, _FOLDER, dir_fd=parent)
    finally:
        os.close(parent)
    try:
        yield here
    finally:
        os.close(here)


def _put(here: int, name: str, data: bytes) -> None:
    """Whole or not at all."""
    try:
        _link(here, name, data)
    except (AttributeError, OSError):  # not this system, or not this file system
        _rename(here, name, data)


def _link(here: int, name: str, data: bytes) -> None:
    """Without a name until it is whole: who is killed meanwhile leaves nothing behind."""
    with open(os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=here), "wb") as file:
        file.write(data)
        file.flush()
        os.link(f"/proc/self/fd/{file.fileno()}", name, dst_dir_fd=here, follow_symlinks=True)


def _rename(here: int, name: str, data: bytes) -> None:
    temporary = f".{name}.{secrets.token_hex(8)}.part"
    descriptor = os.open(temporary, _NEW, 0o600, dir_fd=here)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, name, src_dir_fd=here, dst_dir_fd=here)
    except BaseException:
        os.unlink(temporary, dir_fd=here)
        raise


def _names(here: int) -> list[str]:
    return sorted(name for name in os.listdir(here) if _NAME.fullmatch(name))


def _last(here: int) -> int:
    names = _names(here)
    found = _NAME.fullmatch(names[-1]) if names else None
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
        with open(open_plain(path), encoding="utf-8") as file:
            text = file.read(LARGEST)
        data = json.loads(text)
        asked = data["request"]
        request = f"{asked['method']} {asked['scheme']}://{asked['host']}{asked['target']}"
        number = int(path.name[2:8])
        return FailedRequest(
            number, str(data["time"]), int(data["answered"]), request, str(data["text"]), text
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
