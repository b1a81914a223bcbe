"""The master's policy: who is started, who leaves, and when it is over."""

from __future__ import annotations

from itertools import count
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from webstead.gateway.processes.roster import (
    KILL_MARGIN,
    LEAST_SERVICE,
    LONGEST_DELAY,
    MASTER,
    RAPID_SECONDS,
    WORKER,
    Action,
    Announce,
    Case,
    Event,
    Kill,
    Leave,
    Move,
    Phase,
    Roster,
    Start,
    State,
    Tell,
    delay,
)

GRACE = 10.0


class Stage:
    """Performs what a roster asks for, as the master does, with processes that are numbers."""

    def __init__(self, wanted: int = 2) -> None:
        self.roster = Roster(wanted, GRACE)
        self.now = 1000.0
        self.alive: set[int] = set()
        self.left: list[int] = []
        self.killed: list[int] = []
        self.told: list[str] = []
        self.announced: list[str] = []
        self.no_forks = False
        self._numbers = count(1)
        self.perform(self.roster.begin(self.now))

    def perform(self, actions: list[Action]) -> None:
        waiting = list(actions)
        while waiting:
            action = waiting.pop(0)
            if isinstance(action, Start):
                waiting += self._start(action.generation)
            elif isinstance(action, Leave):
                self.left.append(action.pid)
            elif isinstance(action, Kill):
                self.killed.append(action.pid)
            elif isinstance(action, Tell):
                self.told.append(action.text)
            elif isinstance(action, Announce):
                self.announced.append(action.state)

    def _start(self, generation: int) -> list[Action]:
        if self.no_forks:
            return self.roster.not_started(generation, "no memory", self.now)
        pid = next(self._numbers)
        self.alive.add(pid)
        return self.roster.started(pid, generation, self.now)

    def load(self, *pids: int) -> None:
        for pid in pids:
            self.perform(self.roster.happened(pid, "loaded", self.now))

    def exit(self, *pids: int) -> None:
        for pid in pids:
            self.alive.remove(pid)
            self.perform(self.roster.happened(pid, "exited", self.now, "exit code 3"))

    def retire(self, pid: int) -> None:
        self.perform(self.roster.happened(pid, "retire", self.now, "it is tired"))

    def reload(self) -> None:
        self.perform(self.roster.reload(self.now))

    def stop(self) -> None:
        self.perform(self.roster.stop(self.now))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with a tick whenever the roster wants one."""
        end = self.now + seconds
        while self.roster.next_time() <= end:
            self.now = max(self.now, self.roster.next_time())
            self.perform(self.roster.tick(self.now))
        self.now = end


def serving(wanted: int = 2) -> Stage:
    stage = Stage(wanted)
    stage.load(*sorted(stage.alive))
    return stage


def test_the_tables_know_every_state_and_every_move() -> None:
    assert set(WORKER) == {(state, event) for state in get_args(State) for event in get_args(Event)}
    assert {phase for phase, _ in MASTER} == set(get_args(Phase)) - {"stopping"}
    assert {case for _, case in MASTER} <= set(get_args(Case))
    assert set(MASTER.values()) | {"none"} == set(get_args(Move))


def test_as_many_as_wanted_are_started_at_once_and_the_first_that_serves_makes_it_ready() -> None:
    stage = Stage(3)
    assert stage.alive == {1, 2, 3}
    assert stage.announced == []
    stage.load(2)
    assert stage.announced == ["ready"]
    stage.load(1, 3)
    assert stage.announced == ["ready"]
    assert stage.roster.next_time() == float("inf")


def test_the_first_that_cannot_load_at_start_ends_it_all() -> None:
    stage = Stage(3)
    stage.exit(2)
    assert (stage.roster.culprit, stage.left, stage.alive) == (2, [1, 3], {1, 3})
    over = []
    for pid in (1, 3):
        stage.exit(pid)
        over.append(stage.roster.over)
    assert over == [False, True]
    assert stage.roster.culprit == 2


def test_one_that_cannot_load_when_another_serves_is_replaced() -> None:
    stage = Stage(2)
    stage.load(1)
    stage.exit(2)
    assert stage.roster.culprit == 0
    assert stage.alive == {1, 3}


def test_a_death_has_a_successor_at_once() -> None:
    stage = serving()
    stage.exit(1)
    assert stage.alive == {2, 3}
    assert "worker 1 ended: exit code 3" in stage.told


def test_all_may_die_at_the_same_moment_without_a_delay() -> None:
    stage = serving(4)
    stage.exit(1, 2, 3, 4)
    assert stage.alive == {5, 6, 7, 8}


def test_one_that_dies_again_and_again_has_to_wait_ever_longer() -> None:
    stage = serving(1)
    waits = []
    for _ in range(8):
        began = stage.now
        stage.exit(*stage.alive)
        stage.pass_time(max(0.0, stage.roster.next_time() - stage.now) if not stage.alive else 0.0)
        waits.append(stage.now - began)
        stage.load(*stage.alive)
    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_what_is_long_ago_is_forgotten() -> None:
    stage = serving(1)
    for _ in range(5):
        stage.exit(*stage.alive)
        stage.pass_time(RAPID_SECONDS)
        assert len(stage.alive) == 1
        stage.load(*stage.alive)
    stage.exit(*stage.alive)
    assert len(stage.alive) == 1


@pytest.mark.parametrize(
    ("ends", "free", "seconds"),
    [(0, 1, 0), (1, 1, 0), (2, 1, 0.5), (3, 1, 1), (5, 4, 0.5), (10**6, 1, LONGEST_DELAY)],
)
def test_delays(ends: int, free: int, seconds: float) -> None:
    assert delay(ends, free) == seconds


def test_who_retires_leaves_when_the_successor_serves() -> None:
    stage = serving()
    stage.pass_time(LEAST_SERVICE)
    stage.retire(1)
    assert stage.alive == {1, 2, 3}
    assert stage.left == []
    stage.load(3)
    assert stage.left == [1]
    stage.exit(1)
    assert stage.alive == {2, 3}


def test_who_retires_too_soon_is_replaced_later() -> None:
    """Or an app that is over its limit from the start would be loaded in a circle."""
    stage = serving(1)
    stage.pass_time(1)
    stage.retire(1)
    assert stage.alive == {1}
    stage.pass_time(LEAST_SERVICE - 1.01)
    assert stage.alive == {1}
    stage.pass_time(0.02)
    assert stage.alive == {1, 2}
    assert stage.roster.next_time() == float("inf")


def test_who_retires_goes_on_when_the_successor_cannot_load() -> None:
    stage = serving(1)
    stage.pass_time(LEAST_SERVICE)
    stage.retire(1)
    stage.exit(2)
    assert 1 in stage.alive
    assert stage.left == []
    stage.pass_time(10)
    stage.load(*stage.alive - {1})
    assert stage.left == [1]


def test_who_ends_by_itself_has_a_successor_before_it_is_gone() -> None:
    stage = serving(2)
    stage.perform(stage.roster.happened(1, "ends", stage.now))
    assert stage.alive == {1, 2, 3}
    assert stage.roster.takers == [2]
    stage.exit(1)
    assert stage.alive == {2, 3}
    assert stage.left == []
    stage.perform(stage.roster.happened(2, "ends", stage.now))
    stage.pass_time(GRACE + KILL_MARGIN)
    assert stage.killed == [2]


def test_all_may_retire_at_once() -> None:
    stage = serving(3)
    stage.pass_time(LEAST_SERVICE)
    for pid in (1, 2, 3):
        stage.retire(pid)
    assert stage.alive == {1, 2, 3, 4, 5, 6}
    stage.load(4)
    assert stage.left == [1]
    stage.load(5, 6)
    assert stage.left == [1, 2, 3]


def test_one_that_dies_while_it_retires_has_one_successor() -> None:
    stage = serving(2)
    stage.pass_time(LEAST_SERVICE)
    stage.retire(1)
    stage.exit(1)
    assert stage.alive == {2, 3}
    stage.load(3)
    assert stage.left == []


def test_a_reload_keeps_the_old_ones_until_all_new_ones_serve() -> None:
    stage = serving()
    stage.reload()
    assert stage.alive == {1, 2, 3, 4}
    stage.load(4)
    assert stage.left == []
    stage.load(3)
    assert stage.left == [1, 2]
    stage.exit(1, 2)
    assert stage.alive == {3, 4}
    assert stage.announced == ["ready", "reloading", "ready"]
    assert stage.told[-1] != "worker 2 ended: exit code 3"  # it was told to


def test_a_reload_that_fails_changes_nothing() -> None:
    stage = serving()
    stage.reload()
    stage.load(3)
    stage.exit(4)
    assert stage.left == [3]
    stage.exit(3)
    assert stage.alive == {1, 2}
    assert "reload failed, nothing changed: worker 4 ended: exit code 3" in stage.told
    assert stage.announced == ["ready", "reloading", "ready"]
    stage.exit(1)
    assert stage.alive == {2, 5}


def test_a_reload_without_memory_for_it_changes_nothing() -> None:
    stage = serving()
    stage.no_forks = True
    stage.reload()
    assert stage.alive == {1, 2}
    assert "reload failed, nothing changed: no memory" in stage.told
    stage.no_forks = False
    stage.reload()
    stage.load(*stage.alive - {1, 2})
    assert stage.left == [1, 2]


def test_a_reload_during_a_reload_comes_after_it_once() -> None:
    stage = serving(1)
    stage.reload()
    stage.reload()
    stage.reload()
    assert stage.alive == {1, 2}
    stage.load(2)
    assert stage.alive == {1, 2, 3}
    assert stage.left == [1]
    stage.load(3)
    assert stage.left == [1, 2]
    stage.exit(1, 2)
    assert stage.alive == {3}


def test_a_reload_before_the_start_is_over_comes_after_it() -> None:
    stage = Stage(1)
    stage.reload()
    assert stage.alive == {1}
    stage.load(1)
    assert stage.alive == {1, 2}


def test_an_old_one_that_dies_during_a_reload_is_replaced() -> None:
    stage = serving(1)
    stage.reload()
    stage.exit(1)
    assert stage.alive == {2, 3}
    stage.load(3)
    assert stage.left == []
    stage.load(2)
    assert stage.left == [3]


def test_a_stop_lets_all_leave_and_starts_none() -> None:
    stage = serving()
    stage.exit(1)
    stage.stop()
    assert stage.left == [2, 3]
    stage.exit(2, 3)
    assert stage.roster.over
    assert stage.alive == set()
    assert stage.announced == ["ready", "stopping"]


def test_who_does_not_leave_in_its_grace_is_killed_once() -> None:
    stage = serving(1)
    stage.stop()
    stage.pass_time(GRACE + KILL_MARGIN - 0.1)
    assert stage.killed == []
    stage.pass_time(100)
    assert stage.killed == [1]


def test_a_second_request_to_stop_kills() -> None:
    stage = serving()
    stage.stop()
    stage.perform(stage.roster.kill())
    assert stage.killed == [1, 2]


def test_a_start_that_was_decided_before_the_stop_is_undone() -> None:
    """A death and a SIGTERM can be read in one turn, before anything has been performed."""
    roster = Roster(1, GRACE)
    (start,) = roster.begin(0)
    assert roster.stop(0) == [Announce("stopping", "stopping")]
    assert isinstance(start, Start)
    assert roster.started(7, start.generation, 0) == [Leave(7)]


def test_two_deaths_in_one_turn_have_two_successors() -> None:
    stage = serving(2)
    actions = stage.roster.happened(1, "exited", stage.now) + stage.roster.happened(2, "exited", stage.now)
    actions += stage.roster.tick(stage.now)
    assert sum(isinstance(action, Start) for action in actions) == 2


def test_connections_are_given_to_who_serves_and_stays() -> None:
    stage = Stage(2)
    assert stage.roster.takers == []
    stage.load(1, 2)
    stage.pass_time(LEAST_SERVICE)
    stage.retire(1)
    assert stage.roster.takers == [2]
    stage.reload()
    stage.load(4)
    assert stage.roster.takers == [2]  # the reload may still fail
    stage.load(5)
    assert stage.roster.takers == [4, 5]
    stage.stop()
    assert stage.roster.takers == []


def test_a_fork_that_fails_is_tried_again() -> None:
    stage = serving(1)
    stage.no_forks = True
    stage.exit(1)
    stage.pass_time(5)
    assert stage.alive == set()
    stage.no_forks = False
    stage.pass_time(LONGEST_DELAY)
    assert stage.alive == {2}


class Fates(RuleBasedStateMachine):
    """Whatever happens in whatever order: enough of them work, and none is forgotten."""

    @initialize(wanted=st.integers(1, 4))
    def begin(self, wanted: int) -> None:
        self.wanted = wanted
        self.stage = serving(wanted)
        self.stopped = False

    def _pick(self, data: st.DataObject, *states: State) -> int | None:
        workers = self.stage.roster.workers.values()
        pids = sorted(worker.pid for worker in workers if worker.state in states)
        return data.draw(st.sampled_from(pids)) if pids else None

    @rule(data=st.data())
    def one_loads(self, data: st.DataObject) -> None:
        pid = self._pick(data, "loading")
        if pid is not None:
            self.stage.load(pid)

    @rule(data=st.data())
    def one_exits(self, data: st.DataObject) -> None:
        pid = self._pick(data, "loading", "serving", "retiring", "leaving")
        if pid is not None:
            self.stage.exit(pid)

    @rule(data=st.data())
    def one_retires(self, data: st.DataObject) -> None:
        pid = self._pick(data, "loading", "serving", "retiring", "leaving")
        if pid is not None:
            before = self._at_work()
            self.stage.retire(pid)
            assert self._at_work() == before  # nobody leaves for a wish

    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        pid = self._pick(data, "serving", "retiring", "leaving")
        if pid is not None:
            self.stage.left.append(pid)
            self.stage.perform(self.stage.roster.happened(pid, "ends", self.stage.now))

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.stage.pass_time(seconds)

    @rule()
    def reload(self) -> None:
        before = self._at_work()
        self.stage.reload()
        assert self._at_work() == before

    @rule(able=st.booleans())
    def memory(self, able: bool) -> None:
        self.stage.no_forks = not able

    @rule()
    def stop(self) -> None:
        self.stopped = True
        self.stage.stop()

    def _at_work(self) -> int:
        return sum(worker.state in ("serving", "retiring") for worker in self.stage.roster.workers.values())

    @invariant()
    def none_is_forgotten(self) -> None:
        assert set(self.stage.roster.workers) == self.stage.alive
        states = {worker.pid for worker in self.stage.roster.workers.values() if worker.state == "leaving"}
        assert states == set(self.stage.left) & self.stage.alive

    @invariant()
    def never_more_than_two_generations(self) -> None:
        staying = [worker for worker in self.stage.roster.workers.values() if worker.state != "leaving"]
        assert len(staying) <= 4 * self.wanted

    def teardown(self) -> None:
        self.stage.no_forks = False
        for _ in range(20):  # everybody loads who is asked to, everybody leaves who is told to
            workers = list(self.stage.roster.workers.values())
            self.stage.load(*(worker.pid for worker in workers if worker.state == "loading"))
            workers = list(self.stage.roster.workers.values())
            self.stage.exit(*(worker.pid for worker in workers if worker.state == "leaving"))
            self.stage.pass_time(RAPID_SECONDS)
        states = [worker.state for worker in self.stage.roster.workers.values()]
        assert states == ([] if self.stopped else ["serving"] * self.wanted)
        assert self.stage.roster.over == self.stopped
        assert self.stage.roster.next_time() == float("inf")


TestFates = Fates.TestCase
TestFates.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
