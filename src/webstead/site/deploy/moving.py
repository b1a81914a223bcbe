"""A branch that has moved, and whose deployment has not ended: git takes a commit first, and it is deployed
then. A note says where the branch stood. Who is killed meanwhile leaves it behind, and `put_back` lets the
branch stand there again, so that the same push deploys.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from webstead.effects.lock import try_locked
from webstead.errors import UsageError
from webstead.host.confinement import Confinement
from webstead.site.deploy.git import move_branch
from webstead.site.deploy.lock import was_cut_off
from webstead.site.deploy.repository import open_repository
from webstead.site.homes import SiteHome
from webstead.site.releases.note import read_note

__all__ = ["Move", "Noted", "note_move", "put_back"]

_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Move:
    """Of a branch, from one commit to another: all zeros for none. ref: as `refs/heads/main`."""

    ref: str
    old: str
    new: str


class Noted:
    """A note, locked for as long as its process lives."""

    def __init__(self, path: Path, opened: ExitStack) -> None:
        self._path = path
        self._opened = opened

    def settle(self) -> None:
        """It is known where the branch stands."""
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        """What is not settled is left to `put_back`."""
        self._opened.close()


def note_move(home: SiteHome, move: Move) -> Noted:
    """To be made before the branch moves. Raises OSError."""
    path = home.lock.parent / f"move-{uuid4().hex}.json"
    with ExitStack() as opened:
        descriptor = opened.enter_context(try_locked(path))
        if descriptor is not None:
            os.write(descriptor, json.dumps(asdict(move)).encode())
            os.fsync(descriptor)
        return Noted(path, opened.pop_all())


def put_back(home: SiteHome, confinement: Callable[[], Confinement]) -> None:
    """The branches whose deployments were cut off, unless what they brought serves. Nothing, while the site's
    lock is held, or who held it was cut off and is not recovered yet. confinement: of the site. Raises
    RuntimeMissing, StartError, OSError."""
    notes = sorted(home.lock.parent.glob("move-*.json"))
    if not notes:
        return
    with try_locked(home.lock) as held:
        if held is not None and not was_cut_off(home):
            _put_back(home, notes, confinement)


def _put_back(home: SiteHome, notes: Sequence[Path], confinement: Callable[[], Confinement]) -> None:
    for path in notes:
        with try_locked(path) as descriptor:
            if descriptor is None:  # its push goes on
                continue
            move = _read(descriptor)
            if move is not None and not _serves(home, move.new):
                with suppress(UsageError):  # it stands elsewhere by now
                    move_branch(open_repository(home, confinement()), move.ref, move.old, move.new)
            path.unlink(missing_ok=True)


def _read(descriptor: int) -> Move | None:
    """None for one that was cut off itself: no branch had moved then."""
    try:
        data = json.loads(os.read(descriptor, _LONGEST))
        return Move(str(data["ref"]), str(data["old"]), str(data["new"]))
    except (ValueError, KeyError, TypeError):
        return None


def _serves(home: SiteHome, commit: str) -> bool:
    return home.release is not None and read_note(home, home.release).deployment == commit
