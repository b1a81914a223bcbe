"""Byte code is written by Python, kept by package, and lent to the next environment with that package."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from webstead.build import Environment
from webstead.build.bytecode import ONLY_INTO_THE_ENVIRONMENT, keep
from webstead.build.environment import site_packages
from webstead.plan.model import InstallStep
from webstead.settings import Setting

REQUIREMENTS = InstallStep("requirements", "Install requirements.txt", path="requirements.txt")


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    cache: Path

    def write(self, **files: str) -> None: ...

    def build(self, *steps: InstallStep, settings: Sequence[Setting] = ()) -> Environment: ...

    def says(self, environment: Environment, source: str, **variables: str) -> str: ...


@pytest.fixture
def built(builder: Builds) -> Environment:
    builder.write(requirements__txt="six\nclick\n")
    environment = builder.build(REQUIREMENTS)
    builder.says(environment, "import six, click", PYTHONDONTWRITEBYTECODE="")
    keep(environment, builder.cache)
    return environment


def compiled(environment: Environment) -> set[Path]:
    (site,) = site_packages(environment.prefix)
    return {path.relative_to(site) for path in site.glob("**/*.pyc") if "pip" not in path.parts}


def test_nothing_is_compiled_before_it_is_imported(builder: Builds) -> None:
    builder.write(requirements__txt="six\n")
    assert not any("six" in path.name for path in compiled(builder.build(REQUIREMENTS)))


def test_another_environment_gets_what_was_compiled_for_its_packages(
    builder: Builds, built: Environment
) -> None:
    builder.write(requirements__txt="click\n")
    other = builder.build(REQUIREMENTS)
    assert other.prefix != built.prefix
    names = {path.name.partition(".")[0] for path in compiled(other)}
    assert "core" in names
    assert "six" not in names


def test_what_is_lent_is_used_as_it_is(builder: Builds, built: Environment) -> None:
    builder.write(requirements__txt="# again\nsix\n")
    other = builder.build(REQUIREMENTS)
    (before,) = (site_packages(other.prefix)[0] / "__pycache__").glob("six.*.pyc")
    inode = before.stat().st_ino
    builder.says(other, "import six", PYTHONDONTWRITEBYTECODE="")
    assert before.stat().st_ino == inode


def test_a_script_writes_byte_code_into_the_environment_only(builder: Builds) -> None:
    builder.write(
        requirements__txt="six\n",
        manage__py="import sys, six, own; print(__name__, sys.argv, own.X, sys.path[0])\n",
        own__py="X = 1\n",
    )
    environment = builder.build(REQUIREMENTS)
    words = [str(environment.python), "-c", ONLY_INTO_THE_ENVIRONMENT, "manage.py", "a", "-b"]
    done = subprocess.run(words, cwd=builder.project, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"__main__ ['manage.py', 'a', '-b'] 1 {builder.project}"
    assert not (builder.project / "__pycache__").exists()
    assert any("six" in path.name for path in compiled(environment))


def test_a_record_that_leaves_the_environment_leads_nowhere(builder: Builds, built: Environment) -> None:
    (site,) = site_packages(built.prefix)
    record = next(site.glob("six-*.dist-info")) / "RECORD"
    outside = builder.project / "__pycache__"
    outside.mkdir()
    (outside / "evil.cpython-311.pyc").write_bytes(b"x")
    record.write_text(
        f"../../../../../../{builder.project.name}/evil.py,sha256=x,1\n{builder.project}/evil.py,a,1\n"
    )
    keep(built, builder.cache)
    assert not list((builder.cache / "bytecode").glob("**/evil*"))
