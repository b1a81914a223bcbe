"""Plans of projects whose packages come from conda."""

from __future__ import annotations

import pytest

from webstead.plan import Overrides, Plan, as_json, as_text, make_plan
from webstead.project.tree import MemoryTree

APP = "from flask import Flask\napp = Flask(__name__)\n"
ASGI = "from fastapi import FastAPI\napp = FastAPI()\n"


def planned(environment: str, runtime: str | None = None, **files: str) -> Plan:
    written = {name.replace("__", "."): text for name, text in files.items()}
    tree = MemoryTree({"app.py": APP, "environment.yml": environment, **written})
    return make_plan(tree, Overrides(running="3.13", runtime=runtime))


def test_conda_brings_python_and_the_packages_in_one_step() -> None:
    plan = planned("channels: [conda-forge]\ndependencies:\n- python=3.12\n- flask\n")
    (step,) = plan.install
    assert (step.kind, step.path, step.words) == ("conda", "environment.yml", ("python=3.12",))
    assert step.inputs == ("environment.yml",)
    assert (plan.python.version, plan.python.evidence[0].where) == ("3.12", "environment.yml:3")
    assert not plan.warnings
    assert as_json(plan)["install"] == [
        {
            "kind": "conda",
            "summary": "conda environment of environment.yml",
            "path": "environment.yml",
            "words": ["python=3.12"],
            "inputs": ["environment.yml"],
            "evidence": [{"path": "environment.yml", "line": 0, "why": "a conda environment of 2 packages"}],
        }
    ]


def test_without_a_python_conda_takes_one_that_the_gateway_runs_on() -> None:
    plan = planned("dependencies: [flask]\n")
    assert plan.install[0].words == ("python>=3.9",)
    assert "because: environment.yml  names no Python: conda takes the newest" in as_text(plan)


@pytest.mark.parametrize(
    ("dependency", "files", "runtime", "words"),
    [
        ("flask", {"__python-version": "3.12\n"}, None, ("python=3.12",)),
        ("flask", {}, "3.11", ("python=3.11",)),
        ("python>=3.10,<3.12", {}, None, ("python>=3.10,<3.12",)),
        ("flask", {}, "/usr/bin/python3", ()),
    ],
)
def test_the_python_that_something_else_names_is_asked_of_conda(
    dependency: str, files: dict[str, str], runtime: str | None, words: tuple[str, ...]
) -> None:
    plan = planned(f"dependencies: ['{dependency}']\n", runtime, **files)
    assert plan.install[0].words == words


def test_the_file_that_conda_installs_wins_over_another_and_the_two_are_told() -> None:
    plan = planned(
        "dependencies: [python=3.12, flask]\n", __python_version="", **{".python-version": "3.11\n"}
    )
    assert plan.install[0].words == ("python=3.12",)
    assert any("no Python is both" in warning.text for warning in plan.warnings)


def test_a_package_that_is_not_listed_belongs_into_the_environment_file() -> None:
    (warning,) = planned("dependencies: [python=3.12]\n").warnings
    assert warning.text == "app.py:2 uses Flask, but environment.yml does not list flask."
    assert warning.fix == "Add a line to `dependencies` of environment.yml: - flask"


def test_a_server_comes_behind_the_packages_of_conda() -> None:
    plan = planned("dependencies: [python=3.12, fastapi]\n", app__py=ASGI)
    assert [step.kind for step in plan.install] == ["conda", "overlay"]


def test_a_command_of_the_users_own_takes_the_place_of_conda() -> None:
    plan = planned("dependencies: [python=3.12, flask]\n", build__env="CUSTOM_BUILD_COMMAND=make\n")
    assert [step.kind for step in plan.install] == ["environment", "custom"]
