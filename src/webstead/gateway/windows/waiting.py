"""A call on a pipe that can be interrupted, whichever way the pipe was opened.

Every call is given an OVERLAPPED structure. On a handle for overlapped calls it answers ERROR_IO_PENDING, and
the wait is for its event or the wake-up event. On any other handle the call itself waits, and only
CancelSynchronousIo ends it; and while one thread waits in it, every other call on that handle queues behind
(Windows keeps one lock for each such file object), so a writer has to get the reader out first.
"""

from __future__ import annotations

from threading import Event, Lock, get_native_id
from typing import Callable

from webstead.gateway.windows.calls import (
    ERROR_IO_PENDING,
    ERROR_MORE_DATA,
    ERROR_OPERATION_ABORTED,
    ERROR_SUCCESS,
    FOREVER,
    Kernel,
    Transfer,
)

__all__ = ["Waiting"]

SECONDS_BETWEEN_TRIES = 0.001
"""A thread that is about to enter its call cannot be cancelled yet: try again."""


class Waiting:
    """What one thread waits for on a handle, and how others end or suspend that."""

    def __init__(self, kernel: Kernel, handle: int) -> None:
        self._kernel = kernel
        self._handle = handle
        self._wake = kernel.create_event()
        self._interrupted = False
        self._inside = 0  # the thread that may be waiting in a call that only cancelling ends
        self._out = Event()
        self._writing = Lock()
        self._overlapped = False  # known from the first call that had to wait

    def perform(self, call: Callable[[], int], transfer: Transfer) -> tuple[int, int]:
        """Make the call and wait for its end: (error code, bytes moved). ERROR_OPERATION_ABORTED means: it
        was interrupted, and nothing was moved. An interruption that comes first ends the next call.
        """
        while True:
            error, count = self._once(call, transfer)
            if error != ERROR_OPERATION_ABORTED or self._interrupted:
                break
            with self._writing:  # a writer made room for itself: let it
                continue
        if error == ERROR_OPERATION_ABORTED:
            self._interrupted = False
            self._kernel.reset_event(self._wake)
        return error, count

    def _once(self, call: Callable[[], int], transfer: Transfer) -> tuple[int, int]:
        self._inside = get_native_id()
        try:  # who interrupts or writes looks at _inside only after having said so
            if self._interrupted or (self._writing.locked() and not self._overlapped):
                return ERROR_OPERATION_ABORTED, 0
            error = call()
        finally:
            self._inside = 0
            self._out.set()
        if error in (ERROR_SUCCESS, ERROR_MORE_DATA):
            return transfer.result(self._handle)
        if error != ERROR_IO_PENDING:
            return error, 0
        self._overlapped = True
        return self._pending(transfer)

    def _pending(self, transfer: Transfer) -> tuple[int, int]:
        if self._kernel.wait((transfer.event, self._wake), FOREVER) == 1:
            self._kernel.cancel_io(self._handle)  # it may have been over by then: the result says
        return transfer.result(self._handle)

    def interrupt(self) -> None:
        """End what is waiting in perform(), or the next one. From any thread."""
        self._interrupted = True
        self._kernel.set_event(self._wake)
        self._get_out()

    def write(self, call: Callable[[], int], transfer: Transfer) -> tuple[int, int]:
        """Make a call that is not to be interrupted, as above."""
        with self._writing:
            if self._inside:
                self._get_out()
            error = call()
            if error in (ERROR_SUCCESS, ERROR_IO_PENDING):
                return transfer.result(self._handle)
            return error, 0

    def _get_out(self) -> None:
        while True:
            self._out.clear()
            thread = self._inside
            if not thread or thread == get_native_id():
                return
            self._kernel.cancel_synchronous_io(thread)
            self._out.wait(SECONDS_BETWEEN_TRIES)

    def close(self) -> None:
        self._kernel.close_handle(self._wake)
