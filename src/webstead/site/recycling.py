"""Renewing the instances of pools because a file or a signal asks for it, one time after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from webstead.events import Emit, Recycled, Recycling
from webstead.host.site import HostedSite

__all__ = ["Recycler"]


class Recycler:
    def __init__(self, site: HostedSite, emit: Emit) -> None:
        self._site = site
        self._emit = emit
        self._pools: set[str] = set()
        self._why: set[str] = set()
        self._asked = asyncio.Event()

    def ask(self, pools: Iterable[str], why: Iterable[str]) -> None:
        """Renew these pools; what is asked for while others are renewed comes after them, once."""
        if new := set(pools):
            self._pools |= new
            self._why |= set(why)
            self._asked.set()

    async def run(self) -> None:
        """For as long as the site is up."""
        while await self._asked.wait():
            self._asked.clear()
            pools, why, began = sorted(self._pools), sorted(self._why), time.monotonic()
            self._pools.clear()
            self._why.clear()
            self._emit(Recycling(pools, why))
            if await self._site.recycle(pools) is None:
                self._emit(Recycled(pools, time.monotonic() - began))
