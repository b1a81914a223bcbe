"""Orders as lines: what is written is read again, and nothing else is taken for an order."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import (
    BindError,
    BuildError,
    ConfigError,
    HostError,
    PlanError,
    RuntimeMissing,
    StartError,
    UsageError,
    WebsteadError,
    error_from,
)
from webstead.site.server.orders import Order, answer_line, read_answer, read_order

TEXTS = st.text(max_size=40)
KINDS = st.sampled_from(["activate", "settled", "changed", "recycle", "instances", "metrics"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@given(st.builds(Order, KINDS, TEXTS, TEXTS, st.booleans()))
def test_an_order_is_read_as_it_was_written(order: Order) -> None:
    line = order.line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_order(line) == order


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_an_order_or_a_value_error(line: bytes) -> None:
    try:
        order = read_order(line)
    except ValueError:
        return
    assert read_order(order.line()) == order


@pytest.mark.parametrize(
    "line",
    [b"[]", b'{"order":"sleep"}', b'{"order":"activate","site":7}', b'{"order":"activate","renew":"yes"}'],
)
def test_what_is_no_order_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"order|text|object"):
        read_order(line)


@given(JSON)
def test_what_was_done_is_answered_as_it_is(done: object) -> None:
    assert read_answer(answer_line(done)) == done


@pytest.mark.parametrize("kind", [UsageError, PlanError, BuildError, RuntimeMissing, StartError, BindError])
def test_an_error_is_raised_where_the_answer_is_read(kind: type[WebsteadError]) -> None:
    error = kind("It failed.", found="this", fix="do that", detail="a\nb")
    with pytest.raises(kind) as raised:
        read_answer(answer_line(error=error))
    assert raised.value.as_json() == error.as_json()


def test_an_error_of_a_file_keeps_its_place() -> None:
    error = ConfigError("Malformed.", path="web.config", line=3, column=7, found="<a>", fix="close it")
    assert error_from(error.as_json()).as_json() == error.as_json()


def test_an_error_of_a_newer_kind_keeps_its_words() -> None:
    assert error_from({"kind": "weather", "what": "It rains."}).what == "It rains."


@pytest.mark.parametrize("line", [b"", b"{}", b"\xff", b"[1]", b'{"error":"no object"}'])
def test_no_answer_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(HostError, match="gave no answer"):
        read_answer(line)
