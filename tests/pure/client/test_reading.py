from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.client.reading import fields_of, items_of, time_of
from webstead.errors import RemoteError


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-02-27T21:31:55.1234567Z", datetime(2024, 2, 27, 21, 31, 55, 123456, UTC)),
        ("2024-02-27T21:31:55.5Z", datetime(2024, 2, 27, 21, 31, 55, 500000, UTC)),
        ("2024-02-27T21:31:55", datetime(2024, 2, 27, 21, 31, 55, tzinfo=UTC)),
        ("2024-02-27T21:31:55+00:00", datetime(2024, 2, 27, 21, 31, 55, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_with_dot_nets_digits(text: str, time: datetime | None) -> None:
    assert time_of(text) == time


def test_what_is_no_object_or_list_is_not_understood() -> None:
    with pytest.raises(RemoteError, match="not understood"):
        fields_of([], "it")
    with pytest.raises(RemoteError, match="not understood"):
        items_of({}, "it")
    with pytest.raises(RemoteError, match="not understood"):
        items_of([1], "it")
    with pytest.raises(RemoteError, match="not understood"):
        fields_of({"id": 3}, "it").needed("id")


@given(
    st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.text() | st.lists(st.text())),
    st.text(),
)
def test_a_member_has_the_type_that_is_asked_for(members: dict[str, object], name: str) -> None:
    fields = fields_of(members, "it")
    assert isinstance(fields.text(name), str)
    assert isinstance(fields.number(name), int)
    assert isinstance(fields.texts(name), tuple)
    assert fields.inner(name).text("x") == ""


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = time_of(text)
    assert time is None or time.tzinfo is not None
