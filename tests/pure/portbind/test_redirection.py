"""Which ports become the host's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.portbind.redirection import Redirection

PORTS = st.integers(0, 65535)


def test_the_port_that_the_code_names_becomes_the_given_one() -> None:
    redirection = Redirection(5001, [8000])
    assert redirection.listens(8000)
    assert redirection.listens(8000), "a script may look first whether its port is free"


def test_other_ports_stay() -> None:
    assert not Redirection(5001, [8000]).listens(9100)


def test_the_given_port_is_itself() -> None:
    assert Redirection(5001, [8000]).listens(5001)


def test_any_free_port_is_one_only_where_the_code_asks_for_it() -> None:
    assert Redirection(5001, [0]).listens(0)
    assert not Redirection(5001, [8000]).listens(0)
    assert not Redirection(5001, first=True).listens(0)


def test_the_first_port_counts_where_the_code_shows_none() -> None:
    redirection = Redirection(5001, first=True)
    assert redirection.listens(7000)
    assert not redirection.listens(7001)
    assert redirection.listens(7000)


def test_a_script_that_takes_the_given_port_keeps_its_others() -> None:
    redirection = Redirection(5001, first=True)
    assert redirection.listens(5001)
    assert not redirection.listens(9100)


def test_a_script_finds_itself_behind_its_own_port() -> None:
    redirection = Redirection(5001, [8000])
    assert redirection.connects(8000) is None, "somebody else may listen there"
    redirection.listens(8000)
    assert redirection.connects(8000) == 5001
    assert redirection.connects(5432) is None


def test_no_connection_goes_to_no_port() -> None:
    redirection = Redirection(5001, [0])
    redirection.listens(0)
    assert redirection.connects(0) is None


@given(PORTS, st.frozensets(PORTS), st.lists(PORTS))
def test_only_named_ports_are_taken(to: int, named: frozenset[int], asked: list[int]) -> None:
    redirection = Redirection(to, named)
    assert [redirection.listens(port) for port in asked] == [port in named or port == to for port in asked]


@given(PORTS, st.lists(PORTS))
def test_at_most_one_unnamed_port_is_taken(to: int, asked: list[int]) -> None:
    redirection = Redirection(to, first=True)
    taken = {port for port in asked if redirection.listens(port)}
    assert len(taken - {to}) <= 1
    assert 0 not in taken - {to}
