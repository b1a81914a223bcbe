"""The real calls, through ctypes. The module can be imported everywhere; there is a kernel on Windows only.

Source: the Windows API reference (fileapi.h, namedpipeapi.h, ioapiset.h, synchapi.h, psapi.h).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

from webstead.formats.fastcgi.records import Buffer
from webstead.gateway.windows.calls import (
    ERROR_INVALID_HANDLE,
    ERROR_NOT_FOUND,
    ERROR_SUCCESS,
    Kernel,
    KernelError,
)

__all__ = ["MemoryCounters", "Overlapped", "real_kernel"]

STD_INPUT_HANDLE = 0xFFFFFFF6  # -10 as a DWORD
DUPLICATE_SAME_ACCESS = 2
THREAD_TERMINATE = 1  # the right that CancelSynchronousIo asks for
WAIT_FAILED = 0xFFFFFFFF

_HANDLE = ctypes.c_void_p
_DWORD = ctypes.c_uint32
_BOOL = ctypes.c_int
_INVALID_HANDLE = ctypes.c_void_p(-1).value


class Overlapped(ctypes.Structure):
    """OVERLAPPED."""

    _fields_ = (
        ("internal", ctypes.c_size_t),
        ("internal_high", ctypes.c_size_t),
        ("offset", _DWORD),
        ("offset_high", _DWORD),
        ("event", _HANDLE),
    )


class MemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS."""

    _fields_ = (
        ("size", _DWORD),
        ("page_faults", _DWORD),
        ("peak_working_set", ctypes.c_size_t),
        ("working_set", ctypes.c_size_t),
        ("peak_paged_pool", ctypes.c_size_t),
        ("paged_pool", ctypes.c_size_t),
        ("peak_nonpaged_pool", ctypes.c_size_t),
        ("nonpaged_pool", ctypes.c_size_t),
        ("pagefile", ctypes.c_size_t),
        ("peak_pagefile", ctypes.c_size_t),
    )


_POINTER = ctypes.c_void_p  # to a structure of ours, by byref

_CALLS = {
    "CancelIoEx": (_BOOL, (_HANDLE, _POINTER)),
    "CancelSynchronousIo": (_BOOL, (_HANDLE,)),
    "CloseHandle": (_BOOL, (_HANDLE,)),
    "ConnectNamedPipe": (_BOOL, (_HANDLE, _POINTER)),
    "CreateEventW": (_HANDLE, (_POINTER, _BOOL, _BOOL, ctypes.c_wchar_p)),
    "DisconnectNamedPipe": (_BOOL, (_HANDLE,)),
    "DuplicateHandle": (_BOOL, (_HANDLE, _HANDLE, _HANDLE, _POINTER, _DWORD, _BOOL, _DWORD)),
    "FlushFileBuffers": (_BOOL, (_HANDLE,)),
    "GetCurrentProcess": (_HANDLE, ()),
    "GetFileType": (_DWORD, (_HANDLE,)),
    "GetNamedPipeInfo": (_BOOL, (_HANDLE, _POINTER, _POINTER, _POINTER, _POINTER)),
    "GetOverlappedResult": (_BOOL, (_HANDLE, _POINTER, _POINTER, _BOOL)),
    "GetStdHandle": (_HANDLE, (_DWORD,)),
    "K32GetProcessMemoryInfo": (_BOOL, (_HANDLE, _POINTER, _DWORD)),
    "OpenThread": (_HANDLE, (_DWORD, _BOOL, _DWORD)),
    "PeekNamedPipe": (_BOOL, (_HANDLE, _POINTER, _DWORD, _POINTER, _POINTER, _POINTER)),
    "ReadFile": (_BOOL, (_HANDLE, _POINTER, _DWORD, _POINTER, _POINTER)),
    "ResetEvent": (_BOOL, (_HANDLE,)),
    "SetEvent": (_BOOL, (_HANDLE,)),
    "WaitForMultipleObjects": (_DWORD, (_DWORD, _POINTER, _BOOL, _DWORD)),
    "WriteFile": (_BOOL, (_HANDLE, ctypes.c_char_p, _DWORD, _POINTER, _POINTER)),
}
"""What each returns, and takes."""


