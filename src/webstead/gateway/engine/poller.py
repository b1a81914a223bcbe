"""Waiting for many sockets at once. epoll, and where there is none whatever `selectors` finds (kqueue, poll).

Sockets may be added and removed by any thread while another one waits.
"""

from __future__ import annotations

import select
import selectors
import sys
from threading import Lock
from typing import Protocol

__all__ = ["MAX_READY", "EpollPoller", "Poller", "SelectorPoller", "best_poller", "wait_for"]

_EXCLUSIVE = getattr(select, "EPOLLEXCLUSIVE", 0)  # PyPy does not name it

MAX_READY = 64
"""Sockets reported by one wait: the others come with the next one."""


class Poller(Protocol):
    """prompt: a socket added while another thread waits is seen by that wait."""

    prompt: bool

    def add(self, fd: int) -> None: ...

    def add_listening(self, fd: int) -> None:
        """A socket that other processes wait for, too: best only one of them wakes up."""
        ...

    def remove(self, fd: int) -> None: ...

    def wait(self, seconds: float, most: int = MAX_READY) -> list[int]:
        """The sockets that can be read, after at most so many seconds; negative: without limit. most: as
        many of them as are wanted."""
        ...

    def close(self) -> None: ...


class EpollPoller:
    """CVE-2012-6687 (select() with a descriptor above 1023) cannot happen here."""

    prompt = True

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def add(self, fd: int) -> None:
        self._epoll.register(fd, select.EPOLLIN)

    def add_listening(self, fd: int) -> None:
        self._epoll.register(fd, select.EPOLLIN | _EXCLUSIVE)

    def remove(self, fd: int) -> None:
        self._epoll.unregister(fd)

    def wait(self, seconds: float, most: int = MAX_READY) -> list[int]:
        return [fd for fd, _ in self._epoll.poll(seconds, most)]

    def close(self) -> None:
        self._epoll.close()


class SelectorPoller:
    prompt = False

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._lock = Lock()

    def add(self, fd: int) -> None:
        with self._lock:
            self._selector.register(fd, selectors.EVENT_READ)

    def add_listening(self, fd: int) -> None:
        self.add(fd)

    def remove(self, fd: int) -> None:
        with self._lock:
            self._selector.unregister(fd)

    def wait(self, seconds: float, most: int = MAX_READY) -> list[int]:
        ready = self._selector.select(None if seconds < 0 else seconds)
        return [key.fd for key, _ in ready[:most]]

    def close(self) -> None:
        self._selector.close()


def best_poller() -> Poller:
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()


if sys.platform == "win32":

    def wait_for(fd: int, *, writing: bool, seconds: float) -> bool:
        """Whether one socket can be read, or written to, within so many seconds."""
        wanted = [fd]
        ready = select.select([] if writing else wanted, wanted if writing else [], wanted, seconds)
        return any(ready)

else:

    def wait_for(fd: int, *, writing: bool, seconds: float) -> bool:
        """Whether one socket can be read, or written to, within so many seconds."""
        poll = select.poll()
        poll.register(fd, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(seconds * 1000))
