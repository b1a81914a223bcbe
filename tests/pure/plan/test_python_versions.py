"""Until when each Python gets fixes: the table as it is shipped, and what plans say of it on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan import Machine, Overrides, Plan, as_json, as_text, make_plan
from webstead.plan.support import (
    PythonSupport,
    minor_of,
    read_support_table,
    recommended,
    support_of,
    support_table,
)
from webstead.project.tree import MemoryTree

DAY = date(2026, 11, 26)
HEAD = 'looked_over = 2026-11-26\nsources = ["https://example.org/"]\n[versions]\n'


def row(version: str, first: str = "2020-01-01", bugs: str = "2022-01-01", last: str = "2025-01-01") -> str:
    return f'"{version}" = {{ first_release = {first}, bugfix_end = {bugs}, end_of_life = {last} }}\n'


def planned(statement: str, day: date | None = DAY, runtime: str | None = None) -> Plan:
    files = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\n"}
    project = {**files, ".python-version": statement} if statement else files
    return make_plan(MemoryTree(project), Overrides(running="3.12", runtime=runtime), Machine(today=day))


def told(plan: Plan) -> list[tuple[str, str, str]]:
    return [(w.kind, w.text, w.fix) for w in plan.warnings if w.kind.startswith("python-")]


def test_the_table_as_it_is_shipped() -> None:
    table = support_table()
    versions = [support.version for support in table.versions]
    assert versions[-5:] == ["3.12", "3.13", "3.14", "3.15", "3.16"]
    assert table.looked_over == DAY
    assert all(source.startswith("https://") for source in table.sources)
    # PEP 602: a release every October, two years of bug fixes, five in all
    for support in table.versions[-8:]:
        assert support.first_release.month == 10
        assert (
            timedelta(days=5 * 365 - 7)
            < support.end_of_life - support.first_release
            < timedelta(days=5 * 366 + 31)
        )


@pytest.mark.parametrize(
    ("version", "statuses"),
    [
        (
            "3.14",
            {
                "2025-10-06": "prerelease",
                "2025-10-07": "bugfix",
                "2027-10-05": "bugfix",
                "2027-10-06": "security",
            },
        ),
        ("3.9", {"2025-10-31": "security", "2025-11-01": "end-of-life"}),
        ("2.7", {"2020-01-01": "bugfix", "2020-01-02": "end-of-life"}),
    ],
)
def test_the_status_of_a_version_on_a_day(version: str, statuses: dict[str, str]) -> None:
    support = support_of(version)
    assert support is not None
    assert {day: support.status(date.fromisoformat(day)) for day in statuses} == statuses


def test_versions_are_found_in_what_people_write() -> None:
    assert [minor_of(text) for text in ("python-3.12.1", "3.9.18", "three", "13")] == [
        "3.12",
        "3.9",
        None,
        None,
    ]
    assert support_of("9.9") is None
    assert support_of("three") is None


@given(st.dates(date(2008, 1, 1), date(2040, 1, 1)))
def test_what_is_recommended_is_never_older_than_another_that_gets_bug_fixes_for_a_year(day: date) -> None:
    found = support_of(recommended(day))
    assert found is not None
    settled = [s for s in support_table().versions if s.first_release + timedelta(days=365) <= day]
    assert found == (settled or support_table().versions)[-1]


@pytest.mark.parametrize(
    "text",
    [
        "versions = 3",
        HEAD + row("3.9") + row("3.8"),
        HEAD + row("3.9") + row("three"),
        HEAD + row("3.9", bugs="2019-01-01"),
        HEAD + row("3.9", last="2021-01-01"),
        HEAD + row("3.9", last='"2025-01-01"'),
        HEAD + '"3.9" = { first_release = 2020-01-01 }\n',
        HEAD.replace("2026-11-26", "2026-11-26T00:00:00") + row("3.9"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_support_table(text)
    assert read_support_table(HEAD + row("3.9") + row("3.10")).versions[1].version == "3.10"


def test_dates_out_of_order_are_no_support() -> None:
    with pytest.raises(ValueError, match=r"3\.9: its dates"):
        PythonSupport("3.9", DAY, DAY - timedelta(days=1), DAY)


@pytest.mark.parametrize(
    ("statement", "kind", "text", "fix"),
    [
        (
            "3.9.18",
            "python-old",
            ".python-version:1 asks for Python 3.9.18, which is out of support since 2025-10-31: no security "
            "fixes come.",
            "Move to Python 3.14.",
        ),
        (
            "3.16",
            "python-early",
            ".python-version:1 asks for Python 3.16, which is not released before 2027-10-06: packages may "
            "have no wheels.",
            "Move to Python 3.14.",
        ),
        (
            ">=3.6,<3.9",
            "python-old",
            ".python-version:1 asks for Python >=3.6,<3.9, and no version in that range is supported: the "
            "last, 3.8, is out of support since 2024-10-07.",
            "Allow a newer one, such as 3.14.",
        ),
    ],
)
def test_a_plan_warns_of_what_has_no_support(statement: str, kind: str, text: str, fix: str) -> None:
    assert told(planned(statement)) == [(kind, text, fix)]


@pytest.mark.parametrize("statement", ["3.11", "3.14", "3.15.1", ">=3.6", ">=3.10,<3.12", "3", "pypy3.9"])
def test_a_plan_is_quiet_about_what_has_support(statement: str) -> None:
    assert told(planned(statement)) == []


def test_a_plan_says_that_it_does_not_know_a_version() -> None:
    text = f"of which nothing is known; the last that is known is {support_table().versions[-1].version}."
    ((kind, said, _),) = told(planned("4.2"))
    assert (kind, said) == ("python-unknown", f".python-version:1 asks for Python 4.2, {text}")


def test_a_plan_says_when_support_will_end_and_that_it_has() -> None:
    assert told(planned("3.11", date(2027, 4, 30))) == []
    soon = told(planned("3.11", date(2027, 5, 5)))
    assert soon == [
        (
            "python-ends",
            ".python-version:1 asks for Python 3.11, which gets its last security fixes by 2027-10-31.",
            "Plan the move to Python 3.14.",
        )
    ]
    assert [kind for kind, _, _ in told(planned("3.11", date(2027, 11, 1)))] == ["python-old"]


def test_the_python_of_webstead_itself_and_of_the_command_line_are_judged_too() -> None:
    assert told(planned("", date(2029, 1, 1)))[0][1].startswith("This site runs on Python 3.12, which is out")
    assert told(planned("3.14", runtime="3.8"))[0][1].startswith(
        "--runtime asks for Python 3.8, which is out"
    )


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("3.14", "3.14 (cpython): bug fixes until 2027-10-05, security fixes until 2030-10-31"),
        ("3.12.4", "3.12.4 (cpython): only security fixes until 2028-10-31"),
        ("3.9", "3.9 (cpython)"),
        (">=3.11", ">=3.11 (cpython)"),
    ],
)
def test_the_support_is_shown(statement: str, line: str) -> None:
    assert f"  {line}\n" in as_text(planned(statement))


def test_the_support_is_data_and_without_a_clock_that_of_the_table() -> None:
    support = {"status": "security", "bugfix_end": "2025-04-08", "end_of_life": "2028-10-31"}
    for day in (None, DAY):
        python = as_json(planned("3.12", day))["python"]
        assert isinstance(python, dict)
        assert python["support"] == support
