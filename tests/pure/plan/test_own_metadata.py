"""An app that asks for its project's own metadata gets it; others get no step for it."""

from __future__ import annotations

import pytest

from webstead.plan import make_plan
from webstead.plan.model import InstallStep
from webstead.project import MemoryTree

PROJECT = '[project]\nname = "tea-house"\nversion = "1.2"\ndependencies = ["flask"]\n'
FLASK = "from flask import Flask\napp = Flask('x')\n"
PYRAMID = "from pyramid.config import Configurator\napp = Configurator().make_wsgi_app()\n"


def step_of(files: dict[str, str]) -> InstallStep | None:
    steps = make_plan(MemoryTree({"pyproject.toml": PROJECT, **files})).install
    return next((step for step in steps if step.kind == "metadata"), None)


@pytest.mark.parametrize(
    ("files", "where"),
    [
        (
            {"app.py": f"from importlib.metadata import version\n{FLASK}v = version('tea-house')\n"},
            "app.py:4",
        ),
        (
            {"app.py": f"from importlib import metadata\n{FLASK}v = metadata.version('Tea_House')\n"},
            "app.py:4",
        ),
        (
            {"app.py": f"import importlib.metadata\n{FLASK}v = importlib.metadata.version('tea.house')\n"},
            "app.py:4",
        ),
        (
            {"app.py": f"import pkg_resources\n{FLASK}v = pkg_resources.get_distribution('tea-house')\n"},
            "app.py:4",
        ),
        (
            {
                "src/tea_house/__init__.py": "import importlib.metadata as m\nv = m.version(__name__)\n",
                "src/tea_house/web.py": FLASK,
            },
            "src/tea_house/__init__.py:2",
        ),
        (
            {
                "app.py": f"import about\n{FLASK}",
                "about.py": "import importlib_metadata as m\nm.version('tea-house')\n",
            },
            "about.py:2",
        ),
        ({"wsgi.py": PYRAMID, "production.ini": "[app:main]\nuse = egg:tea-house\n"}, "production.ini:2"),
        (
            {"wsgi.py": PYRAMID, "production.ini": "[app:main]\nuse = egg:Tea_House#main\n"},
            "production.ini:2",
        ),
    ],
)
def test_what_asks_for_it_is_the_evidence(files: dict[str, str], where: str) -> None:
    step = step_of(files)
    assert step is not None
    assert step.words[:2] == ("tea-house", "1.2")
    assert [evidence.where for evidence in step.evidence] == [where]


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": FLASK},
        {"app.py": f"from importlib.metadata import version\n{FLASK}v = version('flask')\n"},
        {
            "app.py": FLASK,
            "tests/test_app.py": f"from importlib.metadata import version\n{FLASK}version('tea-house')\n",
        },
        {"wsgi.py": PYRAMID, "production.ini": "[app:main]\nuse = egg:waitress\n"},
        {
            "pyproject.toml": "[tool.black]\n",
            "app.py": f"from importlib.metadata import version\n{FLASK}v = version('tea-house')\n",
        },
    ],
)
def test_an_app_that_does_not_ask_has_no_such_step(files: dict[str, str]) -> None:
    assert step_of(files) is None


def test_entry_points_are_its_words() -> None:
    points = (
        '[project.scripts]\nbrew = "app:main"\n[project.entry-points."tea.kinds"]\ngreen = "kinds:Green"\n'
    )
    code = f"from importlib.metadata import version\n{FLASK}v = version('tea-house')\n"
    step = step_of({"pyproject.toml": PROJECT + points, "app.py": code})
    assert step is not None
    assert step.words[2:] == ("[console_scripts]", "brew = app:main", "[tea.kinds]", "green = kinds:Green")
