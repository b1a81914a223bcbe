"""The calls of Windows that the gateway makes, and the error codes that it tells apart (winerror.h)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from webstead.formats.fastcgi.records import Buffer

__all__ = [
    "ENDS",
    "ERROR_BROKEN_PIPE",
    "ERROR_INVALID_HANDLE",
    "ERROR_IO_PENDING",
    "ERROR_MORE_DATA",
    "ERROR_NOT_FOUND",
    "ERROR_NO_DATA",
    "ERROR_OPERATION_ABORTED",
    "ERROR_PIPE_CONNECTED",
    "ERROR_SUCCESS",
    "FILE_TYPE_CHAR",
    "FILE_TYPE_DISK",
    "FILE_TYPE_PIPE",
    "FOREVER",
    "Kernel",
    "PIPE_SERVER_END",
    "Transfer",
    "WAIT_TIMEOUT",
    "KernelError",
]

ERROR_SUCCESS = 0
ERROR_INVALID_HANDLE = 6
ERROR_HANDLE_EOF = 38
ERROR_NETNAME_DELETED = 64
ERROR_BROKEN_PIPE = 109
ERROR_NO_DATA = 232
ERROR_PIPE_NOT_CONNECTED = 233
ERROR_MORE_DATA = 234
ERROR_PIPE_CONNECTED = 535
ERROR_OPERATION_ABORTED = 995
ERROR_IO_PENDING = 997
ERROR_NOT_FOUND = 1168

ENDS = frozenset(
    {
        ERROR_HANDLE_EOF,
        ERROR_NETNAME_DELETED,
        ERROR_BROKEN_PIPE,
        ERROR_NO_DATA,
        ERROR_PIPE_NOT_CONNECTED,
    }
)
"""The other end has closed the pipe, in the words of different moments."""

# GetFileType
FILE_TYPE_DISK = 1
FILE_TYPE_CHAR = 2
FILE_TYPE_PIPE = 3

PIPE_SERVER_END = 1
"""GetNamedPipeInfo: this handle is of the end that CreateNamedPipe made. The other end, from CreateFile, has
no flag (0).
"""

FOREVER = 0xFFFFFFFF
WAIT_TIMEOUT = 0x102


class KernelError(OSError):
    """A call failed. code: GetLastError's."""

    def __init__(self, call: str, code: int, text: str = "") -> None:
        super().__init__(f"{call} failed with error {code}{f': {text}' if text else ''}")
        self.code = code


class Transfer(Protocol):
    """An OVERLAPPED structure with its event and the memory that a call works on; one call at a time.

    read, write and connect return an error code. ERROR_IO_PENDING: the call goes on, and event is set when it
    is over; result() then tells. A handle that was opened without FILE_FLAG_OVERLAPPED never says so: its
    calls return when they are over.
    """

    event: int

    def read(self, handle: int, size: int) -> int:
        """ReadFile, of at most size bytes, which is the same each time."""
        ...

    def write(self, handle: int, data: Buffer) -> int:
        """WriteFile."""
        ...

    def connect(self, handle: int) -> int:
        """ConnectNamedPipe."""
        ...

    def result(self, handle: int) -> tuple[int, int]:
        """GetOverlappedResult, waiting: the error code, and how many bytes were moved."""
        ...

    def taken(self, count: int) -> bytes:
        """What read() has brought."""
        ...

    def close(self) -> None: ...


class Kernel(Protocol):
    """All raise KernelError. Handles are numbers; times are milliseconds."""

    def take_standard_input(self) -> int:
        """GetStdHandle, under a new number (DuplicateHandle); standard input becomes the null device."""
        ...

    def get_file_type(self, handle: int) -> int: ...

    def get_named_pipe_info(self, handle: int) -> int:
        """The flags: PIPE_SERVER_END or not."""
        ...

    def transfer(self) -> Transfer: ...

    def peek_named_pipe(self, handle: int) -> int:
        """How many bytes can be read at once."""
        ...

    def disconnect_named_pipe(self, handle: int) -> None: ...

    def flush_file_buffers(self, handle: int) -> None:
        """Wait until the other end has read everything."""
        ...

    def cancel_io(self, handle: int) -> None:
        """CancelIoEx: end what is pending on the handle, if anything."""
        ...

    def cancel_synchronous_io(self, thread: int) -> bool:
        """End the call that the thread (its native id) waits in. Returns whether it waited in one."""
        ...

    def create_event(self) -> int:
        """One that stays set until reset_event (manual reset)."""
        ...

    def set_event(self, handle: int) -> None: ...

    def reset_event(self, handle: int) -> None: ...

    def wait(self, handles: Sequence[int], milliseconds: int) -> int:
        """WaitForMultipleObjects: the place of the first of the handles that is set, or WAIT_TIMEOUT."""
        ...

    def close_handle(self, handle: int) -> None: ...

    def working_set_bytes(self) -> int:
        """GetProcessMemoryInfo: the memory that this process has in use."""
        ...
