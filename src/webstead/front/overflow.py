"""What a slow client has not taken of its response, in a file: the app that has said it serves others
meanwhile.

A few clients that read slowly would else keep all threads of an app, each waiting to be rid of the next part.
nginx does the same, with a limit of 1 GiB a response (proxy_max_temp_file_size) and none for all.
"""

from __future__ import annotations

from tempfile import TemporaryFile

from webstead.front.limits import OVERFLOW, OVERFLOWS, OVERFLOWS_BYTES

__all__ = ["ROOM", "Overflow", "Room"]


class Room:
    """How much of the disk all responses together may still take. files, size: what is in use."""

    def __init__(self) -> None:
        self.files = 0
        self.size = 0

    @property
    def left(self) -> bool:
        return self.files < OVERFLOWS and self.size < OVERFLOWS_BYTES


ROOM = Room()
"""Of this process."""


class Overflow:
    """Bytes, first in, first out. Writing and reading are of the system's cache: as nginx, we do not wait for
    the disk elsewhere. Raises OSError when it is full."""

    def __init__(self, room: Room) -> None:
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115  closed by `close`
        self._room = room
        self._written = self._read = 0
        room.files += 1

    @property
    def empty(self) -> bool:
        return self._read == self._written

    def put(self, data: bytes) -> bool:
        """Whether there is room for more."""
        self._file.seek(self._written)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        self._written += len(data)
        self._room.size += len(data)
        return self._written < OVERFLOW and self._room.size < OVERFLOWS_BYTES

    def take(self, most: int) -> bytes:
        self._file.seek(self._read)
        data = self._file.read(most) or b""
        self._read += len(data)
        return data

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._room.files -= 1
            self._room.size -= self._written
