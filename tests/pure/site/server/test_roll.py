"""Which instances run."""

from __future__ import annotations

from webstead.events import AppOutput, InstanceExited, InstanceStarted
from webstead.site.server.orders import RunningInstance
from webstead.site.server.roll import Roll


def test_starts_and_ends_are_noted_for_each_site() -> None:
    roll = Roll(clock=lambda: 5.0)
    roll.note("shop", InstanceStarted("app.1", 10, "python"))
    roll.note("blog", InstanceStarted("app", 11, "python"))
    roll.note("shop", AppOutput("app.1", "stdout", "hello"))
    roll.note("shop", InstanceStarted("app.2", 12, "python"))
    roll.note("shop", InstanceExited("app.1", 10, "ended", True))
    roll.note("shop", InstanceExited("app", 11, "of another site", True))
    assert roll.of("shop") == [RunningInstance("shop", "app.2", "app", 12, 5.0)]
    assert [each.pid for each in roll.of()] == [11, 12]
