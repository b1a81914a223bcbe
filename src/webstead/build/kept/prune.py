"""Removing what no site needs any more. What is in use stays, also when it came into use a moment ago."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webstead.build.bytecode import KEPT
from webstead.build.environment import marker_of
from webstead.build.kept.look import look, sizes
from webstead.build.kept.model import Kept, Verdict, verdict
from webstead.effects.files import remove_tree
from webstead.effects.lock import try_locked

__all__ = ["Pruned", "prune"]

_ASIDE = ("servers",)
"""Folders of the cache whose entries are made anew when they are wanted. Their time is that of their use."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """environments: each with what was decided. aside: paths of other things that went: servers for outputs,
    byte code that no environment shares. freed: bytes. kept_back: what could not be removed, and why."""

    environments: tuple[tuple[Kept, Verdict], ...]
    aside: tuple[str, ...]
    freed: int
    kept_back: tuple[tuple[str, str], ...] = ()


def prune(cache: Path, now: datetime, age: timedelta, *, dry_run: bool = False) -> Pruned:
    """age: how long stays what nobody holds. dry_run: decides and removes nothing. Raises OSError."""
    judged = tuple((kept, verdict(kept, now, age)) for kept in look(cache))
    going = [kept for kept, decided in judged if decided.goes]
    freed, failed = 0, []
    for kept in going:
        problem = "" if dry_run else _remove(kept, now)
        freed += 0 if problem else kept.own
        failed += [(kept.path, problem)] if problem else []
    aside = [(path, sizes(path)[1]) for path in _aside(cache, now - age)]
    for path, size in aside:
        freed += size
        if not dry_run:
            remove_tree(path)
    return Pruned(judged, tuple(str(path) for path, _ in aside), freed, tuple(failed))


def _remove(kept: Kept, now: datetime) -> str:
    """Why it was not removed; "" when it was. The marker goes first: what is left of an interrupted removal
    is no environment."""
    folder = Path(kept.path)
    with try_locked(folder.with_name(folder.name + ".lock")) as held:
        if held is None:
            return "it is being built now"
        marker = marker_of(folder)
        with contextlib.suppress(FileNotFoundError):
            if kept.state == "whole" and datetime.fromtimestamp(marker.stat().st_mtime, UTC) > kept.used:
                return "it came into use meanwhile"
        try:
            marker.unlink(missing_ok=True)
            remove_tree(folder)
        except OSError as error:
            return str(error)
    return ""


def _aside(cache: Path, before: datetime) -> Iterator[Path]:
    for name in _ASIDE:
        for folder in _folders(cache / name):
            if folder.stat().st_mtime < before.timestamp():
                yield folder
    for folder in _folders(cache / KEPT):
        if folder.stat().st_mtime < before.timestamp() and _is_alone(folder):
            yield folder


def _folders(home: Path) -> list[Path]:
    return sorted(path for path in home.iterdir() if path.is_dir()) if home.is_dir() else []


def _is_alone(folder: Path) -> bool:
    """Whether no file in it has another name: an environment has byte code as links to these files."""
    for here, _, names in os.walk(folder):
        if any(os.lstat(os.path.join(here, name)).st_nlink > 1 for name in names):
            return False
    return True
