"""A file's bytes for `http.response.pathsend`, read by a thread."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator

__all__ = ["BLOCK_BYTES", "blocks_of"]

BLOCK_BYTES = 1 << 18
"""Read at once: large enough that the way to the thread and back does not count."""


async def blocks_of(path: str, loop: AbstractEventLoop) -> AsyncIterator[bytes]:
    """Raises OSError: the app named a file that cannot be read."""
    file = await loop.run_in_executor(None, open, path, "rb", 0)
    try:
        while True:
            block: bytes = await loop.run_in_executor(None, file.read, BLOCK_BYTES)
            if not block:
                return
            yield block
    finally:
        file.close()
