"""A file's bytes for `http.response.pathsend`, read by a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Callable

__all__ = ["BLOCK_BYTES", "read_file"]

BLOCK_BYTES = 1 << 18
"""Read at once: large enough that the way to the thread and back does not count."""


async def read_file(
    path: str, loop: asyncio.AbstractEventLoop, take: Callable[[bytes], Awaitable[bool]]
) -> None:
    """Give the file to `take`, block by block, until that wants no more. Raises OSError: the app named a file
    that cannot be read.
    """
    file = await loop.run_in_executor(None, open, path, "rb", 0)
    reading: asyncio.Future[bytes] | None = None
    try:
        while True:
            reading = loop.run_in_executor(None, file.read, BLOCK_BYTES)
            block = await asyncio.shield(reading)
            if not block or not await take(block):
                return
    finally:
        if reading is None or reading.done():
            file.close()
        else:  # cancelled: the thread still reads, and the number of a closed file may soon be another's
            reading.add_done_callback(lambda done: file.close())
