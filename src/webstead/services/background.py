"""What outlives the request that asked for it: asynchronous deployments. Each runs in a thread of its own,
which ends with the process at the latest; what is cut off is closed when the records are read next.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from webstead.errors import WebsteadError

__all__ = ["Background"]

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Background:
    """The threads that run."""

    def __init__(self) -> None:
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self, name: str, work: Callable[[], T]) -> Future[T]:
        """Begin it. What it raises is in the future; what nobody waits for is in the log, unless it is one
        of our errors: those are recorded by who raised them."""
        future: Future[T] = Future()
        thread = threading.Thread(target=self._run, args=(future, work), name=name, daemon=True)
        with self._lock:
            self._running.add(thread)
        thread.start()
        return future

    async def call(self, name: str, work: Callable[[], T]) -> T:
        """Wait for it. When the waiting is given up, it goes on."""
        return await asyncio.shield(asyncio.wrap_future(self.start(name, work)))

    async def begin(self, name: str, work: Callable[[Callable[[], None]], object]) -> None:
        """Wait until it calls what it is given; from there it goes on alone. Raises what it raises before."""
        begun: Future[None] = Future()
        begun.set_running_or_notify_cancel()  # from here on nobody can cancel it

        def run() -> None:
            try:
                work(lambda: begun.set_result(None))
            except BaseException as error:
                if not begun.done():
                    begun.set_exception(error)
                raise

        self.start(name, run)
        await asyncio.shield(asyncio.wrap_future(begun))

    def wait(self, seconds: float) -> bool:
        """Whether all have ended by then."""
        end = time.monotonic() + seconds
        for thread in tuple(self._running):
            thread.join(max(0.0, end - time.monotonic()))
        return not self._running

    def _run(self, future: Future[T], work: Callable[[], T]) -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it belongs to who waits
            if not isinstance(error, WebsteadError):
                _log.exception("%s failed", threading.current_thread().name)
            future.set_exception(error)
        finally:
            with self._lock:
                self._running.discard(threading.current_thread())
