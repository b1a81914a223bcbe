"""Which event loop serves."""

from __future__ import annotations

import asyncio
import sys

__all__ = ["new_loop"]


def new_loop(readers: bool) -> asyncio.AbstractEventLoop:
    """uvloop's when the app's environment has it, else asyncio's. readers: sockets are waited for, which on
    Windows only the selector loop can; there the app can start no processes then.
    """
    if sys.platform == "win32":
        return asyncio.SelectorEventLoop() if readers else asyncio.new_event_loop()
    return _uvloop() or asyncio.new_event_loop()


def _uvloop() -> asyncio.AbstractEventLoop | None:
    try:
        import uvloop
    except ImportError:
        return None
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
