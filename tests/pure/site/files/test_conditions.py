"""Kudu's table of what a request for a file comes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.ranges import Part
from webstead.front.validators import Conditions
from webstead.site.files.conditions import Known, may_remove, may_write, reading

MISSING, FOLDER, FILE = Known("missing"), Known("folder"), Known("file", 10, 1_700_000_000_000_000_000)
TAG = FILE.etag.encode()
OTHER = b'"other"'


@pytest.mark.parametrize(
    ("known", "slash", "asked", "outcome"),
    [
        (MISSING, False, Conditions(), "missing"),
        (FOLDER, False, Conditions(), "add slash"),
        (FOLDER, True, Conditions(), "list"),
        (FILE, True, Conditions(), "drop slash"),
        (FILE, False, Conditions(), "whole"),
        (FILE, False, Conditions(if_none_match=TAG), "unchanged"),
        (FILE, False, Conditions(if_none_match=OTHER), "whole"),
        (FILE, False, Conditions(if_none_match=TAG, range=b"bytes=0-1"), (Part(0, 2),)),
        (FILE, False, Conditions(range=b"bytes=4-"), (Part(4, 6),)),
        (FILE, False, Conditions(range=b"bytes=-3"), (Part(7, 3),)),
        (FILE, False, Conditions(range=b"bytes=10-"), "unsatisfiable"),
        (FILE, False, Conditions(range=b"bytes=0-1", if_range=TAG), (Part(0, 2),)),
        (FILE, False, Conditions(range=b"bytes=0-1", if_range=OTHER), "whole"),
        (FILE, False, Conditions(if_range=TAG), "whole"),
        (FILE, False, Conditions(range=b"lines=1-2"), "whole"),
    ],
)
def test_reading(known: Known, slash: bool, asked: Conditions, outcome: object) -> None:
    assert reading(known, slash=slash, asked=asked) == outcome


@pytest.mark.parametrize(
    ("known", "slash", "if_match", "outcome"),
    [
        (MISSING, False, None, "create"),
        (MISSING, False, b"*", "create"),
        (MISSING, True, None, "make folder"),
        (FOLDER, False, b"*", "is folder"),
        (FOLDER, True, b"*", "is folder"),
        (FILE, True, b"*", "is folder"),
        (FILE, False, None, "no condition"),
        (FILE, False, OTHER, "changed"),
        (FILE, False, b"W/" + TAG, "changed"),
        (FILE, False, TAG, "replace"),
        (FILE, False, b"*", "replace"),
    ],
)
def test_writing(known: Known, slash: bool, if_match: bytes | None, outcome: str) -> None:
    assert may_write(known, slash=slash, if_match=if_match) == outcome


@pytest.mark.parametrize(
    ("known", "slash", "if_match", "empty", "recursive", "outcome"),
    [
        (MISSING, False, b"*", True, True, "missing"),
        (FOLDER, True, None, True, False, "remove folder"),
        (FOLDER, False, None, True, False, "remove folder"),
        (FOLDER, True, None, False, False, "not empty"),
        (FOLDER, True, None, False, True, "remove folder"),
        (FILE, True, b"*", True, False, "drop slash"),
        (FILE, False, None, True, True, "no condition"),
        (FILE, False, OTHER, True, False, "changed"),
        (FILE, False, TAG, True, False, "remove file"),
        (FILE, False, b"*", True, False, "remove file"),
    ],
)
def test_removing(
    known: Known, slash: bool, if_match: bytes | None, empty: bool, recursive: bool, outcome: str
) -> None:
    found = may_remove(known, slash=slash, if_match=if_match, empty=empty, recursive=recursive)
    assert found == outcome


def test_two_versions_have_two_tags() -> None:
    assert (
        len({FILE.etag, Known("file", 11, FILE.mtime_ns).etag, Known("file", 10, FILE.mtime_ns + 1).etag})
        == 3
    )


@given(st.binary(max_size=60), st.integers(0, 1000))
def test_any_range_header_is_answered_with_bytes_that_are_there(header: bytes, size: int) -> None:
    known = Known("file", size, 1)
    outcome = reading(known, slash=False, asked=Conditions(range=b"bytes=" + header))
    if isinstance(outcome, tuple):
        assert all(part.length > 0 and part.end <= size for part in outcome)
    else:
        assert outcome in ("whole", "unsatisfiable")


@given(st.binary(max_size=60))
def test_a_condition_that_does_not_name_the_tag_never_replaces(if_match: bytes) -> None:
    if TAG not in if_match and b"*" not in if_match:
        assert may_write(FILE, slash=False, if_match=if_match) == "changed"
