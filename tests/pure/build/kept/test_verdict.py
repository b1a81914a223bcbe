from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webstead.build.kept.model import Kept, verdict

NOW = datetime(2026, 11, 26, tzinfo=UTC)
MONTH = timedelta(days=30)
OLD = Kept("k", "/c/k", "whole", "3.12.4", None, NOW - timedelta(days=90), 10, 5)


@pytest.mark.parametrize(
    ("kept", "goes", "why"),
    [
        (OLD, True, "no site is built with it; used 90 days ago"),
        (replace(OLD, used=NOW - timedelta(days=1)), False, "was used within 30 days"),
        (replace(OLD, holders=("/srv/shop",)), False, "a site is built with it"),
        (replace(OLD, running=(7, 8)), False, "is running (process 7, 8)"),
        (replace(OLD, state="building"), False, "is being built"),
        (replace(OLD, state="interrupted", used=NOW), True, "a build that was interrupted"),
        (replace(OLD, state="interrupted", running=(7,)), False, "is running (process 7)"),
    ],
)
def test_the_first_reason_decides(kept: Kept, goes: bool, why: str) -> None:
    decided = verdict(kept, NOW, MONTH)
    assert (decided.goes, decided.why) == (goes, why)


def test_an_age_of_nothing_spares_only_what_is_in_use() -> None:
    just = replace(OLD, used=NOW)
    assert verdict(just, NOW, timedelta()).goes
    assert not verdict(replace(just, holders=("/srv/shop",)), NOW, timedelta()).goes
