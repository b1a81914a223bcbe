from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.validators import Conditions, Part, etag_of, http_date, is_unchanged, select_part

ETAG = b'"abc-10"'
MODIFIED = 1_700_000_000
DATE = http_date(MODIFIED)
SIZE = 1000


@given(st.integers(0, 4_102_444_800))
def test_dates_are_those_of_the_standard_library(seconds: int) -> None:
    assert http_date(seconds).decode() == formatdate(seconds, usegmt=True)


def test_a_tag_changes_with_size_and_with_nanoseconds() -> None:
    assert len({etag_of(1, 5), etag_of(2, 5), etag_of(1, 6)}) == 3


@pytest.mark.parametrize(
    "listed", [ETAG, b"W/" + ETAG, b"*", b" * ", b'"x", ' + ETAG, b'W/"y" , ' + ETAG + b', "z"']
)
def test_a_listed_tag_means_unchanged(listed: bytes) -> None:
    assert is_unchanged(Conditions(if_none_match=listed), ETAG, MODIFIED)


@pytest.mark.parametrize("listed", [b"", b'"abc"', b"abc-10", b'"', b'"abc-10', b"W/", b'"ABC-10"'])
def test_another_tag_means_changed_whatever_the_date_says(listed: bytes) -> None:
    conditions = Conditions(if_none_match=listed, if_modified_since=http_date(MODIFIED + 9))
    assert not is_unchanged(conditions, ETAG, MODIFIED)


@pytest.mark.parametrize(
    "since",
    [
        DATE,
        http_date(MODIFIED + 1),
        b"Tuesday, 14-Nov-23 22:13:20 GMT",  # RFC 850
        time.asctime(time.gmtime(MODIFIED)).encode(),  # asctime
    ],
)
def test_a_date_not_before_the_change_means_unchanged(since: bytes) -> None:
    assert is_unchanged(Conditions(if_modified_since=since), ETAG, MODIFIED)


@pytest.mark.parametrize(
    "since", [http_date(MODIFIED - 1), b"", b"yesterday", b"\xff", b"0", b"Tue, 99 Xxx 20233"]
)
def test_an_older_or_broken_date_means_changed(since: bytes) -> None:
    assert not is_unchanged(Conditions(if_modified_since=since), ETAG, MODIFIED)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (b"bytes=0-0", Part(0, 1)),
        (b"bytes=0-499", Part(0, 500)),
        (b"bytes=500-", Part(500, 500)),
        (b"bytes=-1", Part(999, 1)),
        (b"bytes=-5000", Part(0, 1000)),
        (b"bytes=990-5000", Part(990, 10)),
        (b"BYTES = 1 - 2", Part(1, 2)),
    ],
)
def test_a_range_selects_its_bytes(header: bytes, part: Part) -> None:
    assert select_part(Conditions(range=header), ETAG, MODIFIED, SIZE) == part


@pytest.mark.parametrize("header", [b"bytes=1000-", b"bytes=1000-2000", b"bytes=-0"])
def test_a_range_outside_of_the_file_is_unsatisfiable(header: bytes) -> None:
    assert select_part(Conditions(range=header), ETAG, MODIFIED, SIZE) == "unsatisfiable"


@pytest.mark.parametrize(
    "header",
    [b"bytes=0-1,5-6", b"bytes=5-2", b"bytes=-", b"bytes=a-b", b"items=0-1", b"bytes=1", b"", b"bytes=0x1-2"],
)
def test_any_other_range_is_passed_over(header: bytes) -> None:
    assert select_part(Conditions(range=header), ETAG, MODIFIED, SIZE) == "whole"


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [
        (ETAG, True),
        (DATE, True),
        (b"W/" + ETAG, False),
        (b'"other"', False),
        (http_date(MODIFIED + 1), False),
        (b"", False),
    ],
)
def test_a_range_counts_only_while_its_condition_holds(if_range: bytes, holds: bool) -> None:
    conditions = Conditions(range=b"bytes=0-9", if_range=if_range)
    assert select_part(conditions, ETAG, MODIFIED, SIZE) == (Part(0, 10) if holds else "whole")


@given(st.binary(max_size=40), st.integers(0, 5000))
def test_no_range_leaves_the_file(header: bytes, size: int) -> None:
    chosen = select_part(Conditions(range=b"bytes=" + header), ETAG, MODIFIED, size)
    if isinstance(chosen, Part):
        assert 0 <= chosen.first < size
        assert 1 <= chosen.length <= size - chosen.first


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_conditions_get_an_answer(tags: bytes, date: bytes) -> None:
    assert is_unchanged(Conditions(tags, date), ETAG, MODIFIED) in (True, False)
    assert is_unchanged(Conditions(None, date), ETAG, MODIFIED) in (True, False)
