"""What a change of a site's records asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from webstead.settings import Secret
from webstead.site.server.facts import STEPS, Change, Facts, changes, steps
from webstead.site.store.model import SiteOptions, SiteRecord

RECORD = SiteRecord("shop", (), False, datetime(2026, 1, 1, tzinfo=UTC), SiteOptions(), Secret("pw"))
FACTS = Facts(RECORD, {"A": "1"}, "r1")


def with_options(options: SiteOptions) -> Facts:
    return replace(FACTS, record=replace(RECORD, options=options))


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (FACTS, set()),
        (None, {"gone"}),
        (replace(FACTS, record=replace(RECORD, hosts=("a.example",))), {"hosts"}),
        (replace(FACTS, record=replace(RECORD, stopped=True)), {"stopped"}),
        (replace(FACTS, settings={"A": "2"}), {"settings"}),
        (replace(FACTS, release="r2"), {"release"}),
        (replace(FACTS, record=replace(RECORD, password=Secret("other"))), set()),
    ],
)
def test_what_has_changed(new: Facts | None, found: set[Change]) -> None:
    assert changes(FACTS, new) == found


def test_options_of_processes_and_of_warmth() -> None:
    assert changes(FACTS, with_options(SiteOptions(memory_mb=100))) == {"confinement"}
    assert changes(FACTS, with_options(SiteOptions(idle_minutes=5))) == set()
    assert changes(FACTS, with_options(SiteOptions(always_on=True))) == {"always_on"}


def test_a_started_site_is_cold_first() -> None:
    stopped = replace(FACTS, record=replace(RECORD, stopped=True))
    assert changes(stopped, FACTS) == {"started"}
    assert steps(frozenset({"started"})) == {"cool"}


def test_every_change_has_its_steps() -> None:
    assert set(STEPS) == set(get_args(Change))
    assert steps(frozenset()) == frozenset()
