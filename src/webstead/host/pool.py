"""The instances of one process of the plan, and what the site table says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from webstead.errors import StartError, WebsteadError
from webstead.events import Emit
from webstead.host.changes import Changes
from webstead.host.failure import failure_text
from webstead.host.instance import Instance, InstanceRunner, Lifeline
from webstead.host.launch import Launch
from webstead.host.policy import Limits
from webstead.host.seat import SocketSeat
from webstead.host.slot import GRACE_SECONDS, Slot
from webstead.site_table import Endpoint, FailureText, PoolEntry

__all__ = ["PATIENCE_SECONDS", "RETRY_SECONDS", "Pool"]

PATIENCE_SECONDS = 3.0
"""A request waits for a restart that is nearer than this, and is told the reason of one that is farther."""

RETRY_SECONDS = 1.0
"""Attempts that requests cause at a pool that never started, when its site serves on."""


class Pool:
    """launch: what its instances are started with. sockets: the prefix of its sockets' paths."""

    def __init__(
        self,
        launch: Launch,
        sockets: Path,
        lifeline: Lifeline,
        emit: Emit,
        on_change: Callable[[], None],
        limits: Limits,
    ) -> None:
        process = launch.process
        if process.serve_on_failure:
            limits = replace(limits, retry_after_start_failure=RETRY_SECONDS)
        self.launch = launch
        self.key = process.pool
        self._entry = PoolEntry(process.pool, process.protocol, "starting")
        if process.foreign is not None:
            self._entry = replace(self._entry, at_once=process.foreign.at_once, keeps=False)
        self._process = process
        self._changes = Changes()
        self._on_change = on_change
        self._seats: list[SocketSeat] = []
        self._places: list[tuple[str, Slot]] = []
        for number in range(1, max(1, process.instances) + 1):
            name = process.label if process.instances <= 1 else f"{process.label}.{number}"
            seat = self._seat(sockets, number) if process.protocol == "fastcgi" else None
            runner = InstanceRunner(launch, name, seat, lifeline, emit)
            self._places.append((name, Slot(runner, limits, self._changed)))

    def _seat(self, sockets: Path, number: int) -> SocketSeat:
        seat = SocketSeat(sockets.with_name(f"{sockets.name}-{number}.sock"))
        self._seats.append(seat)
        return seat

    def _changed(self) -> None:
        self._changes.tell()
        self._on_change()

    def start(self) -> None:
        for _, slot in self._places:
            slot.post("start")

    def wanted(self) -> None:
        """A request arrived while the pool was failed."""
        for _, slot in self._places:
            slot.post("wanted")

    @property
    def entry(self) -> PoolEntry:
        endpoints = tuple(
            Endpoint(name, slot.running.address)
            for name, slot in self._places
            if slot.state == "ready" and isinstance(slot.running, Instance)
        )
        if endpoints:
            return replace(self._entry, status="ready", endpoints=endpoints)
        reasons = [self._reason(slot) for _, slot in self._places]
        failed = [reason for reason in reasons if reason]
        if len(failed) == len(reasons):
            return replace(self._entry, status="failed", failure=failed[0])
        return self._entry

    def _reason(self, slot: Slot) -> FailureText | None:
        """Why nothing will come of this slot soon; None when a request had better wait for it."""
        waits = slot.state == "backing_off" and slot.delay > PATIENCE_SECONDS
        if not slot.failure or not (waits or slot.state == "failed"):
            return None
        text = failure_text(slot.failure, self._process.protocol, rapid=waits or slot.held_back)
        if waits:
            return replace(text, found=f"{text.found}\nIt is started again within {slot.delay:g} s.".strip())
        if slot.held_back:
            return replace(
                text, found=f"{text.found}\nIt exited too often, and is not started for a minute.".strip()
            )
        return text

    @property
    def error(self) -> WebsteadError | None:
        """Why an instance failed for good, if one did."""
        failed = [slot for _, slot in self._places if slot.state == "failed"]
        if not failed:
            return None
        return failed[0].failure or StartError(f"{self._process.label} does not start")

    async def settled(self) -> WebsteadError | None:
        """None when all instances have answered; else why the first that failed did."""
        await self._changes.until(
            lambda: self.error is not None or all(slot.state == "ready" for _, slot in self._places)
        )
        return self.error

    async def quiet(self, seconds: float, of_programs: float) -> None:
        """Wait until its processes have answered what the front gave them, but no longer than `seconds`, or
        `of_programs` for FastCGI programs that are not ours."""
        seconds = seconds if self._process.foreign is None else of_programs
        running = [slot.running for _, slot in self._places if isinstance(slot.running, Instance)]
        await asyncio.gather(*(instance.quiet(seconds) for instance in running))

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Returns when no instance runs. The sockets are closed."""
        async with asyncio.TaskGroup() as group:
            for _, slot in self._places:
                group.create_task(slot.stop(grace))
        while self._seats:
            self._seats.pop().close()
