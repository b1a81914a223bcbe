"""The logs of a site that are asked for by what is in them, or by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from webstead.site.files.inside import find, open_file
from webstead.site.files.listing import Item, items
from webstead.site.logs.application import FOLDER
from webstead.site.logs.entries import Entry, newest, read_entries

__all__ = ["ConsoleLog", "console_logs", "newest_day", "recent_entries"]

_TAIL = 4 << 20
"""Bytes of a file that are read, from its end: a thousand entries are a few hundred kilobytes."""

_FILES = 20
_APPLICATION = re.compile(r".+-.+\.txt")
_CONSOLE = re.compile(r"(\d{4})_(\d\d)_(\d\d)_(.+)_(docker|app|platform|console)\.log")
_OURS = re.compile(r"(.+)-(\d{4})(\d\d)(\d\d)T\d{6}\.txt")


@dataclass(frozen=True, slots=True)
class ConsoleLog:
    """parts: of its path in the home. day: as `2026-11-26`."""

    parts: tuple[str, ...]
    machine: str
    day: str
    size: int
    modified: datetime


def recent_entries(home: Path, top: int) -> list[Entry]:
    """The newest entries of the application log, of all its files together."""
    found: list[Entry] = []
    files = sorted(
        (item for item in _in(home, FOLDER) if _APPLICATION.fullmatch(item.name)),
        key=lambda item: item.info.st_mtime_ns,
        reverse=True,
    )
    for item in files[:_FILES]:
        older = read_entries(_tail(home, (*FOLDER, item.name)))
        found = newest([*older, *reversed(found)], top)
    return found


def console_logs(home: Path) -> list[ConsoleLog]:
    """What the instances have written, on the newest day of which there is something: files named as App
    Service's containers name theirs, else those of the application log."""
    named = newest_day(_named(_in(home, FOLDER[:1]), FOLDER[:1]))
    return named or newest_day(_named(_in(home, FOLDER), FOLDER))


def newest_day(logs: Iterable[ConsoleLog]) -> list[ConsoleLog]:
    """By name."""
    found = list(logs)
    last = max((each.day for each in found), default="")
    return sorted((each for each in found if each.day == last), key=lambda each: each.parts)


def _named(found: Iterable[Item], folder: tuple[str, ...]) -> Iterator[ConsoleLog]:
    for item in found:
        time = datetime.fromtimestamp(item.info.st_mtime, UTC)
        parts = (*folder, item.name)
        if match := _CONSOLE.fullmatch(item.name):
            day = "-".join(match.group(1, 2, 3))
            yield ConsoleLog(parts, match[4], day, item.info.st_size, time)
        elif match := _OURS.fullmatch(item.name):
            day = "-".join(match.group(2, 3, 4))
            yield ConsoleLog(parts, match[1], day, item.info.st_size, time)


def _in(home: Path, parts: tuple[str, ...]) -> list[Item]:
    try:
        with find(home, parts) as place:
            return [item for item in items(home, place) if not item.is_folder]
    except OSError:
        return []


def _tail(home: Path, parts: tuple[str, ...]) -> list[str]:
    """The last lines of a file; none when it has gone."""
    try:
        with find(home, parts) as place, os.fdopen(open_file(place), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            text = file.read(_TAIL).decode("utf-8", "replace")
            return text.removesuffix("\n").split("\n")
    except OSError:
        return []
