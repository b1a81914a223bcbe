"""A kernel in memory, with the behaviour of pipes that the gateway relies on or has to stand: handles for
overlapped calls and others, short reads and writes, cancelling, broken pipes, and the lock that lets only one
call at a time onto a handle that is not for overlapped calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition, get_native_id
from time import monotonic
from typing import Callable

from webstead.formats.fastcgi.records import Buffer
from webstead.gateway.windows.calls import (
    ERROR_BROKEN_PIPE,
    ERROR_INVALID_HANDLE,
    ERROR_IO_PENDING,
    ERROR_MORE_DATA,
    ERROR_NO_DATA,
    ERROR_OPERATION_ABORTED,
    ERROR_PIPE_CONNECTED,
    ERROR_PIPE_NOT_CONNECTED,
    ERROR_SUCCESS,
    FILE_TYPE_PIPE,
    FOREVER,
    PIPE_SERVER_END,
    WAIT_TIMEOUT,
    KernelError,
)

__all__ = ["FakeKernel", "FakePipe"]

SECONDS_AT_MOST = 20.0
"""A call that waits longer is a hang: it raises, instead of stopping the test run."""

_Step = Callable[[], "tuple[int, int] | None"]
"""Try a call: (error code, bytes moved), or None when it has to wait."""


@dataclass(eq=False)
class FakePipe:
    """The web server's side of one pipe. overlapped: how our handle was opened. piece: the most bytes that
    one call moves. messages: a message pipe, whose reads end where a write did.
    """

    overlapped: bool = False
    server_end: bool = False
    connected: bool = True
    piece: int = 65536
    messages: bool = False
    inbox: list[bytes] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    gone: bool = False
    closed: bool = False
    disconnects: int = 0
    flushes: int = 0
    busy: bool = False  # a call is in progress on a handle that is not overlapped
    changed: Condition = field(default_factory=Condition)

    def write(self, data: bytes) -> None:
        with self.changed:
            self.inbox.append(data)
            self.changed.notify_all()

    def connect(self) -> None:
        with self.changed:
            self.connected, self.gone = True, False
            self.received.clear()
            self.changed.notify_all()

    def leave(self) -> None:
        """Close the web server's end. What it wrote can still be read."""
        with self.changed:
            self.gone = True
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds, which is about this pipe."""
        with self.changed:
            if not self.changed.wait_for(condition, SECONDS_AT_MOST):
                raise TimeoutError("the pipe did not come to that")


class FakeKernel:
    """pipes: handle → pipe; events: handle → whether it is set. All share one condition."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.pipes: dict[int, FakePipe] = {}
        self.others: dict[int, int] = {}
        self.events: dict[int, bool] = {}
        self.waiting: dict[int, bool] = {}  # native thread id → whether its call was cancelled
        self.pending: dict[int, FakeTransfer] = {}  # event → transfer
        self.standard_input = 0
        self._last = 100

    def add(self, pipe: FakePipe) -> int:
        pipe.changed = self.changed
        handle = self._new()
        self.pipes[handle] = pipe
        return handle

    def add_other(self, kind: int) -> int:
        """A handle of another kind, as GetFileType says it."""
        handle = self._new()
        self.others[handle] = kind
        return handle

    def _new(self) -> int:
        self._last += 4
        return self._last

    def pipe(self, call: str, handle: int) -> FakePipe:
        found = self.pipes.get(handle)
        if found is None or found.closed:
            raise KernelError(call, ERROR_INVALID_HANDLE)
        return found

    def take_standard_input(self) -> int:
        self.pipe("GetStdHandle", self.standard_input)
        return self.standard_input

    def get_file_type(self, handle: int) -> int:
        return FILE_TYPE_PIPE if handle in self.pipes else self.others.get(handle, 0)

    def get_named_pipe_info(self, handle: int) -> int:
        return PIPE_SERVER_END if self.pipe("GetNamedPipeInfo", handle).server_end else 0

    def transfer(self) -> FakeTransfer:
        return FakeTransfer(self)

    def peek_named_pipe(self, handle: int) -> int:
        pipe = self.pipe("PeekNamedPipe", handle)
        if not pipe.connected or (pipe.gone and not pipe.inbox):
            raise KernelError("PeekNamedPipe", ERROR_BROKEN_PIPE)
        return sum(map(len, pipe.inbox))

    def disconnect_named_pipe(self, handle: int) -> None:
        with self.changed:
            pipe = self.pipe("DisconnectNamedPipe", handle)
            pipe.connected = pipe.gone = False
            pipe.inbox.clear()
            pipe.disconnects += 1
            self.changed.notify_all()

    def flush_file_buffers(self, handle: int) -> None:
        pipe = self.pipe("FlushFileBuffers", handle)
        if pipe.gone:
            raise KernelError("FlushFileBuffers", ERROR_BROKEN_PIPE)
        pipe.flushes += 1

    def cancel_io(self, handle: int) -> None:
        with self.changed:
            for event, transfer in list(self.pending.items()):
                if transfer.handle == handle:
                    transfer.end(ERROR_OPERATION_ABORTED, 0)
                    del self.pending[event]

    def cancel_synchronous_io(self, thread: int) -> bool:
        with self.changed:
            if thread not in self.waiting:
                return False
            self.waiting[thread] = True
            self.changed.notify_all()
            return True

    def create_event(self) -> int:
        handle = self._new()
        self.events[handle] = False
        return handle

    def set_event(self, handle: int) -> None:
        with self.changed:
            self._event("SetEvent", handle)
            self.events[handle] = True
            self.changed.notify_all()

    def reset_event(self, handle: int) -> None:
        self._event("ResetEvent", handle)
        self.events[handle] = False

    def _event(self, call: str, handle: int) -> None:
        if handle not in self.events:
            raise KernelError(call, ERROR_INVALID_HANDLE)

    def wait(self, handles: Sequence[int], milliseconds: int) -> int:
        with self.changed:
            for handle in handles:
                self._event("WaitForMultipleObjects", handle)
            endless = milliseconds == FOREVER
            until = monotonic() + (SECONDS_AT_MOST if endless else milliseconds / 1000)
            while True:
                self.advance()
                for place, handle in enumerate(handles):
                    if self.events[handle]:
                        return place
                if not self.changed.wait(max(0.0, until - monotonic())) and monotonic() >= until:
                    if endless:
                        raise TimeoutError("nothing has set the event")
                    return WAIT_TIMEOUT

    def advance(self) -> None:
        """Let every pending call go on that can."""
        for event, transfer in list(self.pending.items()):
            if transfer.advance():
                del self.pending[event]

    def close_handle(self, handle: int) -> None:
        for table in (self.events, self.others):
            if handle in table:
                del table[handle]
                return
        self.pipe("CloseHandle", handle).closed = True

    def working_set_bytes(self) -> int:
        return 1 << 20


