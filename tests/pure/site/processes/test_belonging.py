"""Which processes are a site's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.site.processes.find import Seen, belonging

HOME = "/srv/sites/shop"


def test_instances_what_has_the_sites_variables_and_what_these_started() -> None:
    seen = [
        Seen(10, 1),
        Seen(11, 10),
        Seen(12, 11, "shop", HOME),
        Seen(13, 12),
        Seen(20, 1, "shop", HOME),
        Seen(30, 1, "blog", "/srv/sites/blog"),
        Seen(31, 1, "shop", "/srv/other/shop"),
        Seen(40, 1),
    ]
    assert belonging(seen, "shop", HOME, [10]) == {10, 11, 12, 13, 20}
    assert belonging(seen, "blog", "/srv/sites/blog", []) == {30}


def test_an_instance_that_has_ended_is_none() -> None:
    assert belonging([Seen(10, 1)], "shop", HOME, [11]) == frozenset()


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20), st.booleans()), max_size=30))
def test_it_ends_also_where_numbers_are_parents_of_each_other(tree: list[tuple[int, int, bool]]) -> None:
    seen = [Seen(pid, parent, "shop" if own else "", HOME if own else "") for pid, parent, own in tree]
    found = belonging(seen, "shop", HOME, [])
    for each in seen:
        if each.site or each.parent in found:
            assert each.pid in found
