"""Changes seen through Windows' ReadDirectoryChangesW, which watches a whole tree by itself.

A thread waits in the call: between two calls the system collects changes, so none is missed. The calls stand
behind a Protocol; everything but their binding is exercised on every system, the binding on Windows only.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Protocol

from webstead.gateway.watch.tree import OVERFLOW, Change

__all__ = ["DirectoryCalls", "WindowsWatcher", "read_notifications"]

BUFFER_BYTES = 64 * 1024
"""The largest that works over a network (ReadDirectoryChangesW: ERROR_INVALID_PARAMETER beyond)."""

_FILE_NAME = 0x01
_DIR_NAME = 0x02
_SIZE = 0x08
_LAST_WRITE = 0x10
FILTER = _FILE_NAME | _DIR_NAME | _SIZE | _LAST_WRITE
"""wfastcgi asked for LAST_WRITE alone, and so missed renames, creations and deletions."""

ERROR_NOTIFY_ENUM_DIR = 1022
ERROR_OPERATION_ABORTED = 995

_MODIFIED = 3
_HEADER = struct.Struct("<III")


class DirectoryCalls(Protocol):
    """What is used of Windows. Each raises OSError with winerror."""

    def open(self, path: str) -> int:
        """A handle of the folder, for its changes."""

    def read(self, handle: int, size: int, wanted: int) -> bytes:
        """Wait for changes of the tree; the records, or b"" when there were more than size holds."""

    def cancel(self, handle: int) -> None:
        """End the read that waits, in another thread: it raises ERROR_OPERATION_ABORTED."""

    def close(self, handle: int) -> None: ...


def read_notifications(data: bytes) -> Iterator[Change]:
    """The FILE_NOTIFY_INFORMATION records of one read. Raises ValueError for what is none."""
    at = 0
    while True:
        if len(data) - at < _HEADER.size:
            raise ValueError("a record is cut short")
        distance, action, length = _HEADER.unpack_from(data, at)
        start = at + _HEADER.size
        if length % 2 or len(data) - start < length:
            raise ValueError("a record's name is cut short")
        name = data[start : start + length].decode("utf-16-le", "surrogatepass")
        yield Change(name.replace("\\", "/"), action != _MODIFIED)
        if not distance:
            return
        if distance < _HEADER.size:
            raise ValueError("a record leads back")
        at += distance


class WindowsWatcher:
    """Raises OSError when the folder cannot be opened."""

    def __init__(self, root: str, calls: DirectoryCalls) -> None:
        self._calls = calls
        handle = calls.open(root)
        self._handle: int | None = handle
        self._changes: SimpleQueue[Sequence[Change] | OSError | None] = SimpleQueue()
        self._closed = False
        self._lock = Lock()  # around the life of the handle
        Thread(target=self._read_all, args=(handle,), name="changes", daemon=True).start()

    def wait(self, timeout: float | None) -> Sequence[Change]:
        if self._closed:
            return ()
        try:
            found = self._changes.get(timeout=timeout)
        except Empty:
            return ()
        if isinstance(found, OSError):
            raise found
        return found or ()

    def close(self) -> None:
        self._closed = True
        self._changes.put(None)
        with self._lock:
            if self._handle is not None:
                self._calls.cancel(self._handle)

    def _read_all(self, handle: int) -> None:
        try:
            while not self._closed:
                self._changes.put(self._read(handle))
        except OSError as error:
            self._changes.put(None if getattr(error, "winerror", 0) == ERROR_OPERATION_ABORTED else error)
        with self._lock:
            self._handle = None
            self._calls.close(handle)

    def _read(self, handle: int) -> Sequence[Change]:
        try:
            data = self._calls.read(handle, BUFFER_BYTES, FILTER)
        except OSError as error:
            if getattr(error, "winerror", 0) != ERROR_NOTIFY_ENUM_DIR:
                raise
            data = b""
        return list(read_notifications(data)) if data else (OVERFLOW,)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _FILE_LIST_DIRECTORY = 0x0001
    _SHARE_ALL = 0x0007
    _OPEN_EXISTING = 3
    _BACKUP_SEMANTICS = 0x0200_0000
    _INVALID_HANDLE = ctypes.c_void_p(-1).value

    class Kernel32:
        """The real calls."""

        def __init__(self) -> None:
            library = ctypes.WinDLL("kernel32", use_last_error=True)
            handle, word, pointer = wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p
            self._create = library.CreateFileW
            self._create.argtypes = (wintypes.LPCWSTR, word, word, pointer, word, word, handle)
            self._create.restype = handle
            self._changes = library.ReadDirectoryChangesW
            self._changes.argtypes = (
                handle,
                pointer,
                word,
                wintypes.BOOL,
                word,
                ctypes.POINTER(word),
                pointer,
                pointer,
            )
            self._changes.restype = wintypes.BOOL
            self._cancel = library.CancelIoEx
            self._cancel.argtypes = (handle, pointer)
            self._cancel.restype = wintypes.BOOL
            self._close = library.CloseHandle
            self._close.argtypes = (handle,)
            self._close.restype = wintypes.BOOL

        def open(self, path: str) -> int:
            handle: int | None = self._create(
                path, _FILE_LIST_DIRECTORY, _SHARE_ALL, None, _OPEN_EXISTING, _BACKUP_SEMANTICS, None
            )
            if handle is None or handle == _INVALID_HANDLE:
                raise ctypes.WinError(ctypes.get_last_error())
            return handle

        def read(self, handle: int, size: int, wanted: int) -> bytes:
            buffer = (wintypes.DWORD * (size // 4))()  # the call wants it aligned to a DWORD
            length = wintypes.DWORD()
            if not self._changes(handle, buffer, size, True, wanted, ctypes.byref(length), None, None):
                raise ctypes.WinError(ctypes.get_last_error())
            return bytes(buffer)[: length.value]

        def cancel(self, handle: int) -> None:
            self._cancel(handle, None)  # nothing to cancel is no failure

        def close(self, handle: int) -> None:
            self._close(handle)
