"""How many clients may be connected at once."""

from __future__ import annotations

from resource import RLIM_INFINITY

import pytest

from webstead.front.limits import CONNECTIONS, FILES_RESERVED
from webstead.front.server import allowance

WANTED = CONNECTIONS + FILES_RESERVED


@pytest.mark.parametrize(
    ("soft", "hard", "files", "connections"),
    [
        (1024, 1_048_576, WANTED, CONNECTIONS),
        (1024, RLIM_INFINITY, WANTED, CONNECTIONS),
        (RLIM_INFINITY, RLIM_INFINITY, RLIM_INFINITY, CONNECTIONS),
        (65_536, 65_536, 65_536, CONNECTIONS),
        (20_000, 20_000, 20_000, 20_000 - FILES_RESERVED),
        (1024, 4096, 4096, 2048),
        (256, 1024, 1024, 512),
        (256, 256, 256, 128),
    ],
)
def test_as_many_connections_as_there_are_files_for(
    soft: int, hard: int, files: int, connections: int
) -> None:
    assert allowance(soft, hard) == (files, connections)
