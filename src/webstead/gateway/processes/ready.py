"""Telling systemd what goes on (sd_notify(3)), and taking a socket that it opened (sd_listen_fds(3)).

Both are plain protocols: datagrams of NAME=value lines to NOTIFY_SOCKET, descriptors from 3 on. The variables
are taken out of the environment, so that no process that the app starts speaks for this one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from time import monotonic
from typing import Callable

__all__ = ["FIRST_DESCRIPTOR", "Notifier", "activated_descriptors", "notifier_of"]

FIRST_DESCRIPTOR = 3
"""SD_LISTEN_FDS_START."""

SECONDS_TO_SEND = 1.0
"""The service manager reads at once, or it is not worth waiting for."""


class Notifier:
    """Silent without an address. beat: seconds between two keep-alives that are asked for (WatchdogSec), half
    of the time allowed, as sd_watchdog_enabled(3) advises; 0 for none.
    """

    def __init__(self, address: str = "", beat: float = 0.0, clock: Callable[[], float] = monotonic) -> None:
        self.beat = beat if address else 0.0
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._clock = clock
        self._next_beat = clock()

    def ready(self, status: str) -> bool:
        """Requests are answered: at start, and after a reload, failed or not."""
        return self._send("READY=1", f"STATUS={status}")

    def reloading(self, status: str) -> bool:
        """Type=notify-reload needs the time on CLOCK_MONOTONIC with it."""
        return self._send("RELOADING=1", f"MONOTONIC_USEC={int(self._clock() * 1e6)}", f"STATUS={status}")

    def stopping(self, status: str) -> bool:
        return self._send("STOPPING=1", f"STATUS={status}")

    def keep_alive(self) -> float:
        """Send a keep-alive when it is time. Returns the seconds until the next, infinity for none."""
        if not self.beat:
            return float("inf")
        now = self._clock()
        if now >= self._next_beat:
            self._next_beat = now + self.beat
            self._send("WATCHDOG=1")
        return self._next_beat - now

    def _send(self, *lines: str) -> bool:
        """Whether somebody was told. That nobody listens any more is no reason to end or to complain."""
        if not self._address:
            return False
        text = "\n".join(line.replace("\n", " ") for line in lines)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
                speaker.settimeout(SECONDS_TO_SEND)
                speaker.sendto(text.encode("utf-8", "backslashreplace"), self._address)
        except OSError:
            return False
        return True


def notifier_of(environ: MutableMapping[str, str], pid: int) -> Notifier:
    """Of this process, from NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are removed."""
    address = environ.pop("NOTIFY_SOCKET", "")
    microseconds = _number(environ.pop("WATCHDOG_USEC", ""))
    keeper = environ.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return Notifier()
    return Notifier(address, microseconds / 2e6 if keeper in ("", str(pid)) else 0.0)


def activated_descriptors(environ: MutableMapping[str, str], pid: int) -> range:
    """The sockets that systemd opened for this process, by LISTEN_FDS and LISTEN_PID, which are removed."""
    count = _number(environ.pop("LISTEN_FDS", ""))
    owner = environ.pop("LISTEN_PID", "")
    environ.pop("LISTEN_FDNAMES", None)
    if owner != str(pid):
        count = 0
    for descriptor in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + count):
        os.set_inheritable(descriptor, False)
    return range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + count)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
