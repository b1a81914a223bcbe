"""When a FastCGI program takes connections again that answers one request at a time."""

from __future__ import annotations

import asyncio
import contextlib

from webstead.formats.fastcgi.client import get_values
from webstead.front.address import split_address

__all__ = ["until_taken"]


async def until_taken(address: str) -> None:
    """Returns when the program has answered FCGI_GET_VALUES, or has closed the connection at the end of the
    question. Raises OSError when there is nobody."""
    target = split_address(address)
    opening = (
        asyncio.open_unix_connection(target) if isinstance(target, str) else asyncio.open_connection(*target)
    )
    reader, writer = await opening
    try:
        writer.write(get_values())
        writer.write_eof()
        await reader.read(1)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
