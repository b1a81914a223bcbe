"""Those that wait for the lock: found, cancelled, and given up for a newer one of their branch."""

from __future__ import annotations

import pytest

from webstead.services.waiting import ServerEnds, Superseded, Waiter, Waiting
from webstead.site.deploy.lock import Cancelled


def waiter(number: int, *, branch: str = "main", site: str = "shop") -> Waiter:
    return Waiter(site, branch, f"id-{number}", f"temp-{number}")


def test_one_is_found_by_either_of_its_ids_until_it_leaves() -> None:
    waiting, one = Waiting(), waiter(1)
    waiting.join(one)
    assert waiting.find("shop", "id-1") is one
    assert waiting.find("shop", "temp-1") is one
    assert waiting.find("blog", "id-1") is None
    waiting.leave(one)
    waiting.leave(one)
    assert waiting.find("shop", "id-1") is None


def test_the_newest_of_a_branch_is_left_and_those_of_others() -> None:
    waiting, older, newer = Waiting(), waiter(1), waiter(4)
    others = (waiter(2, branch="dev"), waiter(3, site="blog"))
    for each in (older, *others, newer):
        waiting.join(each)
    with pytest.raises(Superseded) as raised:
        older.wait(60)
    assert "id-4" in raised.value.found
    for each in (*others, newer):
        each.wait(0)


def test_one_is_cancelled_and_only_while_it_waits() -> None:
    waiting, one, two = Waiting(), waiter(1), waiter(2, branch="dev")
    waiting.join(one)
    waiting.join(two)
    assert waiting.cancel("shop", "temp-1", "ann")
    with pytest.raises(Cancelled):
        one.wait(60)
    waiting.leave(two)
    assert not waiting.cancel("shop", "temp-2", "ann")
    two.wait(0)


def test_all_hear_of_the_servers_end_but_who_has_been_given_up() -> None:
    waiting, older, newer, other = Waiting(), waiter(1), waiter(2), waiter(3, site="blog")
    for each in (older, newer, other):
        waiting.join(each)
    waiting.end()
    for each in (newer, other):
        with pytest.raises(ServerEnds):
            each.wait(60)
    with pytest.raises(Superseded):
        older.wait(60)
