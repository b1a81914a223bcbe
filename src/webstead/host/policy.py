"""When to start, wait, give up and stop: the life of one slot of a pool, as a table.

    stopped ──start──▶ starting ──probe answers──▶ ready
                        ▲   ▲  │                     │
         wanted, in time│   │  └──────exits──────────┤
                        │   └──timer── backing_off ◀─┤  (the pool has been ready before)
                        │                            │
                      failed ◀───────────────────────┘  (never been ready; or too many exits in a minute)
    ready ──idle──▶ resting ──exits──▶ dormant ──wanted──▶ waking ──probe answers──▶ ready
    ready ──retire──▶ retiring ──exits──▶ stopped
    any ──stop──▶ stopping ──exits──▶ stopped

A program that ends in good order when it has answered what it should (php-cgi after 500 requests) has
*retired*: it is replaced, and that is none of its failures.
`resting` and `retiring` get no new requests, and end when they have answered those that they have; the
successor of one that is `retiring` is another slot (RENEWALS says which of the two goes first). `waking` is
`starting` after a rest: requests wait for it as long as a start may take.

`step` sorts an event into a case (an exit may be the first, one more, or one too many), and the TABLE says
what follows. Nothing here reads a clock: `now` comes in, in seconds of any monotonic clock.

Precedents: httpPlatform and FastCGI `rapidFailsPerMinute="10"`, after which IIS starts nothing until the
minute ends; systemd's StartLimitBurst; Erlang's supervisor intensity. The minute counts the time in which an
instance could run: our own waits are left out, since ten of them take 55 s and would hide what the rule is
for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from webstead.site_table import Why

__all__ = [
    "IGNORED",
    "NEW",
    "RENEWALS",
    "TABLE",
    "Action",
    "Case",
    "Decision",
    "Event",
    "Limits",
    "Memory",
    "Renewal",
    "Row",
    "State",
    "renewal",
    "step",
]

State = Literal[
    "starting",
    "ready",
    "backing_off",
    "failed",
    "resting",
    "dormant",
    "waking",
    "retiring",
    "stopping",
    "stopped",
]
Event = Literal[
    "start",
    "started",
    "probe_answered",
    "exited",
    "retired",
    "startup_timeout",
    "timer",
    "wanted",
    "idle",
    "retire",
    "stop",
]
Case = Literal[
    "start",
    "started",
    "probe_answered",
    "exit_first",
    "exit_retry",
    "exit_again",
    "exit_rapid",
    "retired",
    "startup_timeout",
    "timer",
    "wanted",
    "wanted_early",
    "wanted_never",
    "idle",
    "retire",
    "stop",
]
Action = Literal["spawn", "kill", "leave", "wait", "publish"]
"""`leave`: end it when it has answered the requests that it has."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts of the policy.

    first_delay, longest_delay: the wait before the second restart, doubled for each further one up to the
    longest; the first restart does not wait. rapid_exits within rapid_seconds are borne, one more is too
    many; rapid_hold: how long the slot then stays down. start_retries: attempts that follow a first start
    that failed. retry_after_start_failure: how soon after the last of them a request may cause another;
    infinity: never. shortest_life: an instance that retires sooner is replaced only when this is over, so
    that one that ends at once does not do so without end."""

    first_delay: float = 0.5
    longest_delay: float = 10.0
    rapid_exits: int = 10
    rapid_seconds: float = 60.0
    rapid_hold: float = 60.0
    start_retries: int = 0
    retry_after_start_failure: float = inf
    shortest_life: float = 0.25

    def delay(self, exits: int) -> float:
        """The wait before the restart that follows this many exits of late: 0, 0.5, 1, 2, 4, 8, 10, 10 …"""
        if exits <= 1:
            return 0.0
        return min(self.longest_delay, self.first_delay * 2.0 ** min(exits - 2, 60))


@dataclass(frozen=True, slots=True)
class Memory:
    """What the policy knows of a slot. exits: when its instances ended, within the window, on the clock
    without waits. waited: seconds of back-off so far. failed_starts: exits before it was ever ready.
    retry_at: before this a request changes nothing in `failed`. began: when its instance was started."""

    state: State = "stopped"
    exits: tuple[float, ...] = ()
    waited: float = 0.0
    failed_starts: int = 0
    ever_ready: bool = False
    retry_at: float = inf
    began: float = -inf


NEW = Memory()
"""Of a slot that has not begun."""


@dataclass(frozen=True, slots=True)
class Row:
    """What follows a case. why: the evidence of the choice, for the log and the error page."""

    state: State
    actions: tuple[Action, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """actions in order; delay: seconds, for `wait`."""

    memory: Memory
    actions: tuple[Action, ...] = ()
    delay: float = 0.0
    why: str = ""


_EXITS: tuple[Case, ...] = ("exit_first", "exit_retry", "exit_again", "exit_rapid")
_WANTED: tuple[Case, ...] = ("wanted", "wanted_early", "wanted_never")


def _at_an_exit(state: State, row: Row) -> dict[tuple[State, Case], Row]:
    """Where it does not matter how often it has ended before."""
    return {(state, case): row for case in (*_EXITS, "retired")}


TABLE: dict[tuple[State, Case], Row] = {
    ("stopped", "start"): Row("starting", ("publish", "spawn"), "the site starts"),
    ("starting", "started"): Row("starting", (), "the process runs; it is ready when it answers"),
    ("starting", "probe_answered"): Row("ready", ("publish",), "it answered the probe"),
    ("starting", "startup_timeout"): Row("starting", ("kill",), "it did not answer within its start-up time"),
    ("starting", "exit_first"): Row(
        "failed", ("publish",), "its first start failed; another would fail alike"
    ),
    ("starting", "exit_retry"): Row(
        "backing_off", ("publish", "wait"), "its first start failed; the site allows another"
    ),
    ("starting", "exit_again"): Row(
        "backing_off", ("publish", "wait"), "it was ready before: worth a restart"
    ),
    ("starting", "exit_rapid"): Row("failed", ("publish",), "it exited too often within a minute"),
    ("ready", "exit_again"): Row("backing_off", ("publish", "wait"), "it was ready: worth a restart"),
    ("ready", "exit_rapid"): Row("failed", ("publish",), "it exited too often within a minute"),
    ("ready", "retired"): Row("backing_off", ("publish", "wait"), "it has done its share: replaced"),
    ("backing_off", "timer"): Row("starting", ("publish", "spawn"), "the wait is over"),
    ("failed", "wanted"): Row(
        "starting", ("publish", "spawn"), "a request asks for it, and the hold is over"
    ),
    ("failed", "wanted_early"): Row(
        "failed", ("wait",), "a request asks for it: tried when the hold is over"
    ),
    ("failed", "timer"): Row("starting", ("publish", "spawn"), "a request asked for it during the hold"),
    ("starting", "stop"): Row("stopping", ("publish", "kill"), "asked to stop"),
    ("ready", "stop"): Row("stopping", ("publish", "kill"), "asked to stop"),
    ("backing_off", "stop"): Row("stopped", ("publish",), "asked to stop; nothing runs"),
    ("failed", "stop"): Row("stopped", ("publish",), "asked to stop; nothing runs"),
    ("ready", "idle"): Row("resting", ("publish", "leave"), "nothing has asked for it for long enough"),
    ("ready", "retire"): Row("retiring", ("publish", "leave"), "its successor takes its place"),
    ("resting", "stop"): Row("stopping", ("publish", "kill"), "asked to stop"),
    ("retiring", "stop"): Row("stopping", ("publish", "kill"), "asked to stop"),
    ("dormant", "stop"): Row("stopped", ("publish",), "asked to stop; nothing runs"),
    ("dormant", "wanted"): Row("waking", ("publish", "spawn"), "a request asks for it"),
    **_at_an_exit("resting", Row("dormant", ("publish",), "it rests until a request asks for it")),
    **_at_an_exit("retiring", Row("stopped", ("publish",), "it has ended, as asked")),
    **_at_an_exit("stopping", Row("stopped", ("publish",), "it has ended, as asked")),
}
"""Every (state, case) is either here or in IGNORED; a test counts them."""

TABLE |= {
    ("waking", case): replace(row, state="waking") if row.state == "starting" else row
    for (state, case), row in TABLE.items()
    if state == "starting"
}

_LATE: tuple[Case, ...] = ("start", "started", "probe_answered", "startup_timeout", "retired")
_RENEWED: tuple[Case, ...] = ("idle", "retire")

_QUIET: dict[State, tuple[Case, ...]] = {
    "starting": ("start", "timer", "retired", *_WANTED, *_RENEWED),
    "waking": ("start", "timer", "retired", *_WANTED, *_RENEWED),
    "ready": (
        *("start", "started", "probe_answered", "startup_timeout", "timer", *_WANTED),
        *("exit_first", "exit_retry"),  # cannot be: a ready slot has been ready
    ),
    "backing_off": (*_LATE, *_WANTED, *_EXITS, *_RENEWED),
    "failed": (*_LATE, "wanted_never", *_EXITS, *_RENEWED),
    "resting": (*_LATE[:-1], "timer", *_WANTED, *_RENEWED),
    "dormant": (*_LATE, "timer", "wanted_early", "wanted_never", *_EXITS, *_RENEWED),
    "retiring": (*_LATE[:-1], "timer", *_WANTED, *_RENEWED),
    "stopping": (*_LATE[:-1], "timer", *_WANTED, *_RENEWED, "stop"),
    "stopped": (*_LATE[1:], "timer", *_WANTED, *_RENEWED, "stop", *_EXITS),
}
IGNORED: frozenset[tuple[State, Case]] = frozenset(
    (state, case) for state, cases in _QUIET.items() for case in cases
)
"""Cases that change nothing: late answers and timers, requests while something is under way."""

Renewal = Literal["rest", "successor_first", "itself_first"]

RENEWALS: dict[tuple[Why, bool], Renewal] = {
    ("idle", True): "rest",
    ("idle", False): "rest",
    ("requests", True): "successor_first",
    ("requests", False): "successor_first",
    ("silence", True): "itself_first",
    ("silence", False): "successor_first",
    ("request", True): "itself_first",
    ("request", False): "successor_first",
    ("stderr", True): "itself_first",
    ("stderr", False): "successor_first",
}
"""What is done with an instance, by why it is to end and whether it runs one request at a time. One that
hangs in its only request is of no use to anybody; one that runs others finishes those."""


def renewal(why: Why, at_once: int) -> Renewal:
    """at_once: requests that the instance runs at a time; 0 for any number."""
    return RENEWALS[why, at_once == 1]


def step(memory: Memory, event: Event, now: float, limits: Limits) -> Decision:
    """The decision that follows `event` at `now`."""
    if event == "exited":
        memory = _with_exit(memory, now, limits)
    row = TABLE.get((memory.state, _case(memory, event, now, limits)))
    if row is None:
        return Decision(memory)
    delay = _delay(memory, event, now, limits) if "wait" in row.actions else 0.0
    after = replace(
        memory,
        state=row.state,
        waited=memory.waited + (delay if row.state == "backing_off" else 0.0),
        ever_ready=memory.ever_ready or row.state == "ready",
        began=now if event == "started" else memory.began,
        retry_at=memory.retry_at if memory.state == row.state else _retry_at(memory, row, now, limits),
    )
    return Decision(after, row.actions, delay, row.why)


def _delay(memory: Memory, event: Event, now: float, limits: Limits) -> float:
    """The back-off after an exit, or what is left of the hold or of the shortest life."""
    if event == "retired":
        return max(0.0, memory.began + limits.shortest_life - now)
    return memory.retry_at - now if memory.state == "failed" else limits.delay(len(memory.exits))


def _with_exit(memory: Memory, now: float, limits: Limits) -> Memory:
    """An exit that was asked for is none of the app's failures."""
    if memory.state not in ("starting", "waking", "ready"):
        return memory
    at = now - memory.waited
    recent = tuple(earlier for earlier in memory.exits if at - earlier < limits.rapid_seconds)
    failed_starts = memory.failed_starts + (not memory.ever_ready)
    return replace(memory, exits=(*recent, at)[-(limits.rapid_exits + 1) :], failed_starts=failed_starts)


def _case(memory: Memory, event: Event, now: float, limits: Limits) -> Case:
    if event == "wanted":
        if memory.state == "dormant":
            return "wanted"
        if memory.retry_at == inf:
            return "wanted_never"
        return "wanted" if now >= memory.retry_at else "wanted_early"
    if event != "exited":
        return event
    if not memory.ever_ready:
        return "exit_retry" if memory.failed_starts <= limits.start_retries else "exit_first"
    if len(memory.exits) > limits.rapid_exits:
        return "exit_rapid"
    return "exit_again"


def _retry_at(memory: Memory, row: Row, now: float, limits: Limits) -> float:
    if row.state != "failed":
        return memory.retry_at
    return now + (limits.rapid_hold if memory.ever_ready else limits.retry_after_start_failure)
