"""How instances rest, wake up, and are replaced: the policy's rows for it, event by event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import get_args

import pytest

from webstead.host.place import limits_of
from webstead.host.policy import (
    NEW,
    RENEWALS,
    TABLE,
    Decision,
    Event,
    Limits,
    Memory,
    Renewal,
    State,
    renewal,
    step,
)
from webstead.policies import NO_POLICIES, Policies, Written
from webstead.site_table import Why


@dataclass
class Life:
    limits: Limits = field(default_factory=Limits)
    memory: Memory = NEW
    now: float = 500.0

    @property
    def state(self) -> State:
        return self.memory.state

    def tell(self, *events: Event, after: float = 0.0) -> Decision:
        for event in events:
            self.now += after
            decision = step(self.memory, event, self.now, self.limits)
            self.memory = decision.memory
        return decision

    @classmethod
    def ready(cls) -> Life:
        life = cls()
        life.tell("start", "started", "probe_answered")
        return life


def test_an_idle_instance_rests_and_wakes_up_when_it_is_wanted() -> None:
    life = Life.ready()
    story: tuple[Event, ...] = ("idle", "exited", "wanted", "started", "probe_answered")
    seen = [(decision.memory.state, decision.actions) for decision in map(life.tell, story)]
    assert seen == [
        ("resting", ("publish", "leave")),
        ("dormant", ("publish",)),
        ("waking", ("publish", "spawn")),
        ("waking", ()),
        ("ready", ("publish",)),
    ]
    assert life.memory.exits == ()  # its end was asked for


def test_a_request_that_comes_while_it_goes_to_rest_is_asked_for_again_later() -> None:
    life = Life.ready()
    life.tell("idle")
    assert life.tell("wanted").actions == ()
    life.tell("exited")
    assert life.tell("wanted").memory.state == "waking"


def test_an_instance_that_does_not_wake_up_is_restarted_as_any_other() -> None:
    life = Life.ready()
    life.tell("idle", "exited", "wanted", "started")
    assert life.tell("exited").actions == ("publish", "wait")
    assert life.state == "backing_off"


def test_waking_is_starting_with_another_name() -> None:
    for (state, case), row in TABLE.items():
        if state == "starting":
            twin = TABLE["waking", case]
            assert twin.actions == row.actions
            assert twin.state == ("waking" if row.state == "starting" else row.state)


def test_one_that_is_replaced_answers_what_it_has_and_ends_for_good() -> None:
    life = Life.ready()
    assert life.tell("retire").actions == ("publish", "leave")
    assert life.tell("wanted").actions == ()
    assert life.tell("exited").memory.state == "stopped"


@pytest.mark.parametrize("events", [("idle",), ("retire",)])
def test_a_stop_does_not_wait_for_requests(events: tuple[Event, ...]) -> None:
    life = Life.ready()
    life.tell(*events)
    assert life.tell("stop").actions == ("publish", "kill")
    assert life.tell("exited").memory.state == "stopped"


def test_what_rests_is_stopped_at_once() -> None:
    life = Life.ready()
    life.tell("idle", "exited")
    assert life.tell("stop").memory.state == "stopped"


@pytest.mark.parametrize(
    "state", ["starting", "waking", "backing_off", "failed", "dormant", "stopping", "stopped"]
)
@pytest.mark.parametrize("event", ["idle", "retire"])
def test_only_what_is_ready_rests_or_is_replaced(state: State, event: Event) -> None:
    life = Life(memory=Memory(state=state))
    assert life.tell(event).actions == ()
    assert life.state == state


@pytest.mark.parametrize(("allowed", "exits"), [(0, 1), (1, 2), (3, 4)])
def test_no_more_rapid_exits_than_allowed(allowed: int, exits: int) -> None:
    life = Life.ready()
    life.limits = limits_of(
        Limits(), Policies(rapid_fails=Written("rapidFailsPerMinute", float(allowed), "x:1"))
    )
    for _ in range(exits - 1):
        assert life.tell("exited", after=0.1).memory.state == "backing_off"
        life.tell("timer", "started", "probe_answered")
    decision = life.tell("exited", after=0.1)
    assert (decision.memory.state, decision.memory.retry_at) == ("failed", life.now + 60.0)
    assert life.tell("wanted", after=59.0).actions == ("wait",)  # until the minute ends
    assert life.tell("wanted", after=1.0).actions == ("publish", "spawn")


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_first_start_is_tried_again_so_often(retries: int) -> None:
    life = Life(
        limits_of(Limits(), Policies(start_retries=Written("startupRetryCount", float(retries), "x:1")))
    )
    life.tell("start")
    for _ in range(retries):
        assert life.tell("exited", after=100.0).memory.state == "backing_off"
        life.tell("timer")
    assert life.tell("exited").memory.state == "failed"


def test_without_policies_the_limits_are_ours() -> None:
    assert limits_of(Limits(), NO_POLICIES) == Limits()


def test_every_reason_to_end_an_instance_is_decided() -> None:
    assert set(RENEWALS) == {(why, single) for why in get_args(Why) for single in (True, False)}
    assert set(RENEWALS.values()) == set(get_args(Renewal))


@pytest.mark.parametrize(
    ("why", "at_once", "how"),
    [
        ("idle", 0, "rest"),
        ("requests", 1, "successor_first"),
        ("silence", 1, "itself_first"),
        ("silence", 0, "successor_first"),
        ("request", 8, "successor_first"),
        ("stderr", 1, "itself_first"),
    ],
)
def test_who_goes_first(why: Why, at_once: int, how: Renewal) -> None:
    assert renewal(why, at_once) == how


def test_a_successor_that_fails_is_restarted_since_its_program_is_known_to_work() -> None:
    life = Life(memory=replace(NEW, ever_ready=True))
    life.tell("start", "started")
    assert life.tell("exited").memory.state == "backing_off"
