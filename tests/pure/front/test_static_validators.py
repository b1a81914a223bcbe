from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.validators import Conditions, etag_of, http_date, judge, range_holds

ETAG = b'"abc-10"'
MODIFIED = 1_700_000_000
DATE = http_date(MODIFIED)
LATER, EARLIER = http_date(MODIFIED + 1), http_date(MODIFIED - 1)
OTHER = b'"other"'


@given(st.integers(0, 4_102_444_800))
def test_dates_are_those_of_the_standard_library(seconds: int) -> None:
    assert http_date(seconds).decode() == formatdate(seconds, usegmt=True)


def test_a_tag_changes_with_size_and_with_nanoseconds() -> None:
    assert len({etag_of(1, 5), etag_of(2, 5), etag_of(1, 6)}) == 3


@pytest.mark.parametrize(
    "listed", [ETAG, b"W/" + ETAG, b"*", b" * ", b'"x", ' + ETAG, b'W/"y" , ' + ETAG + b', "z"']
)
def test_a_listed_tag_means_unchanged(listed: bytes) -> None:
    assert judge(Conditions(if_none_match=listed), ETAG, MODIFIED) == "unchanged"


@pytest.mark.parametrize("listed", [b"", b'"abc"', b"abc-10", b'"', b'"abc-10', b"W/", b'"ABC-10"'])
def test_another_tag_means_changed_whatever_the_date_says(listed: bytes) -> None:
    conditions = Conditions(if_none_match=listed, if_modified_since=http_date(MODIFIED + 9))
    assert judge(conditions, ETAG, MODIFIED) == "send"


@pytest.mark.parametrize("listed", [ETAG, b"*", b'"x", ' + ETAG])
def test_the_tag_that_must_be_there_is(listed: bytes) -> None:
    assert judge(Conditions(if_match=listed), ETAG, MODIFIED) == "send"


@pytest.mark.parametrize("listed", [b"", b'"x"', b"W/" + ETAG, b"abc-10"])
def test_if_match_compares_strongly(listed: bytes) -> None:
    assert judge(Conditions(if_match=listed), ETAG, MODIFIED) == "failed"


@pytest.mark.parametrize(
    ("conditions", "verdict"),  # the table of RFC 9110, 13.2.2
    [
        (Conditions(if_match=ETAG, if_unmodified_since=EARLIER), "send"),
        (Conditions(if_match=OTHER, if_unmodified_since=LATER), "failed"),
        (Conditions(if_unmodified_since=DATE), "send"),
        (Conditions(if_unmodified_since=EARLIER), "failed"),
        (Conditions(if_unmodified_since=b"nonsense"), "send"),
        (Conditions(if_unmodified_since=EARLIER, if_none_match=ETAG), "failed"),
        (Conditions(if_match=ETAG, if_none_match=ETAG), "unchanged"),
        (Conditions(if_match=OTHER, if_none_match=ETAG), "failed"),
        (Conditions(if_unmodified_since=DATE, if_modified_since=DATE), "unchanged"),
        (Conditions(if_none_match=OTHER, if_modified_since=DATE), "send"),
        (Conditions(if_modified_since=EARLIER), "send"),
        (Conditions(), "send"),
    ],
)
def test_which_condition_counts(conditions: Conditions, verdict: str) -> None:
    assert judge(conditions, ETAG, MODIFIED) == verdict


def test_what_has_no_tag_matches_none() -> None:
    assert judge(Conditions(if_match=ETAG), None, MODIFIED) == "failed"
    assert judge(Conditions(if_match=b"*"), None, MODIFIED) == "send"
    assert judge(Conditions(if_none_match=ETAG), None, MODIFIED) == "send"
    assert not range_holds(ETAG, None, MODIFIED)


@pytest.mark.parametrize(
    "since",
    [
        DATE,
        LATER,
        b"Tuesday, 14-Nov-23 22:13:20 GMT",  # RFC 850
        time.asctime(time.gmtime(MODIFIED)).encode(),  # asctime
    ],
)
def test_a_date_not_before_the_change_means_unchanged(since: bytes) -> None:
    assert judge(Conditions(if_modified_since=since), ETAG, MODIFIED) == "unchanged"


@pytest.mark.parametrize("since", [EARLIER, b"", b"yesterday", b"\xff", b"0", b"Tue, 99 Xxx 20233"])
def test_an_older_or_broken_date_means_changed(since: bytes) -> None:
    assert judge(Conditions(if_modified_since=since), ETAG, MODIFIED) == "send"


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [
        (None, True),
        (ETAG, True),
        (DATE, True),
        (b"W/" + ETAG, False),
        (OTHER, False),
        (LATER, False),
        (b"", False),
    ],
)
def test_a_range_counts_only_while_its_condition_holds(if_range: bytes | None, holds: bool) -> None:
    assert range_holds(if_range, ETAG, MODIFIED) is holds


@given(st.lists(st.none() | st.binary(max_size=80), min_size=6, max_size=6))
def test_any_conditions_get_a_verdict(values: list[bytes | None]) -> None:
    assert judge(Conditions(*values), ETAG, MODIFIED) in ("send", "unchanged", "failed")
    assert range_holds(values[0], ETAG, MODIFIED) in (True, False)
