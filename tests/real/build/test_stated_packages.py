"""Manifests that are converted for uv, built for real."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.build.conftest import Builder
from webstead.effects import run
from webstead.errors import BuildError
from webstead.plan.model import InstallStep
from webstead.project import Evidence

APP = "import six\ndef application(environ, start_response): ...\n"
SETUP = "from setuptools import setup\nsetup(name='shop', version='1', py_modules=[], install_requires={})\n"
POETRY = """[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.9"
six = "~1.16"
idna = { version = "^3", python = "<3.0" }
local = { path = "libs/local" }
[tool.poetry.group.dev.dependencies]
no-such-package-of-developers = "*"
"""
LOCAL = """[project]
name = "local"
version = "1"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[tool.hatch.build.targets.wheel]
include = ["local.py"]
"""
DYNAMIC = '[project]\nname = "shop"\nversion = "1"\ndynamic = ["dependencies"]\n'


@dataclass
class Site:
    folder: Path
    cache: Path

    def build(self) -> list[dict[str, object]]:
        """What the build did, as events."""
        done = run(
            [sys.executable, "-m", "webstead", "build", str(self.folder), "--json"],
            cwd=self.folder,
            env={**os.environ, "WEBSTEAD_CACHE_DIR": str(self.cache)},
            timeout=100,
        )
        assert done.code == 0, done.tail
        return [json.loads(line) for line in done.tail if line.startswith("{")]

    def installed(self) -> set[str]:
        names = (path.name for path in self.cache.glob("environments/*/lib/*/site-packages/*.dist-info"))
        return {name.partition("-")[0] for name in names}


@pytest.mark.parametrize(
    ("kind", "files", "installed"),
    [
        (
            "poetry",
            {
                "pyproject.toml": POETRY,
                "libs/local/pyproject.toml": LOCAL,
                "libs/local/local.py": '"""It."""\n',
            },
            {"six", "local"},
        ),
        ("pipfile", {"Pipfile": '[packages]\nsix = "==1.16.0"\n[dev-packages]\nno-such = "*"\n'}, {"six"}),
        ("setup", {"setup.py": SETUP.format("['six']")}, {"six"}),
        ("setup", {"setup.py": SETUP.format("['si' + n for n in 'x']")}, {"six"}),
        ("setup", {"setup.cfg": "[options]\ninstall_requires =\n    six\n"}, {"six"}),
        (
            "pyproject",
            {
                "pyproject.toml": DYNAMIC + '[tool.setuptools.dynamic]\ndependencies = { file = "in.txt" }\n',
                "in.txt": "six\n",
            },
            {"six"},
        ),
        (
            "pyproject",
            {"pyproject.toml": '[tool.flit.metadata]\nmodule = "x"\nrequires = ["six"]\n'},
            {"six"},
        ),
    ],
    ids=["poetry", "pipfile", "setup.py", "setup.py computed", "setup.cfg", "dynamic", "flit"],
)
def test_it_is_installed_and_nothing_else(
    kind: str, files: dict[str, str], installed: set[str], tmp_path: Path
) -> None:
    site = Site(tmp_path / "shop", tmp_path / "cache")
    for name, text in {**files, "app.py": APP}.items():
        path = site.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before = sorted(path.name for path in site.folder.rglob("*") if path.name != "__pycache__")
    events = site.build()
    assert any(event.get("step") == kind for event in events)
    assert site.installed() == installed
    assert sorted(path.name for path in site.folder.rglob("*") if path.name != "__pycache__") == before


def test_a_requirements_file_in_other_words_and_encodings(builder: Builder) -> None:
    """What pip reads and uv does not: latin-1, a folder of wheels without `./`, pip's own options."""
    builder.write(
        requirements__txt="-r deploy/more.txt\n--find-links deploy/wheels\n"
        "six --config-settings=a=b\npkg-resources==0.0.0\n"
    )
    (builder.project / "deploy" / "wheels").mkdir(parents=True)
    (builder.project / "deploy" / "more.txt").write_bytes("idna  # für alle\n".encode("latin-1"))
    inputs = ("requirements.txt", "deploy/more.txt")
    environment = builder.build(InstallStep("requirements", "Install", "requirements.txt", (), inputs))
    assert builder.says(environment, "import six, idna; print('both')") == "both"


def test_a_requirements_file_that_is_not_there_fails_with_who_names_it(builder: Builder) -> None:
    named = Evidence("gone.txt", 0, "CUSTOM_REQUIREMENTSTXT_PATH of build.env:1 names it")
    step = InstallStep("requirements", "Install gone.txt", "gone.txt", (), ("gone.txt",), (named,))
    with pytest.raises(BuildError) as caught:
        builder.build(step)
    assert caught.value.what == "The file gone.txt is missing"
    assert "CUSTOM_REQUIREMENTSTXT_PATH of build.env:1 names it" in caught.value.found
