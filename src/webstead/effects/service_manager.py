"""What a service manager is told of a server that runs: sd_notify(3) and sd_watchdog_enabled(3), which are
plain datagrams of NAME=value lines to NOTIFY_SOCKET.

The gateway has the same for itself: it runs without Webstead.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass

__all__ = ["ServiceManager", "service_manager_of"]

_SEND_SECONDS = 1.0
"""It reads at once, or it is not worth waiting for."""


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """address: "" for nobody. beat: seconds between two signs of life, half of what is allowed; 0 for
    none."""

    address: str = ""
    beat: float = 0.0

    def ready(self, status: str) -> bool:
        """Requests are answered. Whether somebody was told."""
        return self._send("READY=1", f"STATUS={status}")

    def stopping(self, status: str) -> bool:
        return self._send("STOPPING=1", f"STATUS={status}")

    async def keep_telling(self) -> None:
        """Signs of life, for as long as the event loop turns."""
        while self.beat:
            self._send("WATCHDOG=1")
            await asyncio.sleep(self.beat)

    def _send(self, *lines: str) -> bool:
        """That nobody listens any more is no reason to end or to complain."""
        if not self.address:
            return False
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        text = "\n".join(line.replace("\n", " ") for line in lines)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
                speaker.settimeout(_SEND_SECONDS)
                speaker.sendto(text.encode("utf-8", "backslashreplace"), address)
        except OSError:
            return False
        return True


def service_manager_of(environ: MutableMapping[str, str], pid: int) -> ServiceManager:
    """By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which are removed: no other process speaks for this
    one."""
    address = environ.pop("NOTIFY_SOCKET", "")
    microseconds, keeper = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return ServiceManager()
    meant = microseconds.isascii() and microseconds.isdecimal() and keeper in ("", str(pid))
    return ServiceManager(address, int(microseconds) / 2e6 if meant else 0.0)
