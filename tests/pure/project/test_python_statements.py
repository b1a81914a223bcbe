"""Which Python a project asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan import make_plan
from webstead.project.python_sources import SOURCES
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


POETRY = '[tool.poetry.dependencies]\npython = "{}"\n'
FLIT = '[tool.flit.metadata]\nmodule = "x"\nrequires-python = ">=3.10"\n'
SETUP = "from setuptools import setup\nsetup(python_requires='>=3.10')\n"
DEPLOYED = "services:\n  - type: web\n    envVars:\n      - key: PYTHON_VERSION\n        value: 3.11.4\n"


@pytest.mark.parametrize(
    ("path", "text", "version", "line"),
    [
        (".tool-versions", "nodejs 20\npython 3.11.4 3.10\n", "3.11.4", 2),
        (".tool-versions", "python pypy3.10\n", "3.10", 1),
        ("mise.toml", '[tools]\nnode = "20"\npython = "3.11"\n', "3.11", 3),
        (".mise.toml", '[tools]\npython = ["3.12", "3.11"]\n', "3.12", 2),
        ("mise.toml", '[tools]\npython = { version = "3.12", virtualenv = ".venv" }\n', "3.12", 2),
        ("Pipfile", '[requires]\npython_version = "3.11"\n', "3.11", 2),
        ("Pipfile", '[requires]\npython_version = "3.11"\npython_full_version = "3.11.4"\n', "3.11.4", 3),
        (
            "Pipfile.lock",
            '{\n"_meta": {"requires": {\n"python_version": "3.11"\n}}, "default": {}}',
            "3.11",
            3,
        ),
        ("pyproject.toml", POETRY.format("^3.11"), ">=3.11,<4", 2),
        ("pyproject.toml", POETRY.format("3.11"), "3.11", 2),
        ("pyproject.toml", POETRY.format("3.11.*"), "3.11", 2),
        ("pyproject.toml", POETRY.format("~3.11"), ">=3.11,<3.12", 2),
        ("pyproject.toml", FLIT, ">=3.10", 3),
        ("setup.py", SETUP, ">=3.10", 2),
        ("setup.cfg", "[options]\npython_requires = >=3.10\n", ">=3.10", 2),
        ("uv.lock", 'version = 1\nrevision = 2\nrequires-python = ">=3.11"\n', ">=3.11", 3),
        (
            "poetry.lock",
            '[[package]]\npython-versions = ">=3.7"\nfiles = []\n[metadata]\nlock-version = "2.0"\n'
            'python-versions = "^3.11"\ncontent-hash = "aa"\n',
            ">=3.11,<4",
            6,
        ),
        ("render.yaml", DEPLOYED, "3.11.4", 5),
        ("netlify.toml", '[build.environment]\nPYTHON_VERSION = "3.8"\n', "3.8", 2),
        ("app.yaml", "service: shop\nruntime: python312\n", "3.12", 2),
        ("Dockerfile", "FROM python:3.11-slim\n", "3.11", 1),
        ("Dockerfile", "FROM --platform=linux/amd64 docker.io/library/python:3.11.4 AS base\n", "3.11.4", 1),
        ("Dockerfile", "ARG PYTHON=3.12\nFROM python:${PYTHON}-slim\n", "3.12", 2),
        ("Dockerfile", "FROM python:${PYTHON:-3.12}-slim\n", "3.12", 1),
        ("Dockerfile", "FROM node:20 AS front\nFROM python:3.10 AS build\nFROM python:3.11\n", "3.11", 3),
        ("Dockerfile", "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.9\n", "3.9", 1),
        ("Dockerfile", "FROM ghcr.io/astral-sh/uv:0.4.1-python3.12-bookworm-slim\n", "3.12", 1),
        ("Containerfile", "FROM python:3.11\n", "3.11", 1),
    ],
)
def test_each_place_that_states_one(path: str, text: str, version: str, line: int) -> None:
    found, findings = read_python_statements(MemoryTree({path: text}))
    assert findings == ()
    assert [(item.version, item.evidence.where) for item in found] == [(version, f"{path}:{line}")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".tool-versions", "nodejs 20\n# python 3.9\npython system\n"),
        ("mise.toml", '[tools]\npython = "latest"\n'),
        ("Pipfile", "[packages]\n"),
        ("Pipfile.lock", "{"),
        ("pyproject.toml", POETRY.format("*")),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("setup.py", "print(1)\n"),
        ("poetry.lock", '[[package]]\npython-versions = ">=3.7"\nfiles = []\n'),
        ("render.yaml", "services: []\n"),
        ("app.yaml", "runtime: nodejs20\n"),
        ("Dockerfile", "FROM python:slim\nFROM python:3\nFROM node:20\n"),
        ("Dockerfile.dev", "FROM python:3.9\n"),
    ],
)
def test_what_states_none(path: str, text: str) -> None:
    assert read_python_statements(MemoryTree({path: text})) == ((), ())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".tool-versions", "python miniconda3-4.7\n"),
        ("mise.toml", '[tools]\npython = "three"\n'),
        ("Pipfile", '[requires]\npython_version = "^3.9"\n'),
        ("pyproject.toml", POETRY.format("new")),
        ("setup.py", SETUP.replace(">=3.10", "3.10")),
        ("uv.lock", 'requires-python = "any"\n'),
    ],
)
def test_what_cannot_be_understood_is_said(path: str, text: str) -> None:
    found, (finding,) = read_python_statements(MemoryTree({path: text}))
    assert found == ()
    assert finding.text.startswith(f"{path}:")
    assert finding.fix


RANGE = '[project]\nname = "x"\nrequires-python = ">=3.11"\n'


@pytest.mark.parametrize(
    ("files", "taken", "conflicts"),
    [
        ({"Dockerfile": "FROM python:3.12\n", "pyproject.toml": RANGE}, "3.12", 0),
        ({"Dockerfile": "FROM python:3.9\n", "pyproject.toml": RANGE}, ">=3.11", 1),
        ({"Dockerfile": "FROM python:3.12\n", "runtime.txt": "python-3.11\n"}, "3.11", 1),
        ({"Pipfile": '[requires]\npython_version = "3.9"\n', "runtime.txt": "python-3.11\n"}, "3.11", 1),
        ({".python-version": "3.10", "pyproject.toml": RANGE}, "3.10", 1),
        ({".tool-versions": "python 3.12\n", ".python-version": "3.12.1"}, "3.12.1", 0),
        ({"setup.cfg": "[options]\npython_requires = >=3.8\n", "render.yaml": DEPLOYED}, "3.11.4", 0),
        (
            {"Dockerfile": "FROM python:3.9\n", "app.yaml": "runtime: python312\n", "pyproject.toml": RANGE},
            "3.12",
            2,
        ),
    ],
)
def test_the_strongest_is_taken_and_each_conflict_is_said(
    files: dict[str, str], taken: str, conflicts: int
) -> None:
    found, findings = read_python_statements(MemoryTree(files))
    assert findings == ()
    assert found[0].version == taken
    said = disagreements(found)
    assert len(said) == conflicts
    assert all(len(finding.evidence) == 2 and finding.fix for finding in said)


def test_a_plan_takes_the_range_that_a_weaker_version_contradicts() -> None:
    tree = MemoryTree({"Dockerfile": "FROM python:3.9\n", "pyproject.toml": RANGE})
    plan = make_plan(tree)
    assert plan.python.version == ">=3.11"
    (warning,) = (each for each in plan.warnings if each.kind == "python-conflict")
    assert "pyproject.toml:3 asks for Python >=3.11, Dockerfile:1 for 3.9" in warning.text


def test_a_folder_of_manifests_goes_before_the_root() -> None:
    tree = MemoryTree(
        {"api/.python-version": "3.12", ".python-version": "3.11", "runtime.txt": "python-3.11"}
    )
    found, _ = read_python_statements(tree, "api")
    assert [item.evidence.path for item in found] == ["api/.python-version", ".python-version", "runtime.txt"]
    assert len(disagreements(found)) == 2


@given(st.sampled_from([name for source in SOURCES for name in source.names]), st.binary(max_size=60))
def test_no_bytes_break_the_reader_of_a_place(name: str, data: bytes) -> None:
    found, _ = read_python_statements(MemoryTree({name: data}))
    disagreements(found)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    found, findings = read_python_statements(MemoryTree({".python-version": data, "runtime.txt": data}))
    assert len(found) + len(findings) == 2
    disagreements(found)
