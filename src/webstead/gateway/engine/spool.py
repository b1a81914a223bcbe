"""Bytes that wait for their reader, in order: in memory, and what is beyond a limit in a temporary file."""

from __future__ import annotations

import contextlib
import tempfile
from collections import deque
from typing import IO

__all__ = ["MEMORY_BYTES", "READ_BYTES", "Spool"]

MEMORY_BYTES = 262144
"""Of one body in memory. Precedents: nginx client_body_buffer_size 16 KiB, werkzeug and Django 500 KB to 2.5
MB per upload."""

READ_BYTES = 65536


class Spool:
    """size: bytes that wait. The file is made when it is needed first, has no name, and is emptied whenever
    the reader has caught up. Disk errors are raised as OSError.
    """

    __slots__ = ("_at", "_end", "_file", "_limit", "_memory", "size")

    def __init__(self, limit: int = MEMORY_BYTES) -> None:
        """limit: bytes that may wait in memory."""
        self._limit = limit
        self._memory: deque[bytes] = deque()
        self._file: IO[bytes] | None = None
        self._at = 0  # of the file: what has been read
        self._end = 0
        self.size = 0

    @property
    def on_disk(self) -> int:
        """Bytes that wait in the file."""
        return self._end - self._at

    def write(self, data: bytes) -> None:
        if not data:
            return
        if self._end or self.size + len(data) > self._limit:
            self._to_file(data)
        else:
            self._memory.append(data)
        self.size += len(data)

    def read(self, most: int = READ_BYTES) -> bytes:
        """The next bytes, at most so many; b"" when none wait."""
        data = self._from_memory(most) if self._memory else self._from_file(most) if self._end else b""
        self.size -= len(data)
        return data

    def close(self) -> None:
        """Give up what waits."""
        self._memory.clear()
        self._at = self._end = self.size = 0
        if self._file is not None:
            with contextlib.suppress(
                OSError
            ):  # what was buffered, and does not fit on the disk, is given up too
                self._file.close()
            self._file = None

    def _from_memory(self, most: int) -> bytes:
        data = self._memory.popleft()
        if len(data) > most:
            self._memory.appendleft(data[most:])
            data = data[:most]
        return data

    def _to_file(self, data: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="webstead-body-")  # noqa: SIM115 (close() closes it)
        self._file.seek(self._end)
        self._file.write(data)
        self._end += len(data)

    def _from_file(self, most: int) -> bytes:
        if self._file is None:
            raise ValueError("the spool is closed")
        self._file.seek(self._at)
        data = self._file.read(most)
        if not data:
            raise OSError("the temporary file of a body is shorter than what was written")
        self._at += len(data)
        if self._at == self._end:
            self._at = self._end = 0
            self._file.seek(0)
            self._file.truncate()
        return data
