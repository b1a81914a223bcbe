"""`webstead serve` with its home, and all else that it writes, on a small file system of its own, which can
be filled up, and emptied again.

It is a tmpfs in the server's own mount namespace, so that it ends with the server; without root the server
gets a user namespace, too (`unshare`, of util-linux). Here it is seen below /proc/PID/root.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.live import WEBSTEAD, Up
from tests.serving import Server
from webstead.site.homes import ServerHome
from webstead.site.server.note import read_note

__all__ = ["SmallDisk", "on_a_small_disk"]

_IN_ITS_NAMESPACE = """\
set -e
mount -t tmpfs -o size="$1" tmpfs "$2"
mkdir "$2/tmp"
export TMPDIR="$2/tmp"
shift 2
"$@" site create shop --home "$HOME_OF_SERVER" >/dev/null
exec "$@" serve --home "$HOME_OF_SERVER" --port 0
"""
"""Arguments: size, where, then the words of webstead."""


_PAGE = 4096


class SmallDisk:
    """root: as it is seen from here."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._filler = root / "filler"

    @property
    def free(self) -> int:
        """Bytes."""
        facts = os.statvfs(self._root)
        return facts.f_bavail * facts.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Somebody else takes all but so many bytes."""
        with self._filler.open("ab") as file:
            at, size = file.tell(), self.free - leave
            while size > 0:
                try:
                    os.posix_fallocate(file.fileno(), at, size)
                except OSError:  # somebody has written something meanwhile
                    size = min(self.free - leave, size - _PAGE)
                else:
                    at, size = at + size, self.free - leave

    def empty(self) -> None:
        """Somebody else needs nothing any more."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def on_a_small_disk(folder: Path, size: str) -> Iterator[tuple[Server, SmallDisk]]:
    """folder: an empty one. size: as `200m`."""
    home = folder / "home"
    env = {"WEBSTEAD_CACHE_DIR": str(folder / "cache"), "HOME_OF_SERVER": str(home)}
    namespace = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))
    script = ("sh", "-c", _IN_ITS_NAMESPACE, "small-disk", size, str(folder))
    with (
        Up((), cwd=folder, env=env, verb=WEBSTEAD, program=(*namespace, *script)) as up,
        httpx.Client(timeout=60) as http,
    ):
        up.wait_for(lambda line: line.startswith("Serving: "))
        root = Path(f"/proc/{up.process.pid}/root")
        seen = ServerHome(root / home.relative_to("/"))
        note = read_note(seen)
        assert note is not None
        yield Server(seen, up, note, http), SmallDisk(root / folder.relative_to("/"))
