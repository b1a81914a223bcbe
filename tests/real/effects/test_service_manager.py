"""What a service manager hears of a server, as systemd would."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from webstead.effects.service_manager import ServiceManager, service_manager_of

NAME = f"@webstead-test-{os.getpid()}"


@pytest.fixture
def told() -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(f"\0{NAME[1:]}")
        listener.settimeout(20)
        yield listener


def test_it_hears_when_requests_are_answered_and_when_not(told: socket.socket) -> None:
    manager = ServiceManager(NAME)
    assert manager.ready("2 sites\nat x")
    assert told.recv(4096) == b"READY=1\nSTATUS=2 sites at x"
    assert manager.stopping("SIGTERM")
    assert told.recv(4096) == b"STOPPING=1\nSTATUS=SIGTERM"


def test_it_hears_signs_of_life(told: socket.socket) -> None:
    async def main() -> None:
        telling = asyncio.create_task(ServiceManager(NAME, 0.001).keep_telling())
        loop = asyncio.get_running_loop()
        for _ in range(2):
            assert await loop.run_in_executor(None, told.recv, 4096) == b"WATCHDOG=1"
        telling.cancel()

    asyncio.run(main())


def test_nobody_hears_nothing() -> None:
    assert not ServiceManager().ready("")
    assert not ServiceManager(f"{NAME}-gone").ready("")
    asyncio.run(ServiceManager(NAME).keep_telling())


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, ServiceManager()),
        ({"NOTIFY_SOCKET": "vsock:2:1"}, ServiceManager()),
        ({"NOTIFY_SOCKET": "/run/n"}, ServiceManager("/run/n")),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "3000000"}, ServiceManager("/run/n", 1.5)),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "3", "WATCHDOG_PID": "8"}, ServiceManager("/run/n")),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "x"}, ServiceManager("/run/n")),
    ],
)
def test_it_is_known_by_variables_that_nobody_else_sees(
    environ: dict[str, str], found: ServiceManager
) -> None:
    given = {**environ, "HOME": "/"}
    assert service_manager_of(given, 7) == found
    assert given == {"HOME": "/"}
