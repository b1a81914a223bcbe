"""Bytes that go to a file as they come: two gigabytes take no more memory than two megabytes."""

from __future__ import annotations

import errno
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool

from webstead.services.errors import ApiError

__all__ = ["BLOCK", "SPARE", "receive"]

BLOCK = 1 << 20
"""So much is gathered before it is written: a hop to a thread for each 64 kB would cost more than the
disk."""

SPARE = 64 << 20
"""So much of the disk is left free: records and logs must go on being written."""


async def receive(
    chunks: AsyncIterator[bytes], folder: Path, *, announced: int = 0, first: bytes = b""
) -> Path:
    """A new file in the folder. first: what was read of the body before. announced: its Content-Length, 0
    for unknown. An upload that is cut off leaves nothing behind. Raises ApiError 507 when the disk has no
    room for it, and what the chunks raise."""
    await run_in_threadpool(_check_room, folder, announced)
    path = folder / f"upload-{uuid.uuid4().hex}"
    file = await run_in_threadpool(path.open, "xb")
    try:
        with file:
            await _write(chunks, file, first)
    except BaseException as error:
        free = shutil.disk_usage(folder).free
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room(folder, f"{free >> 20} MB are free where it was written: {error}") from None
        raise
    return path


async def _write(chunks: AsyncIterator[bytes], file: BinaryIO, first: bytes) -> None:
    gathered, written = bytearray(first), 0
    async for chunk in chunks:
        gathered += chunk
        if len(gathered) >= BLOCK:
            written += len(gathered)
            await run_in_threadpool(file.write, bytes(gathered))
            gathered.clear()
            if written % (BLOCK << 6) < BLOCK:  # a body that announced nothing
                await run_in_threadpool(_check_room, Path(file.name).parent, 0)
    await run_in_threadpool(file.write, bytes(gathered))


def _check_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted + SPARE > free:
        raise _no_room(folder, f"{free >> 20} MB are free, {wanted >> 20} MB would come")


def _no_room(folder: Path, found: str) -> ApiError:
    return ApiError(
        507,
        "The disk has no room for this upload.",
        found=found,
        fix=f"Free some space on the disk of {folder}: older releases, and `webstead env prune`.",
    )
