"""Which of several apps is served: each rule alone."""

from __future__ import annotations

import pytest

from webstead.plan.choice import choose
from webstead.project import MemoryTree, read_project

FLASK = "from flask import Flask\n"
APP = FLASK + "app = Flask('x')\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


def verdict(files: dict[str, str]) -> tuple[str | None, dict[str, str]]:
    found = choose(read_project(MemoryTree(files)))
    return found.winner.target if found.winner else None, {c.target: why for c, why in found.losers}


@pytest.mark.parametrize(
    ("files", "winner", "loser", "why"),
    [
        ({"app.py": APP, "tests/app.py": APP}, "app:app", "app:app", "tests/"),
        ({"a.py": APP, "b.py": APP, "Dockerfile": "CMD gunicorn b:app\n"}, "b:app", "a:app", "Dockerfile:1"),
        (
            {"a.py": APP, "b.py": FASTAPI, "requirements.txt": "fastapi\n"},
            "b:app",
            "a:app",
            "not in the requirements",
        ),
        ({"a.py": APP, "b.py": "import a\n" + FASTAPI}, "b:app", "a:app", "b.py imports it"),
        ({"a.py": APP, "tools/b/c.py": APP}, "a:app", "c:app", "a program of its own in tools/b/"),
        ({"a.py": APP, "wsgi.py": FASTAPI}, "wsgi:app", "a:app", "wsgi.py is by its name"),
        (
            {"a.py": APP, "b.py": FLASK + "def create_app():\n return Flask('y')\n"},
            "a:app",
            "b:create_app()",
            "no call",
        ),
        ({"a.py": APP + "other = Flask('y')\n"}, "a:app", "a:other", "usual name"),
        ({"a.py": APP, "main.py": FASTAPI}, "main:app", "a:app", "main.py beside it"),
        ({"a.py": APP + "application = app\n"}, "a:app", "a:application", "same app"),
        (
            {"wsgi.py": "from a import app\napplication = app\n", "a.py": APP},
            "wsgi:application",
            "a:app",
            "same app",
        ),
        ({"a.py": APP + "app.run()\n", "wsgi.py": "from a import app\n"}, "wsgi:app", "a:app", "line 3"),
    ],
)
def test_each_rule(files: dict[str, str], winner: str, loser: str, why: str) -> None:
    found, losers = verdict(files)
    assert found == winner
    assert why in losers[loser]


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": APP, "b.py": APP},
        {"main.py": FASTAPI, "app/main.py": "from app.db import x\n" + FASTAPI, "app/db.py": ""},
        {"app.py": APP, "main.py": FASTAPI},
        {"api/main.py": FASTAPI, "worker/main.py": FASTAPI},
        {"a.py": APP, "b.py": APP, "Dockerfile": "CMD gunicorn a:app\n", "start.sh": "gunicorn b:app\n"},
        {},
    ],
)
def test_equal_apps_are_never_chosen_from_in_silence(files: dict[str, str]) -> None:
    winner, _ = verdict(files)
    assert winner is None


def test_a_managed_django_project_is_the_app() -> None:
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 's')\n",
        "site1/__init__.py": "",
        "site1/wsgi.py": "from django.core.wsgi import get_wsgi_application as get\napplication = get()\n",
        "bot.py": APP,
    }
    winner, losers = verdict(files)
    assert winner == "site1.wsgi:application"
    assert losers["bot:app"] == "manage.py makes this a Django project"
