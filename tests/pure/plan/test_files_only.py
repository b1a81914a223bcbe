"""Which projects without an app ask for none: their files are what is served."""

from __future__ import annotations

import pytest

from webstead.errors import PlanError
from webstead.plan import make_plan, start_or_files
from webstead.plan.model import Plan
from webstead.project.tree import MemoryTree

HANDLER = """<configuration><system.webServer><handlers>
  <add name="p" path="*" verb="*" modules="FastCgiModule" scriptProcessor="python.exe|wfastcgi.py" />
</handlers></system.webServer></configuration>"""

FILES_ONLY: tuple[dict[str, str], ...] = (
    {},
    {"index.html": "hello"},
    {"docs/a.pdf": "", "style.css": ""},
    {"App_Data/jobs/triggered/nightly/run.py": "print(1)"},
    {"App_Data/jobs/triggered/nightly/run.py": "print(1)", "requirements.txt": "requests"},
    {"index.html": "hello", "make_pages.py": "print(1)"},
    {"index.html": "hello", "package.json": "{}"},
    {"index.html": "hello", "tests/test_pages.py": "import flask"},
    {"readme.txt": "", "test_it.py": "import os"},
    {"web.config": "<configuration/>", "index.html": ""},
)

WANTS_AN_APP: tuple[dict[str, str], ...] = (
    {"requirements.txt": "flask"},
    {"pyproject.toml": "[project]\nname='x'\nversion='1'\n", "index.html": "hello"},
    {"app.py": "x = 1\n", "index.html": "hello"},
    {"tool.py": "x = 1\n"},
    {"main.py": "def (:\n", "index.html": ""},
    {"Procfile": "worker: python x.py\n", "app.py": "x = 1"},
    {"package.json": "{}", "server.js": ""},
    {"notes.ipynb": "{}"},
    {"app.zip": ""},
    {"shop/factory.py": "from flask import Flask\ndef f(a, b):\n    return Flask(__name__)\n"},
    {"web.config": HANDLER, "index.html": ""},
    {
        "App_Data/jobs/triggered/nightly/run.py": "print(1)",
        "requirements.txt": "requests",
        "app.py": "x = 1\n",
    },
)


def plan_of(files: dict[str, str]) -> Plan:
    return make_plan(MemoryTree({path: text.encode() for path, text in files.items()}))


@pytest.mark.parametrize("files", FILES_ONLY, ids=lambda files: " ".join(files) or "nothing")
def test_what_asks_for_no_start_is_served_as_files(files: dict[str, str]) -> None:
    plan = plan_of(files)
    assert plan.files_only
    assert plan.start is None
    assert not start_or_files(plan)


@pytest.mark.parametrize("files", WANTS_AN_APP, ids=" ".join)
def test_what_looks_like_an_app_is_told_why_it_has_no_start(files: dict[str, str]) -> None:
    plan = plan_of(files)
    assert not plan.files_only
    with pytest.raises(PlanError):
        start_or_files(plan)


def test_an_app_is_no_site_of_files() -> None:
    plan = plan_of({"app.py": "def app(environ, start_response):\n    return []\n", "index.html": ""})
    assert not plan.files_only
    assert start_or_files(plan)


def test_what_was_deployed_without_an_app_goes_on_so() -> None:
    assert not start_or_files(plan_of({"requirements.txt": "flask"}), deployed_without=True)


def test_a_configuration_that_starts_what_is_not_there_is_an_error_whatever_was_deployed() -> None:
    with pytest.raises(PlanError):
        start_or_files(plan_of({"web.config": HANDLER}), deployed_without=True)


def test_the_placeholder_is_a_default_document_over_which_the_project_s_own_file_lies() -> None:
    plan = plan_of({"web.config": "<configuration/>", "index.html": ""})
    assert plan.webconfig is not None
    assert "hostingstart.html" in plan.webconfig.text
    assert [config.text for config in plan.nested] == ["<configuration/>"]