if sys.platform == "win32":
    import os

    def _bound() -> ctypes.WinDLL:
        library = ctypes.WinDLL("kernel32", use_last_error=True)
        for name, (returned, taken) in _CALLS.items():
            function = getattr(library, name)
            function.restype = returned
            function.argtypes = taken
        return library

    def _failed(call: str) -> KernelError:
        code = ctypes.get_last_error()
        return KernelError(call, code, ctypes.FormatError(code).strip())

    class _Transfer:
        def __init__(self, library: ctypes.WinDLL, event: int) -> None:
            self._library = library
            self._overlapped = Overlapped(event=event)
            self._buffer: ctypes.Array[ctypes.c_char] | None = None
            self._data = b""
            self.event = event

        def read(self, handle: int, size: int) -> int:
            if self._buffer is None or len(self._buffer) != size:
                self._buffer = ctypes.create_string_buffer(size)
            where = ctypes.byref(self._overlapped)
            return self._code(self._library.ReadFile(handle, self._buffer, size, None, where))

        def write(self, handle: int, data: Buffer) -> int:
            self._data = bytes(data)  # kept until the call is over
            where = ctypes.byref(self._overlapped)
            return self._code(self._library.WriteFile(handle, self._data, len(self._data), None, where))

        def connect(self, handle: int) -> int:
            return self._code(self._library.ConnectNamedPipe(handle, ctypes.byref(self._overlapped)))

        def result(self, handle: int) -> tuple[int, int]:
            count = _DWORD()
            where = ctypes.byref(self._overlapped)
            done = self._library.GetOverlappedResult(handle, where, ctypes.byref(count), True)
            return self._code(done), count.value

        def taken(self, count: int) -> bytes:
            return b"" if self._buffer is None else ctypes.string_at(self._buffer, count)

        def close(self) -> None:
            self._library.CloseHandle(self.event)

        @staticmethod
        def _code(done: int) -> int:
            return ERROR_SUCCESS if done else ctypes.get_last_error()

    class _Kernel32:
        def __init__(self) -> None:
            self._library = _bound()

        def take_standard_input(self) -> int:
            library = self._library
            given = library.GetStdHandle(STD_INPUT_HANDLE)
            if given is None or given == _INVALID_HANDLE:
                raise KernelError("GetStdHandle", ERROR_INVALID_HANDLE)
            own = library.GetCurrentProcess()
            mine = _HANDLE()
            where = ctypes.byref(mine)
            if not library.DuplicateHandle(own, given, own, where, 0, False, DUPLICATE_SAME_ACCESS):
                raise _failed("DuplicateHandle")
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.close(null)
            return mine.value or 0

        def get_file_type(self, handle: int) -> int:
            kind: int = self._library.GetFileType(handle)
            return kind

        def get_named_pipe_info(self, handle: int) -> int:
            flags = _DWORD()
            self._check(
                "GetNamedPipeInfo",
                self._library.GetNamedPipeInfo(handle, ctypes.byref(flags), None, None, None),
            )
            return flags.value

        def transfer(self) -> _Transfer:
            return _Transfer(self._library, self.create_event())

        def peek_named_pipe(self, handle: int) -> int:
            count = _DWORD()
            where = ctypes.byref(count)
            self._check("PeekNamedPipe", self._library.PeekNamedPipe(handle, None, 0, None, where, None))
            return count.value

        def disconnect_named_pipe(self, handle: int) -> None:
            self._check("DisconnectNamedPipe", self._library.DisconnectNamedPipe(handle))

        def flush_file_buffers(self, handle: int) -> None:
            self._check("FlushFileBuffers", self._library.FlushFileBuffers(handle))

        def cancel_io(self, handle: int) -> None:
            if not self._library.CancelIoEx(handle, None) and ctypes.get_last_error() != ERROR_NOT_FOUND:
                raise _failed("CancelIoEx")

        def cancel_synchronous_io(self, thread: int) -> bool:
            handle = self._library.OpenThread(THREAD_TERMINATE, False, thread)
            if not handle:
                raise _failed("OpenThread")
            try:
                if self._library.CancelSynchronousIo(handle):
                    return True
                if ctypes.get_last_error() != ERROR_NOT_FOUND:
                    raise _failed("CancelSynchronousIo")
                return False
            finally:
                self.close_handle(handle)

        def create_event(self) -> int:
            handle: int | None = self._library.CreateEventW(None, True, False, None)
            if not handle:
                raise _failed("CreateEvent")
            return handle

        def set_event(self, handle: int) -> None:
            self._check("SetEvent", self._library.SetEvent(handle))

        def reset_event(self, handle: int) -> None:
            self._check("ResetEvent", self._library.ResetEvent(handle))

        def wait(self, handles: Sequence[int], milliseconds: int) -> int:
            array = (_HANDLE * len(handles))(*handles)
            found: int = self._library.WaitForMultipleObjects(len(handles), array, False, milliseconds)
            if found == WAIT_FAILED:
                raise _failed("WaitForMultipleObjects")
            return found

        def close_handle(self, handle: int) -> None:
            self._check("CloseHandle", self._library.CloseHandle(handle))

        def working_set_bytes(self) -> int:
            counters = MemoryCounters(size=ctypes.sizeof(MemoryCounters))
            process = self._library.GetCurrentProcess()
            done = self._library.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.size)
            self._check("GetProcessMemoryInfo", done)
            found: int = counters.working_set
            return found

        @staticmethod
        def _check(call: str, done: int) -> None:
            if not done:
                raise _failed(call)

    def real_kernel() -> Kernel:
        return _Kernel32()

else:

    def real_kernel() -> Kernel:
        """Raises OSError where there is no Windows."""
        raise OSError("kernel32 is a library of Windows")
