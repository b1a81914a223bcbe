"""How long a pool's requests may take, and how long its instances may be idle: looked at from time to time,
so that requests which are short pay nothing for it.

What FastCGI and the platform handlers of IIS wait for: activityTimeout is silence in either direction while a
request runs; FastCGI's requestTimeout is all of a request; the platform's is the wait for the head of an
answer. (The ASP.NET Core module gives it to WinHTTP as each of its time-outs, so with IIS a silence in the
midst of an answer counts too; here an event stream may be silent. With neither is an open WebSocket bounded.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from webstead.front.member import Member
from webstead.front.upstream import Upstream, Verdict
from webstead.policies import Policies, Written
from webstead.site_table import FailureText, Why

__all__ = ["IdleWatch", "Patience", "overdue"]

_LOOKS = 8
"""In the shortest time that is allowed."""
_LONGEST_WAIT = 0.5
_SLOW = "The app did not answer in time."
_FIX = "look at what the app does in this request, or allow more time there"


@dataclass(slots=True)
class _Running:
    """A request. moved: when something was last seen to move."""

    began: float
    moved: float
    moves: int


def overdue(
    policies: Policies, *, ran: float, silent: float, begun: bool
) -> tuple[Why | None, Written[float]] | None:
    """The limit that a request is beyond, and why its instance is to end (None: it need not). ran, silent:
    seconds. begun: its answer has."""
    if policies.request is not None and ran >= policies.request.value:
        return "request", policies.request
    if policies.silence is not None and silent >= policies.silence.value:
        return "silence", policies.silence
    if policies.answer is not None and not begun and silent >= policies.answer.value:
        return None, policies.answer
    return None


def _verdict(why: Why | None, limit: Written[float], *, ends: bool) -> Verdict:
    """IIS ends the process for the first two, with 500; the platform's goes on, with 502.3. ends: whether
    the instance is at fault."""
    kind = "was silent for" if why == "silence" else "has run for" if why else "had no answer for"
    found = f"the request {kind} {limit.shown} s: {limit}"
    if why is None:
        return Verdict(FailureText(502, _SLOW, found, _FIX, sub_status=3), None)
    return Verdict(FailureText(500, _SLOW, found, _FIX), why if ends else None)


class Patience:
    """The requests of one pool that run. Only for policies that bound them: `of`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, policies: Policies, shortest: float) -> None:
        self._loop = loop
        self._policies = policies
        self._wait = min(_LONGEST_WAIT, shortest / _LOOKS)
        self._running: dict[Upstream, _Running] = {}
        self._armed = False

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop, policies: Policies) -> Patience | None:
        limits = (policies.silence, policies.request, policies.answer)
        shortest = min((limit.value for limit in limits if limit is not None), default=None)
        return None if shortest is None else cls(loop, policies, shortest)

    def begin(self, upstream: Upstream) -> None:
        now = self._loop.time()
        self._running[upstream] = _Running(now, now, upstream.moves)
        if not self._armed:
            self._armed = True
            self._loop.call_later(self._wait, self._look)

    def end(self, upstream: Upstream) -> None:
        self._running.pop(upstream, None)

    def close(self) -> None:
        """Other policies hold from now on; requests that run are bounded no more."""
        self._running.clear()

    def _look(self) -> None:
        now = self._loop.time()
        for upstream, running in tuple(self._running.items()):
            if upstream.ended:  # what takes time now is the client
                continue
            if upstream.moves != running.moves or not upstream.is_awaited:
                running.moves, running.moved = upstream.moves, now
            found = overdue(
                self._policies,
                ran=now - running.began,
                silent=now - running.moved,
                begun=upstream.head is not None,
            )
            if found is not None:
                why, limit = found
                # What waits for its client costs the instance nothing: else a slow one could have it ended.
                upstream.give_up(_verdict(why, limit, ends=upstream.is_awaited))
        self._armed = bool(self._running)
        if self._armed:
            self._loop.call_later(self._wait, self._look)


class IdleWatch:
    """Tells of each member that has had no request for so many seconds."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        members: Callable[[], Iterable[Member]],
        tell: Callable[[Member], None],
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._members = members
        self._tell = tell
        self._timer = loop.call_later(seconds, self._look)

    def close(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        soonest = now + self._seconds
        for member in self._members():
            if member.load:
                continue
            if now - member.quiet_since >= self._seconds:
                member.quiet_since = now  # told again, should it still be there then
                self._tell(member)
            soonest = min(soonest, member.quiet_since + self._seconds)
        self._timer = self._loop.call_at(soonest, self._look)
