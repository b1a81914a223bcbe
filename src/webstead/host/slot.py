"""One slot of a pool: performs what the policy decides for whatever fills it (an instance, or the front)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from webstead.errors import HostError, WebsteadError
from webstead.host.changes import Changes
from webstead.host.policy import NEW, Action, Decision, Event, Limits, Memory, State, step

__all__ = ["GRACE_SECONDS", "PATIENCE_SECONDS", "LetGo", "Runner", "Running", "Slot", "nobody_asks"]

GRACE_SECONDS = 3.0
"""From SIGTERM to SIGKILL. docker stop waits 10 s, heroku 30 s; ours must fit into the 5 s of Ctrl+C."""


class Running(Protocol):
    """A process that runs. address: where it is reached; empty where nobody asks."""

    @property
    def address(self) -> str: ...

    async def answered(self) -> None:
        """Returns when it has answered its probe."""
        ...

    async def exited(self) -> None:
        """Returns when the process has ended."""
        ...

    async def stop(self, grace: float) -> None:
        """Ask it to end, and make it end after `grace` seconds."""
        ...

    def late(self) -> WebsteadError:
        """Why it has not answered in time."""
        ...

    async def autopsy(self, *, was_ready: bool) -> WebsteadError | None:
        """After its end: take up its last words, end what it left behind, and say why it ended. None: in
        good order, as programs of its kind do."""
        ...


class Runner(Protocol):
    """Starts processes of one kind. startup_seconds: the time to answer the probe."""

    @property
    def startup_seconds(self) -> float: ...

    async def start(self) -> Running:
        """Raises WebsteadError when there is no process."""
        ...


LetGo = Callable[[str, float], Awaitable[None]]
"""Returns when nobody has a request any more at the instance of that address, which gets no new ones; but
after so many seconds in any case."""

PATIENCE_SECONDS = 30.0
"""For the requests that a leaving instance still has. gunicorn's graceful_timeout is 30 s too."""


async def nobody_asks(address: str, seconds: float) -> None:
    """Nobody has."""


class Slot:
    """failure: why the last attempt ended; running: what fills the slot; delay: the wait it is in, in
    seconds. memory: how its life begins. grace: seconds from SIGTERM to SIGKILL when it leaves."""

    def __init__(
        self,
        runner: Runner,
        limits: Limits,
        on_change: Callable[[], None],
        *,
        memory: Memory = NEW,
        let_go: LetGo = nobody_asks,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self.failure: WebsteadError | None = None
        self.running: Running | None = None
        self.delay = 0.0
        self.changes = Changes()
        self._runner = runner
        self._limits = limits
        self._on_change = on_change
        self._memory = memory
        self._let_go = let_go
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._grace = grace

    @property
    def state(self) -> State:
        return self._memory.state

    @property
    def held_back(self) -> bool:
        """It failed because it kept exiting, rather than at its first start."""
        return self.state == "failed" and self._memory.ever_ready

    @property
    def has_answered(self) -> bool:
        """At some time; also for one that succeeds another."""
        return self._memory.ever_ready

    def post(self, event: Event) -> None:
        decision = step(self._memory, event, self._loop.time(), self._limits)
        self._memory = decision.memory
        for action in decision.actions:
            self._perform(action, decision)

    async def stop(self, grace: float) -> None:
        """Returns when nothing of it runs."""
        self._grace = grace
        if self._timer:
            self._timer.cancel()
        if self._leaving:
            self._leaving.cancel()
        self.post("stop")
        await self.ended()

    async def ended(self) -> None:
        """Returns when nothing of it runs, nor ever will."""
        await self.changes.until(lambda: self.state == "stopped")
        await asyncio.gather(*self._tasks, return_exceptions=True)  # shown when they ended

    def _perform(self, action: Action, decision: Decision) -> None:
        if action == "spawn":
            self._task(self._live())
        elif action == "wait":
            self.delay = decision.delay
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_later(decision.delay, self.post, "timer")
        elif action == "kill":
            if self.running:
                self._task(self.running.stop(self._grace))
        elif action == "leave":
            if self.running:
                self._leaving = self._task(self._leave(self.running))
        elif action == "publish":
            self._on_change()
            self.changes.tell()

    async def _leave(self, running: Running) -> None:
        await self._let_go(running.address, PATIENCE_SECONDS)
        await running.stop(self._grace)

    async def _live(self) -> None:
        """One attempt, from the start to the end of the process."""
        late: WebsteadError | None = None
        try:
            running = await self._runner.start()
        except WebsteadError as error:
            self.failure = error
            self.post("exited")
            return
        self.running = running
        self.post("started")
        if self.state == "stopping":  # asked for while there was nothing yet to stop
            self._task(running.stop(self._grace))
        exiting = asyncio.create_task(running.exited())
        late = await self._await_answer(running, exiting)
        await exiting
        why = await running.autopsy(was_ready=self.state == "ready")
        self.failure = late or why
        self.running = None
        self.post("exited" if self.failure else "retired")

    async def _await_answer(self, running: Running, exiting: asyncio.Task[None]) -> WebsteadError | None:
        """Posts the answer, or that it is late (returned then)."""
        probe = asyncio.create_task(running.answered())
        seconds = self._runner.startup_seconds
        await asyncio.wait({probe, exiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        late = None
        if probe.done() and not exiting.done():
            self.post("probe_answered")
        elif not exiting.done():
            late = running.late()
            self.post("startup_timeout")
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        return late

    def _task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that fails is a bug of ours: it is shown, and the slot must not wait for it for ever."""
        self._tasks.discard(task)
        if task.cancelled() or not (bug := task.exception()):
            return
        self._loop.call_exception_handler({"message": "A slot's task failed", "exception": bug, "task": task})
        self.failure = HostError("Webstead failed while it ran an instance", found=repr(bug))
        self.post("exited")
