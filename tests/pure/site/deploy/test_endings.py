"""What becomes of records: those that a crash cut off, and those that are not needed any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from webstead.site.deploy.recover import ending_of
from webstead.site.deploy.retention import MOST_SUCCESSFUL, forgotten
from webstead.site.store.model import Deployment, Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CUT_OFF = Deployment("shop", "a", Status.DEPLOYING, "zip", NOW, release="r2", progress="Switching.")


def made(number: int, status: Status = Status.SUCCESS, *, temporary: bool = False) -> Deployment:
    time = NOW + timedelta(minutes=number)
    success = time if status == Status.SUCCESS else None
    return Deployment("shop", f"d{number}", status, "zip", time, last_success=success, temporary=temporary)


def test_what_the_pointer_leads_to_has_succeeded() -> None:
    assert ending_of(CUT_OFF, "r2").status == Status.SUCCESS


def test_what_the_pointer_does_not_lead_to_has_failed_and_says_at_which_step() -> None:
    ending = ending_of(CUT_OFF, "r1")
    assert ending.status == Status.FAILED
    assert ending.text == "The server ended in the middle of this deployment: switching."
    assert ending_of(replace(CUT_OFF, status=Status.BUILDING), "r2").status == Status.FAILED


def test_ten_that_succeeded_stay_with_the_active_one() -> None:
    all_of_them = [made(number) for number in range(14, 0, -1)]
    gone = forgotten(all_of_them, "d1")
    assert set(gone) == {"d2", "d3", "d4", "d5"}
    assert len(all_of_them) - len(gone) == MOST_SUCCESSFUL


def test_of_failures_and_temporary_ones_the_newest_stays() -> None:
    failed = [made(number, Status.FAILED) for number in (9, 8, 7)]
    temporary = [made(number, Status.PENDING, temporary=True) for number in (6, 5)]
    assert set(forgotten([*failed, *temporary], "")) == {"d8", "d7", "d5"}
    assert set(forgotten([*failed, *temporary], "", ("d5",))) == {"d8", "d7"}, "its turn will come"
