"""Ports for programs that must be told one before they listen."""

from __future__ import annotations

import itertools
import os
import random
import socket

FIRST, COUNT = 20_000, 1_000
"""Below what systems give to whoever asks for any port, so that nobody gets one between our look and the
program's start; and each worker of the tests has a range of its own."""


def _own() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker % 8 * COUNT
    return range(first, first + COUNT)


_numbers = itertools.cycle(random.sample(_own(), COUNT))


def free_port() -> int:
    """One of 127.0.0.1 on which nothing listens, and which this worker gave to nobody lately."""
    for number in itertools.islice(_numbers, COUNT):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if _is_free(probe, number):
                return number
    raise AssertionError(f"{COUNT} ports are taken")


def _is_free(probe: socket.socket, number: int) -> bool:
    try:
        probe.bind(("127.0.0.1", number))
    except OSError:
        return False
    return True
