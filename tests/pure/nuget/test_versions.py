"""Versions of packages: read, normalised, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.nuget import BadVersion, Version, read_version

numbers = st.integers(0, 2**31 - 1)
labels = st.lists(st.text("abcXYZ019-", min_size=1, max_size=6), max_size=4).map(".".join)
versions = st.builds(Version, st.tuples(numbers, numbers, numbers, numbers), labels)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("1", "1.0.0"),
        ("1.0", "1.0.0"),
        ("1.00.0", "1.0.0"),
        ("01.02.03", "1.2.3"),
        ("1.2.3.0", "1.2.3"),
        ("3.6.4.5", "3.6.4.5"),
        ("1.0.0-RC1", "1.0.0-RC1"),
        ("1.0.0-beta.01+build.7", "1.0.0-beta.01"),
        ("2.0+sha", "2.0.0"),
    ],
)
def test_a_version_is_normalised(written: str, normalised: str) -> None:
    assert read_version(written).normalised == normalised


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a",
        "1.",
        ".1",
        "1.2.3.4.5",
        "-1",
        "1.0-",
        "1.0-a..b",
        "1.0+",
        "$version$",
        "1.0 ",
        "٣",
        "1.0-ä",
        "2147483648",
        "1." + "0" * 130,
    ],
)
def test_what_is_no_version_is_refused_in_words(written: str) -> None:
    with pytest.raises(BadVersion, match=r"\w"):
        read_version(written)


def test_versions_stand_in_the_order_of_semantic_versioning() -> None:
    written = ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"]
    written += ["1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.0.1", "1.0.1", "1.10", "2-a"]
    assert [str(each) for each in sorted(map(read_version, reversed(written)))] == [
        str(read_version(each)) for each in written
    ]


def test_case_and_metadata_make_no_other_version() -> None:
    one, other = read_version("1.0-RC"), read_version("1.0.0.0-rc+5")
    assert one == other
    assert len({one, other}) == 1


@given(versions)
def test_what_is_shown_is_read_again(version: Version) -> None:
    assert read_version(version.normalised) == version


@given(versions, versions)
def test_of_two_versions_one_is_below_or_they_are_the_same(one: Version, other: Version) -> None:
    assert [one < other, one == other, other < one].count(True) == 1
