"""Ports for programs that must be told one before they listen."""

from __future__ import annotations

import functools
import itertools
import socket
from collections.abc import Iterator

__all__ = ["free_port"]

FIRST, END, COUNT = 20_000, 32_000, 500
"""Below what systems give to whoever asks for any port, so that nobody gets one between our look and the
program's start."""


class _Block:
    """Ports of this process alone, as long as it lives: who listens on the first has the others. So neither
    another worker nor another run of the tests gives the same ones."""

    def __init__(self) -> None:
        self._claim, first = _claimed()
        self._numbers: Iterator[int] = itertools.cycle(range(first + 1, first + COUNT))

    def free(self) -> int:
        return next(number for number in itertools.islice(self._numbers, COUNT) if _is_free(number))


def free_port() -> int:
    """One of 127.0.0.1 on which nothing listens, and which was given to nobody lately."""
    return _block().free()


@functools.cache
def _block() -> _Block:
    return _Block()


def _claimed() -> tuple[socket.socket, int]:
    for first in range(FIRST, END, COUNT):
        try:
            return socket.create_server(("127.0.0.1", first)), first
        except OSError:
            continue
    raise AssertionError(f"all blocks of ports from {FIRST} to {END} are taken")


def _is_free(number: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", number)).close()
    except OSError:
        return False
    return True
