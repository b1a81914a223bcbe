"""How long requests may take: a table of limits, and a loop whose clock the test turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from webstead.front.member import Member
from webstead.front.patience import IdleWatch, Patience, overdue
from webstead.front.upstream import Upstream
from webstead.policies import NO_POLICIES, Policies, Written
from webstead.site_table import Why


def at(name: str, value: float) -> Written[float]:
    return Written(name, value, "web.config:3")


SILENCE = Policies(silence=at("activityTimeout", 10))
REQUEST = Policies(request=at("requestTimeout", 60))
ANSWER = Policies(answer=at("requestTimeout", 30))


@pytest.mark.parametrize(
    ("policies", "ran", "silent", "begun", "why", "name"),
    [
        (NO_POLICIES, 1e9, 1e9, False, None, ""),
        (SILENCE, 1e9, 9.9, False, None, ""),
        (SILENCE, 10, 10, True, "silence", "activityTimeout"),
        (REQUEST, 59, 59, False, None, ""),
        (REQUEST, 60, 0, True, "request", "requestTimeout"),
        (ANSWER, 29, 29, False, None, ""),
        (ANSWER, 30, 30, False, None, "requestTimeout"),
        (ANSWER, 1e9, 1e9, True, None, ""),  # a long answer, an event stream
    ],
)
def test_which_limit_a_request_is_beyond(
    policies: Policies, ran: float, silent: float, begun: bool, why: Why | None, name: str
) -> None:
    found = overdue(policies, ran=ran, silent=silent, begun=begun)
    assert (found and found[0], found[1].name if found else "") == (why if found else None, name)


class TurnedLoop(asyncio.SelectorEventLoop):
    """Its clock stands until somebody turns it."""

    now = 100.0

    def time(self) -> float:
        return self.now

    async def turn(self, seconds: float) -> None:
        """Time passes, in steps, and what is due happens."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            for _ in range(3):
                await asyncio.sleep(0)


def turned(work: Callable[[TurnedLoop], object]) -> None:
    loop = TurnedLoop()
    try:
        made = work(loop)
        assert asyncio.iscoroutine(made)
        loop.run_until_complete(made)
    finally:
        loop.close()


def test_a_silent_request_is_given_up_and_one_that_moves_is_not() -> None:
    async def story(loop: TurnedLoop) -> None:
        patience = Patience.of(loop, SILENCE)
        assert patience is not None
        silent, lively = Upstream(loop), Upstream(loop)
        for upstream in (silent, lively):
            patience.begin(upstream)
        for _ in range(5):
            await loop.turn(4)
            lively.write(b"x")
        assert silent.verdict is not None
        assert (silent.verdict.failure.status, silent.verdict.why) == (500, "silence")
        assert 'activityTimeout="10" (web.config:3)' in silent.verdict.failure.found
        assert lively.verdict is None

    turned(story)


def test_a_client_that_takes_its_time_is_not_the_instances_silence() -> None:
    async def story(loop: TurnedLoop) -> None:
        patience = Patience.of(loop, SILENCE)
        assert patience is not None
        upstream = Upstream(loop)
        upstream.whole = False  # the request's body still comes
        patience.begin(upstream)
        await loop.turn(30)
        assert upstream.verdict is None
        upstream.whole = True
        await loop.turn(11)
        assert upstream.verdict is not None

    turned(story)


def test_a_client_that_is_too_slow_does_not_end_the_instance() -> None:
    async def story(loop: TurnedLoop) -> None:
        patience = Patience.of(loop, REQUEST)
        assert patience is not None
        upstream = Upstream(loop, "app/1")
        upstream.whole = False
        patience.begin(upstream)
        await loop.turn(61)
        assert upstream.verdict is not None
        assert (upstream.verdict.failure.status, upstream.verdict.why) == (500, None)

    turned(story)


def test_a_whole_answer_on_its_way_to_a_slow_client_is_left_alone() -> None:
    async def story(loop: TurnedLoop) -> None:
        patience = Patience.of(loop, REQUEST)
        assert patience is not None
        upstream = Upstream(loop)
        patience.begin(upstream)
        upstream.ended = True
        await loop.turn(100)
        assert upstream.verdict is None

    turned(story)


def test_a_platform_that_does_not_answer_lives_on() -> None:
    async def story(loop: TurnedLoop) -> None:
        patience = Patience.of(loop, ANSWER)
        assert patience is not None
        upstream = Upstream(loop)
        patience.begin(upstream)
        await loop.turn(31)
        assert upstream.verdict is not None
        failure = upstream.verdict.failure
        assert (failure.status, failure.sub_status, upstream.verdict.why) == (502, 3, None)

    turned(story)


def test_a_request_that_is_over_is_looked_at_no_more() -> None:
    async def story(loop: TurnedLoop) -> None:
        patience = Patience.of(loop, REQUEST)
        assert patience is not None
        upstream = Upstream(loop)
        patience.begin(upstream)
        await loop.turn(1)
        patience.end(upstream)
        await loop.turn(100)
        assert upstream.verdict is None

    turned(story)


def test_nothing_is_watched_where_nothing_is_bounded() -> None:
    async def story(loop: TurnedLoop) -> None:
        assert Patience.of(loop, Policies(idle=at("idleTimeout", 10))) is None

    turned(story)


def test_who_has_had_no_request_for_long_is_told() -> None:
    async def story(loop: TurnedLoop) -> None:
        busy, quiet, late = (Member(name, name, loop.time()) for name in ("busy", "quiet", "late"))
        busy.busy = 1
        told: list[str] = []
        watch = IdleWatch(loop, 10.0, lambda: (busy, quiet, late), lambda member: told.append(member.address))
        await loop.turn(5)
        late.quiet_since = loop.time()
        await loop.turn(5.5)
        assert told == ["quiet"]
        await loop.turn(5)
        assert told == ["quiet", "late"]
        await loop.turn(5)
        assert told == ["quiet", "late", "quiet"]  # it is still there
        watch.close()
        await loop.turn(50)
        assert len(told) == 3

    turned(story)
