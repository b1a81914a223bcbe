"""Each lock, installed by the real uv from the real package index."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Protocol

import pytest
import uv

from tests import lock_texts
from webstead.build import Environment
from webstead.effects import RecordingRunner, run
from webstead.effects.files import DiskTree
from webstead.errors import BuildError
from webstead.plan.install import install_steps
from webstead.plan.model import InstallStep, PythonChoice
from webstead.project import read_project
from webstead.project.tree import IGNORED_FOLDERS

INSTALLED = (
    "import importlib.metadata as m; print(sorted(d.name + ' ' + d.version for d in m.distributions()))"
)


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    runner: RecordingRunner
    environ: dict[str, str]

    def write(self, **files: str) -> None: ...

    def environments(self) -> list[str]: ...

    def says(self, environment: Environment, source: str) -> str: ...

    def build(self, *steps: InstallStep) -> Environment: ...


def steps(project: Path) -> list[InstallStep]:
    """As a plan has them, without the environment's own."""
    read = read_project(DiskTree(project, IGNORED_FOLDERS))
    python = PythonChoice(sys.executable, "cpython")
    return [step for step in install_steps(read, python, None, None) if step.kind != "environment"]


TINY = (
    '[project]\nname = "tiny"\nversion = "1"\ndescription = "."\n'
    '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
)
PROJECTS = {
    "poetry.lock": {"pyproject__toml": lock_texts.POETRY, "poetry__lock": lock_texts.POETRY_LOCK},
    "pdm.lock": {"pyproject__toml": lock_texts.PDM, "pdm__lock": lock_texts.PDM_LOCK},
    "pipfile.lock": {"Pipfile": lock_texts.PIPFILE, "Pipfile__lock": lock_texts.PIPFILE_LOCK},
    "pylock": {"pylock__toml": lock_texts.PYLOCK},
}


@pytest.mark.parametrize("kind", PROJECTS)
def test_a_lock_is_installed_as_it_is_and_unchanged_builds_nothing(builder: Builds, kind: str) -> None:
    builder.write(**PROJECTS[kind])
    (step,) = steps(builder.project)
    assert step.kind == kind
    before = {path.name: path.read_bytes() for path in builder.project.iterdir()}
    environment = builder.build(step)
    assert builder.says(environment, INSTALLED) == "['six 1.16.0']"
    assert {path.name: path.read_bytes() for path in builder.project.iterdir()} == before
    assert builder.build(step) == environment
    assert builder.runner.calls == []
    builder.write(**{name: remarked(name, text) for name, text in PROJECTS[kind].items()})
    assert builder.build(*steps(builder.project)) == environment
    assert builder.runner.calls == []


def remarked(name: str, text: str) -> str:
    """The file with a comment more, or, in JSON, which has none, with other indents."""
    return json.dumps(json.loads(text)) if name == "Pipfile__lock" else f"# A remark.\n\n{text}"


def test_a_file_that_is_not_the_locked_one_is_refused(builder: Builds) -> None:
    lock = lock_texts.POETRY_LOCK.replace("sha256:8abb", "sha256:0000").replace("sha256:1e61", "sha256:0000")
    builder.write(pyproject__toml=lock_texts.POETRY, poetry__lock=lock)
    with pytest.raises(BuildError) as caught:
        builder.build(*steps(builder.project))
    assert caught.value.what == "The file of six==1.16.0 is not the one that its hash names"
    assert builder.environments() == []


def test_a_lock_that_lacks_a_package_is_refused_with_the_command_that_mends_it(builder: Builds) -> None:
    asked = lock_texts.PDM.replace('"six==1.16.0"', '"six>=1.17", "attrs"')
    builder.write(pyproject__toml=asked, pdm__lock=lock_texts.PDM_LOCK)
    with pytest.raises(BuildError) as caught:
        builder.build(*steps(builder.project))
    assert caught.value.what == "pdm.lock does not fit pyproject.toml"
    assert caught.value.found.splitlines() == [
        "pyproject.toml:5: attrs, and pdm.lock has no attrs",
        "pyproject.toml:5: six>=1.17, and pdm.lock has six 1.16.0",
    ]
    assert caught.value.fix == f"Run `pdm lock` in {builder.project}."


def test_a_lock_that_cannot_be_read_builds_nothing(builder: Builds) -> None:
    builder.write(Pipfile__lock="{}")
    with pytest.raises(BuildError, match=r"Pipfile\.lock cannot be installed from"):
        builder.build(*steps(builder.project))


def test_a_folder_of_the_project_is_installed_from_its_lock_and_anew_when_it_changes(builder: Builds) -> None:
    builder.write(
        **{
            "libs/tiny/pyproject__toml": TINY,
            "libs/tiny/tiny__py": '"""Tiny."""\nVALUE = 1\n',
            "Pipfile__lock": '{"default": {"tiny": {"path": "./libs/tiny"}}}',
        }
    )
    first = builder.build(*steps(builder.project))
    assert builder.says(first, "import tiny; print(tiny.VALUE)") == "1"
    builder.write(**{"libs/tiny/tiny__py": '"""Tiny."""\nVALUE = 22\n'})
    second = builder.build(*steps(builder.project))
    assert builder.says(second, "import tiny; print(tiny.VALUE)") == "22"


def test_uv_exports_what_is_installed(builder: Builds) -> None:
    builder.write(pyproject__toml=lock_texts.PDM)
    for words in (["lock"], ["export", "--format", "pylock.toml", "--no-dev", "-o", "pylock.toml"]):
        done = run([uv.find_uv_bin(), *words], cwd=builder.project, env=dict(os.environ), timeout=60)
        assert done.code == 0, done.tail
    (builder.project / "uv.lock").unlink()
    environment = builder.build(*steps(builder.project))
    assert builder.says(environment, INSTALLED) == "['six 1.16.0']"


def test_a_lock_for_another_python_is_refused(builder: Builds) -> None:
    lock = lock_texts.POETRY_LOCK.replace('python-versions = "^3.11"', 'python-versions = "~3.9"')
    builder.write(poetry__lock=lock)
    with pytest.raises(BuildError, match=r"poetry\.lock is made for Python ~3\.9, and the site's is 3\."):
        builder.build(*steps(builder.project))
    assert builder.environments() == []


def test_a_lock_in_a_folder_installs_what_is_beside_it(builder: Builds) -> None:
    builder.write(
        **{
            "backend/app__py": "",
            "backend/libs/tiny/pyproject__toml": TINY,
            "backend/libs/tiny/tiny__py": '"""Tiny."""\nVALUE = 1\n',
            "backend/Pipfile__lock": '{"default": {"tiny": {"path": "./libs/tiny", "editable": true}}}',
        }
    )
    environment = builder.build(*steps(builder.project))
    place = builder.project / "backend/libs/tiny/tiny.py"
    assert builder.says(environment, "import tiny; print(tiny.__file__)") == str(place)
