"""Which Python a project asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.python_version import PythonStatement, disagreements, read_python_statements
from webstead.project.tree import MemoryTree


def statements(**files: str) -> tuple[PythonStatement, ...]:
    names = {"version": ".python-version", "runtime": "runtime.txt", "project": "pyproject.toml"}
    tree = MemoryTree({names[key]: text for key, text in files.items()})
    found, findings = read_python_statements(tree)
    assert not findings
    return found


@pytest.mark.parametrize(
    ("text", "version", "implementation"),
    [
        ("3.12", "3.12", "cpython"),
        ("3.12.4\n", "3.12.4", "cpython"),
        ("# comment\n\ncpython-3.13\n3.11\n", "3.13", "cpython"),
        ("pypy3.10", "3.10", "pypy"),
        ("pypy@3.10", "3.10", "pypy"),
        (">=3.11,<3.13", ">=3.11,<3.13", "cpython"),
    ],
)
def test_python_version_files(text: str, version: str, implementation: str) -> None:
    (found,) = statements(version=text)
    assert (found.version, found.implementation) == (version, implementation)


def test_runtime_txt_is_trimmed() -> None:
    assert statements(runtime="  python-3.12.1  \r\n")[0].version == "3.12.1"


def test_requires_python_has_its_line() -> None:
    (found,) = statements(project='[project]\nname = "x"\nrequires-python = ">=3.11"\n')
    assert (found.version, found.exact, found.evidence.where) == (">=3.11", False, "pyproject.toml:3")


def test_the_exact_one_comes_first() -> None:
    found = statements(project='[project]\nrequires-python = ">=3.11"\n', runtime="python-3.12")
    assert [item.version for item in found] == ["3.12", ">=3.11"]


@pytest.mark.parametrize(
    ("version", "project", "agree"),
    [
        ("3.12", ">=3.11", True),
        ("3.12", ">=3.12.5", True),
        ("3.12.4", ">=3.12.5", False),
        ("3.10", ">=3.11", False),
        ("3", ">=3.11", True),
        ("2", ">=3.11", False),
        ("3.13", "~=3.12.0", False),
        ("pypy3.11", ">=3.11", False),
    ],
)
def test_conflicts_are_named_and_agreements_are_not(version: str, project: str, agree: bool) -> None:
    found = statements(version=version, project=f'[project]\nrequires-python = "{project}"\n')
    assert (disagreements(found) == ()) is agree


def test_a_short_version_agrees_with_its_patch() -> None:
    assert disagreements(statements(version="3.12", runtime="python-3.12.3")) == ()


def test_a_conflict_quotes_both_places() -> None:
    (finding,) = disagreements(statements(version="3.12", runtime="python-3.11"))
    assert [evidence.where for evidence in finding.evidence] == [".python-version:1", "runtime.txt:1"]
    assert "--runtime 3.11" in finding.fix


@pytest.mark.parametrize("text", ["", "three", "system", "3.12-dev", "anaconda3-2024.02"])
def test_what_is_no_version_is_a_finding(text: str) -> None:
    found, findings = read_python_statements(MemoryTree({".python-version": text}))
    assert found == ()
    assert ".python-version" in findings[0].text


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    found, findings = read_python_statements(MemoryTree({".python-version": data, "runtime.txt": data}))
    assert len(found) + len(findings) == 2
    disagreements(found)
