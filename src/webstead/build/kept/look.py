"""What is in the cache, and what runs out of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from webstead.build.environment import MARKER, recorded_interpreter
from webstead.build.kept.holders import holders
from webstead.build.kept.model import Kept, State
from webstead.effects.lock import try_locked
from webstead.effects.plain_files import LARGEST_NOTE, read_plain

if TYPE_CHECKING:
    from psutil import Process

__all__ = ["environments", "look", "sizes"]


def environments(cache: Path) -> Path:
    return cache / "environments"


def look(cache: Path) -> tuple[Kept, ...]:
    """All environments, the last used first. Changes nothing. Raises OSError."""
    home = environments(cache)
    folders = sorted(path for path in home.iterdir() if path.is_dir()) if home.is_dir() else []
    held, running = holders(cache), _running(folders)
    found = [_kept(folder, held.get(folder.name, ()), running.get(str(folder), ())) for folder in folders]
    return tuple(sorted(found, key=lambda kept: kept.used, reverse=True))


def _kept(folder: Path, held: tuple[str, ...], running: tuple[int, ...]) -> Kept:
    interpreter = recorded_interpreter(folder)
    marker = folder / MARKER
    size, own = sizes(folder)
    return Kept(
        key=folder.name,
        path=str(folder),
        state=_state(folder, whole=interpreter is not None),
        python=interpreter.version if interpreter else "",
        created=_created(marker),
        used=_time(marker if interpreter else folder),
        size=size,
        own=own,
        holders=held,
        running=running,
    )


def _state(folder: Path, *, whole: bool) -> State:
    if whole:
        return "whole"
    with try_locked(folder.with_name(folder.name + ".lock")) as held:
        return "interrupted" if held is not None else "building"


def _created(marker: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(str(json.loads(read_plain(marker, LARGEST_NOTE))["created"]))
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None


def _time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def sizes(folder: Path) -> tuple[int, int]:
    """(bytes of all files, bytes of those without another name). What vanishes meanwhile does not count."""
    size = own = 0
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                info = os.lstat(os.path.join(here, name))
            except FileNotFoundError:
                continue
            size += info.st_size
            own += info.st_size if info.st_nlink == 1 else 0
    return size, own


def _running(folders: Sequence[Path]) -> Mapping[str, tuple[int, ...]]:
    """By folder: the processes whose program or virtual environment it is. Those of other users are seen by
    their command line, as far as the system shows it."""
    import psutil  # here: only these verbs need it

    names = {str(folder) for folder in folders}
    found: dict[str, list[int]] = {}
    for process in psutil.process_iter():
        for path in _paths(process):
            for parent in Path(path).parents if os.path.isabs(path) else ():
                if str(parent) in names:
                    found.setdefault(str(parent), []).append(process.pid)
    return {name: tuple(sorted(set(pids))) for name, pids in found.items()}


def _paths(process: Process) -> Sequence[str]:
    import psutil

    paths: list[str] = []
    try:
        paths += process.cmdline()[:1]
        paths.append(f"{process.environ().get('VIRTUAL_ENV', '')}/x")
    except (psutil.Error, OSError):  # it ended, or is another user's
        return paths
    return paths
