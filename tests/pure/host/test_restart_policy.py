from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from webstead.host.policy import IGNORED, TABLE, Action, Case, Decision, Event, Limits, Memory, State, step

LIMITS = Limits()


@dataclass
class Life:
    """A slot's life told event by event."""

    limits: Limits = field(default_factory=Limits)
    memory: Memory = field(default_factory=Memory)
    now: float = 1000.0

    def tell(self, event: Event, after: float = 0.0) -> Decision:
        self.now += after
        decision = step(self.memory, event, self.now, self.limits)
        self.memory = decision.memory
        return decision

    def become_ready(self) -> None:
        for event in ("start", "started", "probe_answered"):
            self.tell(event)
        assert self.memory.state == "ready"


def test_every_state_and_case_is_either_in_the_table_or_ignored() -> None:
    every = {(state, case) for state in get_args(State) for case in get_args(Case)}
    assert set(TABLE) | IGNORED == every
    assert not set(TABLE) & IGNORED


def test_rows_name_only_known_states_and_actions_and_say_why() -> None:
    for row in TABLE.values():
        assert row.state in get_args(State)
        assert set(row.actions) <= set(get_args(Action))
        assert row.why


def test_a_slot_starts_is_probed_and_is_ready() -> None:
    life = Life()
    assert life.tell("start").actions == ("publish", "spawn")
    assert life.tell("started").memory.state == "starting"
    assert life.tell("probe_answered").actions == ("publish",)
    assert life.memory.state == "ready"


def test_waits_double_up_to_the_longest() -> None:
    assert [LIMITS.delay(n) for n in range(9)] == [0.0, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert LIMITS.delay(10_000) == 10.0


def test_the_first_exit_of_a_ready_slot_is_followed_by_a_restart_at_once() -> None:
    life = Life()
    life.become_ready()
    decision = life.tell("exited", 5)
    assert (decision.memory.state, decision.actions, decision.delay) == (
        "backing_off",
        ("publish", "wait"),
        0.0,
    )
    assert life.tell("timer").actions == ("publish", "spawn")
    assert life.memory.state == "starting"


def test_exits_long_ago_do_not_lengthen_the_wait() -> None:
    life = Life()
    life.become_ready()
    for _ in range(20):
        assert life.tell("exited", after=61).delay == 0.0
        for event in ("timer", "started", "probe_answered"):
            life.tell(event)


def test_the_first_start_that_fails_fails_the_slot_for_good() -> None:
    life = Life()
    life.tell("start")
    decision = life.tell("exited", 0.1)
    assert (decision.memory.state, decision.actions) == ("failed", ("publish",))
    assert life.memory.retry_at == inf
    assert life.tell("wanted", 1e6).actions == ()


def test_a_request_may_retry_a_first_start_once_a_second() -> None:
    life = Life(replace(LIMITS, retry_after_start_failure=1.0))
    life.tell("start")
    life.tell("exited")
    early = life.tell("wanted", 0.75)
    assert early.actions == ("wait",)
    assert early.delay == pytest.approx(0.25)
    assert life.tell("wanted", 0.25).actions == ("publish", "spawn")
    life.tell("exited")
    assert life.tell("wanted", 0.5).actions == ("wait",)
    assert life.tell("timer", 0.5).actions == ("publish", "spawn")


def crash_until_failed(life: Life, runs_for: float) -> int:
    for exits in range(1, 50):
        decision = life.tell("exited", runs_for)
        if decision.memory.state == "failed":
            return exits
        assert decision.memory.state == "backing_off"
        life.tell("timer", decision.delay)
        life.tell("started")
    return 0


@pytest.mark.parametrize("runs_for", [0.0, 0.1, 1.0, 5.9])
def test_more_than_ten_exits_within_a_minute_of_running_fail_the_slot(runs_for: float) -> None:
    life = Life()
    life.become_ready()
    assert crash_until_failed(life, runs_for) == 11


def test_an_instance_that_runs_ten_seconds_between_crashes_is_restarted_for_ever() -> None:
    life = Life()
    life.become_ready()
    assert crash_until_failed(life, 10.0) == 0


def test_after_rapid_failures_requests_start_it_again_when_the_minute_has_ended() -> None:
    life = Life()
    life.become_ready()
    crash_until_failed(life, 0.1)
    early = life.tell("wanted", 59.5)
    assert early.actions == ("wait",)
    assert early.delay == pytest.approx(0.5)
    assert life.tell("wanted", 0.5).actions == ("publish", "spawn")


def test_a_late_start_is_killed_and_its_exit_fails_it() -> None:
    life = Life()
    life.tell("start")
    life.tell("started")
    assert life.tell("startup_timeout", 60).actions == ("kill",)
    assert life.memory.state == "starting"
    assert life.tell("exited", 1).memory.state == "failed"


@pytest.mark.parametrize("prelude", [["start"], ["start", "started", "probe_answered"]])
def test_stop_kills_what_runs_and_ends_with_its_exit(prelude: list[Event]) -> None:
    life = Life()
    for event in prelude:
        life.tell(event)
    assert life.tell("stop").actions == ("publish", "kill")
    assert life.tell("stop").actions == ()
    assert life.tell("exited").memory.state == "stopped"
    assert life.memory.exits == ()


def test_stop_ends_a_waiting_and_a_failed_slot_at_once() -> None:
    waiting = Life()
    waiting.become_ready()
    waiting.tell("exited")
    assert waiting.tell("stop").memory.state == "stopped"
    assert waiting.tell("timer").actions == ()
    failed = Life()
    failed.tell("start")
    failed.tell("exited")
    assert failed.tell("stop").memory.state == "stopped"


def test_an_instance_that_retires_is_replaced_and_that_is_no_failure() -> None:
    life = Life()
    life.become_ready()
    for _ in range(50):
        decision = life.tell("retired", 1.0)
        assert (decision.memory.state, decision.actions, decision.delay) == (
            "backing_off",
            ("publish", "wait"),
            0.0,
        )
        for event in ("timer", "started", "probe_answered"):
            life.tell(event)
    assert life.memory.exits == ()


def test_one_that_retires_at_once_is_replaced_four_times_a_second() -> None:
    life = Life()
    life.become_ready()
    assert life.tell("retired", 0.05).delay == pytest.approx(0.2)


def test_one_that_retires_while_it_is_stopped_has_stopped() -> None:
    life = Life()
    life.become_ready()
    life.tell("stop")
    assert life.tell("retired").memory.state == "stopped"


EVENTS: tuple[Event, ...] = get_args(Event)


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.floats(0, 100)), max_size=60))
def test_any_order_of_events_is_borne(story: list[tuple[Event, float]]) -> None:
    life = Life()
    for event, after in story:
        decision = life.tell(event, after)
        assert 0.0 <= decision.delay <= LIMITS.longest_delay
        assert len(life.memory.exits) <= LIMITS.rapid_exits + 1


