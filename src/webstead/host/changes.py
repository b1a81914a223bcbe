"""Waiting until something is so, among tasks of one loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Changes"]


class Changes:
    """`tell` after each change; `until` looks again after each, and loses none."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, so: Callable[[], bool]) -> None:
        while not so():
            await self._event.wait()
