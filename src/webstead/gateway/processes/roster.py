"""Who works, who is to come and who is to go: the master's policy, without a process, clock or signal.

A worker goes its way by the table WORKER, and what happens to it is a case:

    loading ──loaded──▶ serving ──retire──▶ retiring ──(a successor serves)──▶ leaving ──exited──▶ gone
       │ exited: failed    │ exited: died      │ exited: died                     │ exited: left

`ends`: a worker that serves has begun to end without being told to (somebody sent it a SIGTERM): it is
leaving, and that counts as a death.

The master goes its way by the table MASTER, which says what a case means in each of its phases:

    starting ──came──▶ serving ◀──all new ones serve, or one is lost──▶ reloading
       │ failed: give up   └──────────────── stop ──────────────┬───────────┘
       └───────────────────────────────────────────────────────▶ stopping

After every move `_settle` compares what there is with what is wanted. That is one rule for a death, for a
retirement and for a start that failed: as many workers load and serve as are wanted, and of the retiring
ones as many leave as there are too many. A reload starts a second generation beside the first; one of the
two leaves.

Precedents: gunicorn's arbiter (SIGHUP, the end when a worker fails to boot), uWSGI's chain reload, Erlang's
supervisor intensity (the delay of RAPID_SECONDS), `host/policy.py` here.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Literal, NamedTuple, Optional, Union

__all__ = [
    "KILL_MARGIN",
    "LEAST_SERVICE",
    "LONGEST_DELAY",
    "MASTER",
    "RAPID_SECONDS",
    "WORKER",
    "Action",
    "Announce",
    "Kill",
    "Leave",
    "Roster",
    "Start",
    "Tell",
    "delay",
]

RAPID_SECONDS = 60.0
"""How far back ends are counted. Precedent: IIS rapidFailsPerMinute."""

FIRST_DELAY = 0.5
"""Seconds before the first successor that is not started at once; doubled for each further end."""

LONGEST_DELAY = 10.0
"""Precedent: `webstead up`, which waits 10 s at most."""

LEAST_SERVICE = 2.0
"""Seconds that a worker serves before it may retire: an app that is over its limit from the start must not
be loaded again and again without a pause.
"""

KILL_MARGIN = 2.0
"""Seconds beyond the grace after which a worker that was told to leave is killed: it ends itself at the
grace, unless not even its threads run.
"""

State = Literal["loading", "serving", "retiring", "leaving"]
Event = Literal["loaded", "retire", "ends", "exited"]
Case = Literal["none", "came", "failed", "died", "left", "lost", "reload", "stop"]
Phase = Literal["starting", "serving", "reloading", "stopping"]
Move = Literal["none", "open", "give_up", "replace", "reload", "queue", "abandon", "stop"]


class Step(NamedTuple):
    """state: None when the worker is gone."""

    state: Optional[State]  # noqa: UP045 (evaluated: Python 3.9)
    case: Case


WORKER: dict[tuple[State, Event], Step] = {
    ("loading", "loaded"): Step("serving", "came"),
    ("loading", "retire"): Step("loading", "none"),
    ("loading", "ends"): Step("loading", "none"),
    ("loading", "exited"): Step(None, "failed"),
    ("serving", "loaded"): Step("serving", "none"),
    ("serving", "retire"): Step("retiring", "none"),
    ("serving", "ends"): Step("leaving", "died"),
    ("serving", "exited"): Step(None, "died"),
    ("retiring", "loaded"): Step("retiring", "none"),
    ("retiring", "retire"): Step("retiring", "none"),
    ("retiring", "ends"): Step("leaving", "died"),
    ("retiring", "exited"): Step(None, "died"),
    ("leaving", "loaded"): Step("leaving", "none"),
    ("leaving", "retire"): Step("leaving", "none"),
    ("leaving", "ends"): Step("leaving", "none"),
    ("leaving", "exited"): Step(None, "left"),
}

MASTER: dict[tuple[Phase, Case], Move] = {
    ("starting", "came"): "open",
    ("starting", "failed"): "give_up",
    ("starting", "reload"): "queue",
    ("starting", "stop"): "stop",
    ("serving", "failed"): "replace",
    ("serving", "died"): "replace",
    ("serving", "reload"): "reload",
    ("serving", "stop"): "stop",
    ("reloading", "failed"): "replace",
    ("reloading", "died"): "replace",
    ("reloading", "lost"): "abandon",
    ("reloading", "reload"): "queue",
    ("reloading", "stop"): "stop",
}
"""`lost`: a worker of the new generation failed or died. What is not named changes nothing but numbers."""


class Start(NamedTuple):
    """Start a worker, then say `started` or `not_started`."""

    generation: int


class Leave(NamedTuple):
    """Tell a worker to finish its requests and end (SIGTERM)."""

    pid: int


class Kill(NamedTuple):
    """End a worker (SIGKILL)."""

    pid: int


class Tell(NamedTuple):
    """Write a line to the log."""

    text: str


class Announce(NamedTuple):
    """Tell who waits for it: the service manager, the supervisor."""

    state: Literal["ready", "reloading", "stopping"]
    text: str


Action = Union[Start, Leave, Kill, Tell, Announce]


class Worker(NamedTuple):
    """since: in this state. until: leaving: when it is killed; retiring: when a successor may be started, 0
    when that time has come.
    """

    pid: int
    generation: int
    state: State = "loading"
    since: float = 0.0
    until: float = 0.0


def delay(ends: int, free: int) -> float:
    """Seconds to wait before a successor, after so many ends in RAPID_SECONDS, of which `free` bring none."""
    if ends <= free:
        return 0.0
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(ends - free - 1, 16))


_TOLD: dict[Event, str] = {"loaded": "serves", "retire": "retires: ", "ends": "ends by itself"}


class Roster:
    """All times are seconds of one monotonic clock. over: all workers are gone and none is to come. culprit:
    the worker that could not load the app at start.
    """

    def __init__(self, wanted: int, grace: float) -> None:
        self.phase: Phase = "starting"
        self.workers: dict[int, Worker] = {}
        self.culprit = 0
        self._wanted = wanted
        self._patience = grace + KILL_MARGIN
        self._generation = 1
        self._latest = 1
        self._queued = False
        self._pending: Counter[int] = Counter()  # starts decided on, by generation, of which no answer came
        self._start_at = 0.0
        self._ends: deque[float] = deque()

    @property
    def over(self) -> bool:
        return self.phase == "stopping" and not self.workers

    @property
    def takers(self) -> list[int]:
        """Who may be given connections: those that serve, and are not about to leave."""
        if self.phase == "stopping":
            return []
        return [worker.pid for worker in self._current() if worker.state == "serving"]

    def begin(self, now: float) -> list[Action]:
        return self._settle(now)

    def started(self, pid: int, generation: int, now: float) -> list[Action]:
        self._pending[generation] -= 1
        self.workers[pid] = worker = Worker(pid, generation, since=now)
        return [] if self._is_wanted(generation) else self._leave([worker], now)

    def not_started(self, generation: int, why: str, now: float) -> list[Action]:
        self._pending[generation] -= 1
        if not self._is_wanted(generation):
            return []
        told: list[Action] = [Tell(f"no worker can be started: {why}")]
        if generation != self._generation:
            return told + self._move("lost", now, why)
        self._count_end(now)
        return told

    def happened(self, pid: int, event: Event, now: float, why: str = "") -> list[Action]:
        """why: how it exited, or the reason to retire."""
        worker = self.workers[pid]
        state, case = WORKER[worker.state, event]
        told: list[Action] = []
        if state is None:
            del self.workers[pid]
            # At the start the reason follows: the master ends with it.
            if case != "left" and self.phase not in ("starting", "stopping"):
                told.append(Tell(f"worker {pid} ended: {why}"))
        elif state != worker.state:
            until = {"retiring": worker.since + LEAST_SERVICE, "leaving": now + self._patience}
            self.workers[pid] = worker._replace(state=state, since=now, until=until.get(state, 0.0))
            told.append(Tell(f"worker {pid} {_TOLD[event]}{why}"))
        if worker.generation > self._generation and case in ("failed", "died"):
            case = "lost"
        if case == "failed":
            self.culprit = self.culprit or (pid if self.phase == "starting" else 0)
        return told + self._move(case, now, f"worker {pid} ended: {why}")

    def reload(self, now: float) -> list[Action]:
        return self._move("reload", now)

    def stop(self, now: float) -> list[Action]:
        return self._move("stop", now)

    def kill(self) -> list[Action]:
        """End everything at once."""
        self.phase = "stopping"
        return [Kill(pid) for pid in self.workers]

    def tick(self, now: float) -> list[Action]:
        """To be called at next_time()."""
        actions: list[Action] = []
        for worker in list(self.workers.values()):
            if worker.state == "leaving" and worker.until <= now:
                self.workers[worker.pid] = worker._replace(until=float("inf"))
                actions += [Tell(f"worker {worker.pid} did not end in its grace; killed"), Kill(worker.pid)]
            elif worker.state == "retiring" and worker.until <= now:
                self.workers[worker.pid] = worker._replace(until=0.0)
        return actions + self._settle(now)

    def next_time(self) -> float:
        """When tick() has something to do; infinity: only after something has happened."""
        times = [worker.until for worker in self.workers.values() if worker.until]
        if self.phase != "stopping" and self._missing(self._start_at):
            times.append(self._start_at)
        return min(times, default=float("inf"))

    def _move(self, case: Case, now: float, why: str = "") -> list[Action]:
        move = MASTER.get((self.phase, case), "none")
        actions: list[Action] = []
        if move == "open":
            self.phase = "serving"
            actions = [Announce("ready", self._status())]
        elif move == "replace":
            self._count_end(now)
        elif move == "queue":
            self._queued = True
            actions = [Tell("a reload comes after what is in progress")]
        elif move == "reload":
            actions = self._reload()
        elif move == "abandon":
            actions = self._abandon(now, why)
        elif move in ("stop", "give_up"):
            self.phase = "stopping"
            actions = [Announce("stopping", "stopping"), *self._leave(list(self.workers.values()), now)]
        return actions + self._settle(now)

    def _settle(self, now: float) -> list[Action]:
        if self.phase == "stopping":
            return []
        actions = self._commit(now) if self.phase == "reloading" else []
        actions += self._dismiss(now)
        if now >= self._start_at:
            actions += self._start(self._generation, self._missing(now))
        if self._queued and self.phase == "serving":
            self._queued = False
            actions += self._reload()
        return actions

    def _current(self) -> list[Worker]:
        return [worker for worker in self.workers.values() if worker.generation == self._generation]

    def _missing(self, now: float) -> int:
        """How many workers are to be started in the current generation."""
        at_work = sum(
            worker.state in ("loading", "serving") or (worker.state == "retiring" and worker.until > now)
            for worker in self._current()
        )
        return max(0, self._wanted - at_work - self._pending[self._generation])

    def _start(self, generation: int, count: int) -> list[Action]:
        self._pending[generation] += count
        return [Start(generation)] * count

    def _is_wanted(self, generation: int) -> bool:
        """Not when something was decided between the decision to start a worker and its start."""
        newest = self._latest if self.phase == "reloading" else self._generation
        return self.phase != "stopping" and generation in (self._generation, newest)

    def _dismiss(self, now: float) -> list[Action]:
        """Of the retiring workers, the oldest, as many as their successors serve."""
        serving = sum(worker.state == "serving" for worker in self._current())
        retiring = [worker for worker in self._current() if worker.state == "retiring"]
        too_many = max(0, serving + len(retiring) - self._wanted)
        return self._leave(sorted(retiring, key=lambda worker: worker.since)[:too_many], now)

    def _leave(self, workers: list[Worker], now: float) -> list[Action]:
        actions: list[Action] = []
        for worker in workers:
            if worker.state != "leaving":
                self.workers[worker.pid] = worker._replace(state="leaving", until=now + self._patience)
                actions.append(Leave(worker.pid))
        return actions

    def _reload(self) -> list[Action]:
        self.phase = "reloading"
        self._latest += 1
        starts = self._start(self._latest, self._wanted)
        return [Tell("reload: new workers load the app"), Announce("reloading", "reloading"), *starts]

    def _commit(self, now: float) -> list[Action]:
        """When all of the new generation serve, the old one leaves."""
        new = [worker for worker in self.workers.values() if worker.generation == self._latest]
        if sum(worker.state in ("serving", "retiring") for worker in new) < self._wanted:
            return []
        self.phase = "serving"
        self._generation = self._latest
        self._start_at = 0.0
        self._ends.clear()
        old = [worker for worker in self.workers.values() if worker.generation != self._generation]
        told: list[Action] = [Tell("reloaded"), Announce("ready", self._status())]
        return told + self._leave(old, now)

    def _abandon(self, now: float, why: str) -> list[Action]:
        self.phase = "serving"
        new = [worker for worker in self.workers.values() if worker.generation == self._latest]
        text = f"reload failed, nothing changed: {why}"
        return [Tell(text), Announce("ready", text), *self._leave(new, now)]

    def _count_end(self, now: float) -> None:
        self._ends.append(now)
        while self._ends[0] <= now - RAPID_SECONDS:
            self._ends.popleft()
        self._start_at = now + delay(len(self._ends), self._wanted)

    def _status(self) -> str:
        return f"{self._wanted} worker{'s' if self._wanted != 1 else ''}"