class WorldOfOneSlot(RuleBasedStateMachine):
    """A shell that obeys the policy: one process at most, timers that fire when due, crashes at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(replace(LIMITS, retry_after_start_failure=1.0))
        self.running = False
        self.leaving = False
        self.due: float | None = None
        self.exits: list[float] = []
        self.waits: list[float] = []
        self.tell("start")

    def tell(self, event: Event) -> None:
        decision = self.life.tell(event)
        if "spawn" in decision.actions:
            assert not self.running, "two processes in one slot"
            self.running = True
            self.life.tell("started")
        if "wait" in decision.actions:
            self.due = self.life.now + decision.delay
            self.waits.append(decision.delay)
        if "leave" in decision.actions:
            self.leaving = True
        if "kill" in decision.actions:
            self.crash()

    @precondition(lambda self: self.running)
    @rule()
    def crash(self) -> None:
        self.running = self.leaving = False
        if self.life.memory.state in ("starting", "waking", "ready"):
            self.exits.append(self.life.now)
        self.tell("exited")

    @rule(seconds=st.floats(0, 30))
    def pass_time(self, seconds: float) -> None:
        self.life.now += seconds

    @rule()
    def answer(self) -> None:
        if self.running:
            self.tell("probe_answered")

    @rule()
    def request(self) -> None:
        self.tell("wanted")

    @rule()
    def be_idle(self) -> None:
        self.tell("idle")

    @precondition(lambda self: self.leaving)
    @rule()
    def end_when_left(self) -> None:
        self.crash()

    @precondition(lambda self: self.due is not None)
    @rule()
    def fire(self) -> None:
        assert self.due is not None
        self.life.now = max(self.life.now, self.due)
        self.due = None
        self.tell("timer")

    @rule()
    def time_out(self) -> None:
        if self.running and self.life.memory.state in ("starting", "waking"):
            self.tell("startup_timeout")

    @invariant()
    def a_process_runs_exactly_in_the_states_that_have_one(self) -> None:
        assert self.running == (self.life.memory.state in ("starting", "waking", "ready", "resting"))

    @invariant()
    def two_restarts_without_a_wait_are_a_minute_apart(self) -> None:
        """Of the last two waits of a busy slot, not both are nothing."""
        if len(self.waits) > 1 and self.waits[-1] == 0.0 == self.waits[-2] and len(self.exits) > 1:
            assert self.exits[-1] - self.exits[-2] >= LIMITS.rapid_seconds

    @invariant()
    def a_slot_that_was_ready_bears_at_most_ten_exits_a_minute(self) -> None:
        recent = [at for at in self.exits if self.life.now - at < LIMITS.rapid_seconds]
        if self.life.memory.ever_ready and len(recent) > LIMITS.rapid_exits:
            assert self.life.memory.state != "backing_off"


TestWorldOfOneSlot = WorldOfOneSlot.TestCase
