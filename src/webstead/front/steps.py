"""A task that begins at once, in the call that makes it.

Most requests are answered in one or two steps of their coroutine. asyncio's own tasks (before the eager ones
of Python 3.12) begin a turn of the event loop later, and are noted in a set that is written in Python.
Source: the Python documentation, "Extending asyncio": what a task of one's own does so that `asyncio.timeout`
and its like find it."""

from __future__ import annotations

import asyncio
from asyncio import _enter_task, _leave_task
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

__all__ = ["Steps"]


class _Waited(Protocol):
    """A future, as a coroutine yields it to whoever runs it."""

    _asyncio_future_blocking: bool

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object: ...

    def cancel(self) -> bool: ...


class Steps:
    """Runs a coroutine to its end. done: told of the end, with the error or None."""

    __slots__ = ("__weakref__", "_cancel", "_cancels", "_coroutine", "_done", "_loop", "_over", "_waited")

    def __init__(
        self,
        coroutine: Coroutine[_Waited | None, None, None],
        loop: asyncio.AbstractEventLoop,
        done: Callable[[Exception | asyncio.CancelledError | None], None],
    ) -> None:
        self._coroutine = coroutine
        self._loop = loop
        self._done = done
        self._waited: _Waited | None = None
        self._cancels = 0
        self._cancel = False
        self._over = False

    def step(self, _: object = None) -> None:
        """The first, from whoever made it; later ones by what is waited for."""
        loop, ended = self._loop, False
        error: Exception | asyncio.CancelledError | None = None
        waited: _Waited | None = None
        _enter_task(loop, self)  # type: ignore[arg-type]  # typed for asyncio's own tasks
        try:
            waited = self._next()
        except StopIteration:
            ended = True
        except (Exception, asyncio.CancelledError) as raised:  # noqa: BLE001  # handed on, like a task's
            ended, error = True, raised
        finally:
            _leave_task(loop, self)  # type: ignore[arg-type]  # as above
        if not ended:
            self._wait_for(waited)
            return
        self._over = True
        try:
            self._done(error)
        finally:
            del error  # its traceback holds this frame: a circle, which the collector finds late

    def _next(self) -> _Waited | None:
        if self._cancel:
            self._cancel = False
            return self._coroutine.throw(asyncio.CancelledError())
        return self._coroutine.send(None)

    def _wait_for(self, waited: _Waited | None) -> None:
        self._waited = waited
        if waited is None:  # a bare yield: asyncio.sleep(0)
            self._loop.call_soon(self.step)
            return
        waited._asyncio_future_blocking = False
        waited.add_done_callback(self.step)
        if self._cancel and waited.cancel():
            self._cancel = False

    # What asyncio asks of the current task

    def done(self) -> bool:
        return self._over

    def cancel(self, msg: object = None) -> bool:
        if self._over:
            return False
        self._cancels += 1
        if self._waited is None or not self._waited.cancel():
            self._cancel = True
        return True

    def cancelling(self) -> int:
        return self._cancels

    def uncancel(self) -> int:
        self._cancels = max(0, self._cancels - 1)
        return self._cancels