class FakeTransfer:
    def __init__(self, kernel: FakeKernel) -> None:
        self._kernel = kernel
        self.event = kernel.create_event()
        self.handle = 0
        self._step: _Step | None = None
        self._outcome = (ERROR_SUCCESS, 0)
        self._read = b""

    def read(self, handle: int, size: int) -> int:
        pipe = self._kernel.pipe("ReadFile", handle)

        def step() -> tuple[int, int] | None:
            if not pipe.inbox:
                return self._absent(pipe)
            first = pipe.inbox.pop(0)
            self._read = first[: min(size, pipe.piece)]
            rest = first[len(self._read) :]
            if rest:
                pipe.inbox.insert(0, rest)
            return (ERROR_MORE_DATA if rest and pipe.messages else ERROR_SUCCESS), len(self._read)

        return self._start(handle, pipe, step)

    @staticmethod
    def _absent(pipe: FakePipe) -> tuple[int, int] | None:
        if pipe.gone:
            return ERROR_BROKEN_PIPE, 0
        return None if pipe.connected else (ERROR_PIPE_NOT_CONNECTED, 0)

    def write(self, handle: int, data: Buffer) -> int:
        pipe = self._kernel.pipe("WriteFile", handle)

        def step() -> tuple[int, int] | None:
            if pipe.gone or not pipe.connected:
                return ERROR_NO_DATA, 0
            pipe.received += data[: pipe.piece]
            return ERROR_SUCCESS, min(len(data), pipe.piece)

        return self._start(handle, pipe, step)

    def connect(self, handle: int) -> int:
        pipe = self._kernel.pipe("ConnectNamedPipe", handle)
        if pipe.gone:
            return ERROR_NO_DATA
        if pipe.connected:
            return ERROR_PIPE_CONNECTED
        return self._start(handle, pipe, lambda: (ERROR_SUCCESS, 0) if pipe.connected else None)

    def _start(self, handle: int, pipe: FakePipe, step: _Step) -> int:
        with self._kernel.changed:
            self._kernel.events[self.event] = False
            self.handle = handle
            if not pipe.overlapped:
                return self._wait_inside(pipe, step)
            self._step = step
            if self.advance():
                return self._outcome[0]
            self._kernel.pending[self.event] = self
            self._kernel.changed.notify_all()
            return ERROR_IO_PENDING

    def _wait_inside(self, pipe: FakePipe, step: _Step) -> int:
        """As a handle that is not overlapped has it: one call at a time, and this one waits here."""
        kernel = self._kernel
        self._until(lambda: not pipe.busy)
        pipe.busy = True
        kernel.waiting[get_native_id()] = False
        kernel.changed.notify_all()
        try:
            while (outcome := step()) is None:
                if kernel.waiting[get_native_id()]:
                    outcome = (ERROR_OPERATION_ABORTED, 0)
                    break
                self._pause()
        finally:
            del kernel.waiting[get_native_id()]
            pipe.busy = False
            kernel.changed.notify_all()
        self._outcome = outcome
        return outcome[0]

    def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._pause()

    def _pause(self) -> None:
        if not self._kernel.changed.wait(SECONDS_AT_MOST):
            raise TimeoutError("the call hangs")

    def advance(self) -> bool:
        outcome = self._step() if self._step is not None else None
        if outcome is None:
            return False
        self.end(*outcome)
        return True

    def end(self, error: int, count: int) -> None:
        self._outcome = (error, count)
        self._step = None
        self._kernel.events[self.event] = True
        self._kernel.changed.notify_all()

    def result(self, handle: int) -> tuple[int, int]:
        self._kernel.wait((self.event,), FOREVER) if self.event in self._kernel.pending else None
        return self._outcome

    def taken(self, count: int) -> bytes:
        return self._read[:count]

    def close(self) -> None:
        self._kernel.close_handle(self.event)
