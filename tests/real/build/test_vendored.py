"""Packages that the project brings are used where they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

import pytest
import uv

from webstead.build import Environment, program_path
from webstead.effects import RecordingRunner, run
from webstead.effects.files import DiskTree
from webstead.errors import BuildError
from webstead.plan.install import install_steps
from webstead.plan.model import InstallStep, PythonChoice
from webstead.project import read_project
from webstead.project.tree import IGNORED_FOLDERS

FOLDER = ".python_packages/lib/site-packages"


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    runner: RecordingRunner

    def write(self, **files: str) -> None: ...

    def says(self, environment: Environment, source: str) -> str: ...

    def build(self, *steps: InstallStep) -> Environment: ...


def step_of(project: Path) -> InstallStep:
    """As a plan has it."""
    read = read_project(DiskTree(project, IGNORED_FOLDERS))
    python = PythonChoice(sys.executable, "cpython")
    (step,) = (step for step in install_steps(read, python, None, None) if step.kind != "environment")
    return step


def install(project: Path, *packages: str) -> None:
    words = [uv.find_uv_bin(), "pip", "install", "--target", FOLDER, "--python", sys.executable, *packages]
    done = run(words, cwd=project, env=dict(os.environ), timeout=60)
    assert done.code == 0, done.tail


def test_what_is_in_the_folder_is_imported_from_there_and_its_commands_run(builder: Builds) -> None:
    install(builder.project, "waitress==3.0.2", "markupsafe")
    step = step_of(builder.project)
    assert (step.kind, step.path) == ("vendored", FOLDER)
    environment = builder.build(step)
    assert builder.says(environment, "import waitress; print(waitress.__file__)") == str(
        builder.project / FOLDER / "waitress/__init__.py"
    )
    command = program_path(environment, "waitress-serve")
    done = run([command, "--help"], cwd=builder.project, env=environment.variables(os.environ), timeout=60)
    assert done.code == 0, done.tail
    assert builder.build(step) == environment
    assert builder.runner.calls == []


def test_the_projects_packages_win_over_the_overlay(builder: Builds) -> None:
    install(builder.project, "click==8.1.7")
    overlay = InstallStep("overlay", "Add click", words=("click>=8.1.8",))
    environment = builder.build(step_of(builder.project), overlay)
    assert builder.says(environment, "import click; print(click.__version__)") == "8.1.7"


def test_packages_for_another_python_are_refused_by_name(builder: Builds) -> None:
    install(builder.project, "markupsafe==3.0.2")
    (wheel,) = builder.project.glob(f"{FOLDER}/*.dist-info/WHEEL")
    wheel.write_text("Wheel-Version: 1.0\nTag: cp39-cp39-win_amd64\n")
    with pytest.raises(BuildError) as caught:
        builder.build(step_of(builder.project))
    assert caught.value.what.startswith(f"The packages in {FOLDER} are not for Python 3.")
    assert caught.value.found.lower() == "markupsafe-3.0.2 is built for cp39 on win_amd64"


def test_a_tree_lists_what_describes_such_packages_and_nothing_else_of_them(builder: Builds) -> None:
    names = ("METADATA", "RECORD", "WHEEL")
    files = {f"{FOLDER}/six-1.16.0.dist-info/{name}": "" for name in names}
    builder.write(**files, **{f"{FOLDER}/six__py": "", "node_modules/lib/x__dist-info/METADATA": ""})
    info = f"{FOLDER}/six-1.16.0.dist-info"
    assert DiskTree(builder.project, IGNORED_FOLDERS).files() == [f"{info}/METADATA", f"{info}/WHEEL"]
