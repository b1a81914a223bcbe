"""Poetry's version constraints, as PEP 440 says them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from webstead.project.manifests.poetry_versions import convert_constraint, python_marker


@pytest.mark.parametrize(
    ("written", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1.2", ">=1.2,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("^1.0.0b1", ">=1.0.0b1,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("x", ""),
        ("1.*", "==1.*"),
        ("1.2.x", "==1.2.*"),
        ("!=1.2.*", "!=1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("v1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        ("<>1.2", "!=1.2"),
        ("~=1.4.2", "~=1.4.2"),
        (">= 1.2, < 2.0", ">=1.2,<2.0"),
        (">=1.2 <2.0", ">=1.2,<2.0"),
        ("^1.2,!=1.3.0", ">=1.2,<2,!=1.3.0"),
        ("^1 || ^2", ">=1,<3"),
        ("^1|^2", ">=1,<3"),
        ("^1 || ^4", ">=1,<5,!=2.*,!=3.*"),
        ("^2.7 || ^3.2", ">=2.7,<4,!=3.0.*,!=3.1.*"),
    ],
)
def test_each_form_has_its_specifier(written: str, specifier: str) -> None:
    converted = convert_constraint(written)
    assert converted is not None
    assert (converted.specifier, converted.exact) == (specifier, True)


def test_a_gap_that_no_specifier_has_is_said() -> None:
    converted = convert_constraint("1.2.1 || 1.4.7")
    assert converted is not None
    assert not converted.exact
    allowed = SpecifierSet(converted.specifier)
    assert allowed.contains("1.2.1")
    assert allowed.contains("1.4.7")


@pytest.mark.parametrize("written", ["", "^", "latest", "^1.2 ||", "1.2 and 1.3", ">=1.2;", "1" * 500])
def test_what_is_none_is_none(written: str) -> None:
    assert convert_constraint(written) is None


@pytest.mark.parametrize(
    ("written", "runs", "does_not"),
    [
        ("^3.9", "3.12", "3.8"),
        ("<3.9 || >=3.11", "3.11", "3.10"),
        (">=3.9.2", "3.10", "3.9"),
        ("3.11", "3.11", "3.12"),
        ("3.11.*", "3.11", "3.10"),
        ("<=3.10", "3.9", "3.11"),
    ],
)
def test_a_constraint_of_python_is_a_marker(written: str, runs: str, does_not: str) -> None:
    found = python_marker(written)
    assert found
    environments = ({"python_version": each, "python_full_version": f"{each}.0"} for each in (runs, does_not))
    assert [Marker(found).evaluate(environment) for environment in environments] == [True, False]


def test_any_python_is_no_marker() -> None:
    assert python_marker("*") == ""


NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(st.sampled_from(["^", "~"]), NUMBERS)
def test_what_is_written_is_allowed_and_the_next_but_one_major_is_not(operator: str, version: str) -> None:
    converted = convert_constraint(operator + version)
    assert converted is not None
    allowed = SpecifierSet(converted.specifier)
    assert allowed.contains(version)
    assert not allowed.contains(f"{int(version.split('.')[0]) + 1}.0")


@given(st.lists(st.tuples(st.sampled_from(["^", "~", "==", ">=", "<"]), NUMBERS), min_size=1, max_size=3))
def test_an_alternative_allows_all_that_its_parts_allow(parts: list[tuple[str, str]]) -> None:
    whole = convert_constraint(" || ".join(operator + version for operator, version in parts))
    assert whole is not None
    for operator, version in parts:
        part = convert_constraint(operator + version)
        assert part is not None
        for candidate in (version, f"{version}.1", "0", "99"):
            if SpecifierSet(part.specifier).contains(candidate):
                assert SpecifierSet(whole.specifier).contains(candidate), (whole, part, candidate)


@given(st.text(alphabet="^~<>=!|,.*x 0123456789ab@v", max_size=30))
def test_no_text_gives_what_is_no_specifier(text: str) -> None:
    converted = convert_constraint(text)
    if converted is not None:
        SpecifierSet(converted.specifier)
    marker = python_marker(text)
    if marker:
        Marker(marker)
