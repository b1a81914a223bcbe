"""The instances of one process of the plan, and what the site table says of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from webstead.errors import StartError, WebsteadError
from webstead.events import Emit, Note
from webstead.host.changes import Changes
from webstead.host.failure import failure_text, held_back_text, renewal_text
from webstead.host.instance import Instance, InstanceRunner, Lifeline
from webstead.host.launch import Launch
from webstead.host.place import Place, limits_of
from webstead.host.policy import NEW, Limits, Memory, renewal
from webstead.host.seat import SocketSeat
from webstead.host.slot import GRACE_SECONDS, LetGo, Slot, nobody_asks
from webstead.site_table import Endpoint, FailureText, PoolEntry, Status, Why

__all__ = ["PATIENCE_SECONDS", "RETRY_SECONDS", "Pool"]

PATIENCE_SECONDS = 3.0
"""A request waits for a restart that is nearer than this, and is told the reason of one that is farther."""

RETRY_SECONDS = 1.0
"""Attempts that requests cause at a pool that never started, when its site serves on."""

_AFTER_ONE = Memory(ever_ready=True)
"""How the life of a slot begins that succeeds another: its program has been seen to work."""

_HANGS = ("silence", "request")
_WORTH_WAITING = ("resting", "dormant", "waking")
_SETTLED = ("ready", *_WORTH_WAITING)


class Pool:
    """launch: what its instances are started with. sockets: the prefix of its sockets' paths. let_go: as a
    Slot has it."""

    def __init__(
        self,
        launch: Launch,
        sockets: Path,
        lifeline: Lifeline,
        emit: Emit,
        on_change: Callable[[], None],
        limits: Limits,
        let_go: LetGo = nobody_asks,
    ) -> None:
        process = launch.process
        if process.serve_on_failure:
            limits = replace(limits, retry_after_start_failure=RETRY_SECONDS)
        self.launch = launch
        self.key = process.pool
        self._process = process
        self._lifeline = lifeline
        self._emit = emit
        self._sockets = sockets
        self._limits = limits_of(limits, process.policies)
        self._let_go = let_go
        self._changes = Changes()
        self._on_change = on_change
        self._numbers = itertools.count(1)
        self._alive: set[Place] = set()
        self._renewing: set[asyncio.Task[None]] = set()
        count = max(1, process.instances)
        names = (process.label if count == 1 else f"{process.label}.{n}" for n in range(1, count + 1))
        self._places = [self._place(name) for name in names]

    def _place(self, name: str, memory: Memory = NEW) -> Place:
        seat = self._seat() if self._process.protocol == "fastcgi" else None
        runner = InstanceRunner(self.launch, name, seat, self._lifeline, self._emit)
        slot = Slot(
            *(runner, self._limits, self._changed),
            memory=memory,
            let_go=self._let_go,
            grace=self._grace(GRACE_SECONDS),
        )
        place = Place(name, slot, seat)
        self._alive.add(place)
        return place

    @property
    def _at_once(self) -> int:
        """Requests that an instance is given at a time, 0 for any number."""
        process = self._process
        return process.policies.at_once if process.foreign is None else process.foreign.at_once

    def _seat(self) -> SocketSeat:
        return SocketSeat(self._sockets.with_name(f"{self._sockets.name}-{next(self._numbers)}.sock"))

    def _grace(self, seconds: float) -> float:
        written = self._process.policies.grace
        return seconds if written is None else written.value

    def _changed(self) -> None:
        self._changes.tell()
        self._on_change()

    def start(self) -> None:
        for place in self._places:
            place.slot.post("start")

    def wanted(self) -> None:
        """A request found no instance: those that failed are tried again, and one that rests wakes up."""
        resting = [place for place in self._places if place.slot.state == "dormant"]
        for place in [*resting[:1], *(p for p in self._places if p.slot.state == "failed")]:
            place.slot.post("wanted")

    def retire(self, address: str, why: Why) -> None:
        """The instance of that address is to end, or to be replaced."""
        for place in self._places:
            if place.endpoint is not None and place.endpoint.address == address:
                self._renew(place, why)

    def _renew(self, place: Place, why: Why) -> None:
        how = renewal(why, self._at_once)
        if how == "rest":
            place.slot.post("idle")
        elif not place.is_renewed:
            place.is_renewed = True
            self._emit(Note("info", renewal_text(place.name, why, self._process.policies)))
            if why in _HANGS and isinstance(place.slot.running, Instance):
                place.slot.running.show_stacks()
            work = self._successor_first(place) if how == "successor_first" else self._itself_first(place)
            task = asyncio.get_running_loop().create_task(work)
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)

    async def _successor_first(self, place: Place) -> None:
        """No request is without an instance. A successor that does not start changes nothing."""
        new = self._place(place.name, _AFTER_ONE)
        new.slot.post("start")
        await new.slot.changes.until(lambda: new.slot.state != "starting")
        if new.slot.state == "ready":
            self._take_over(place, new)
            await self._end(place)
            return
        why = new.slot.failure.what if new.slot.failure else "it does not start"
        self._emit(Note("warning", f"{place.name} goes on, as its successor failed: {why}"))
        await self._end(new)
        place.is_renewed = False

    async def _itself_first(self, place: Place) -> None:
        """The instance is of no use any more: requests wait for the successor."""
        new = self._place(place.name, replace(_AFTER_ONE, state="dormant"))
        self._take_over(place, new)
        new.slot.post("wanted")
        await self._end(place)

    def _take_over(self, old: Place, new: Place) -> None:
        self._places[self._places.index(old)] = new
        self._changed()

    async def _end(self, place: Place) -> None:
        """Of one that is no longer among the places."""
        if place.slot.state == "ready":
            place.slot.post("retire")
            await place.slot.ended()
        else:
            await place.slot.stop(self._grace(GRACE_SECONDS))
        self._forget(place)

    def _forget(self, place: Place) -> None:
        self._alive.discard(place)
        place.close()

    @property
    def entry(self) -> PoolEntry:
        endpoints = tuple(place.endpoint for place in self._places if place.endpoint is not None)
        if endpoints:
            return self._entry("ready", endpoints)
        if any(place.slot.state in _WORTH_WAITING for place in self._places):
            return self._entry("dormant")
        failed = [reason for place in self._places if (reason := self._reason(place.slot))]
        if len(failed) == len(self._places):
            return self._entry("failed", failure=failed[0])
        return self._entry("starting")

    def _entry(
        self, status: Status, endpoints: tuple[Endpoint, ...] = (), failure: FailureText | None = None
    ) -> PoolEntry:
        process = self._process
        return PoolEntry(
            *(self.key, process.protocol, status, endpoints, failure),
            at_once=self._at_once,
            keeps=process.foreign is None,
            dormant=sum(place.slot.state == "dormant" for place in self._places),
            startup_seconds=0.0 if status == "starting" and self._has_answered else process.startup_seconds,
            policies=process.policies,
        )

    @property
    def _has_answered(self) -> bool:
        """What is started again is there soon; a first start may take all the time that it is given."""
        return any(place.slot.has_answered for place in self._places)

    def _reason(self, slot: Slot) -> FailureText | None:
        """Why nothing will come of this slot soon; None when a request had better wait for it."""
        waits = slot.state == "backing_off" and slot.delay > PATIENCE_SECONDS
        if not slot.failure or not (waits or slot.state == "failed"):
            return None
        held = waits or slot.held_back
        text = failure_text(slot.failure, self._process.protocol, rapid=held)
        if held:
            text = held_back_text(text, slot.delay if waits else None, self._process.policies)
        return (
            text
            if self._process.policies.startup_page is None
            else FailureText(text.status, "", sub_status=text.sub_status)
        )

    @property
    def error(self) -> WebsteadError | None:
        """Why an instance failed for good, if one did."""
        failed = [place.slot for place in self._places if place.slot.state == "failed"]
        if not failed:
            return None
        return failed[0].failure or StartError(f"{self._process.label} does not start")

    async def settled(self) -> WebsteadError | None:
        """None when all instances have answered; else why the first that failed did."""
        await self._changes.until(
            lambda: self.error is not None or all(place.slot.state in _SETTLED for place in self._places)
        )
        return self.error

    def shed(self) -> None:
        """Connections that wait where nothing will run soon are closed."""
        if self.entry.status == "failed":
            for place in self._places:
                place.shed()

    async def quiet(self, seconds: float, of_programs: float) -> None:
        """Wait until its instances have answered what the front gave them, but no longer than `seconds`, or
        `of_programs` for FastCGI programs that are not ours."""
        seconds = seconds if self._process.foreign is None else of_programs
        addresses = [place.slot.running.address for place in self._alive if place.slot.running]
        await asyncio.gather(*(self._let_go(address, seconds) for address in addresses))

    async def leave(self) -> None:
        """Returns when no instance runs: they get no new requests, and end when they have answered. New
        requests wait for what takes the pool's place."""
        ready = [place.slot for place in self._places if place.slot.state == "ready"]
        for slot in ready:
            slot.post("retire")
        await asyncio.gather(*(slot.ended() for slot in ready))
        await self.stop()

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Returns when no instance runs. The sockets are closed."""
        for task in self._renewing:
            task.cancel()
        await asyncio.gather(*self._renewing, return_exceptions=True)
        async with asyncio.TaskGroup() as group:
            for place in self._alive:
                group.create_task(place.slot.stop(self._grace(grace)))
        for place in tuple(self._alive):
            self._forget(place)
