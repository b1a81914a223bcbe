"""A server's folder for what is on its way: uploads, downloads, what is packed, what is being removed.

Each process of a management uses it: the one that serves, and a command that works on a home itself. The
first of them empties it: what lies there is what a crash has left.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from webstead.effects.files import remove_tree
from webstead.effects.lock import shared
from webstead.site.homes import ServerHome

__all__ = ["temporary_files"]


@contextmanager
def temporary_files(server: ServerHome) -> Iterator[None]:
    """Use the folder from here to the end. Raises OSError when the lock cannot be made."""
    with shared(server.run / "temporary.lock", lambda: _empty(server)):
        yield


def _empty(server: ServerHome) -> None:
    """What cannot be removed stays: it is in nobody's way."""
    for path in server.temporary.iterdir():
        with contextlib.suppress(OSError):
            remove_tree(path)
