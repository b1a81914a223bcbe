"""Projects of thousands of apps, scripts, routes and mentions are asked about in a moment: each of these
took minutes when a rule compared all with all."""

from __future__ import annotations

import pytest

from webstead.plan import Overrides, make_plan
from webstead.project import MemoryTree

FASTAPI = "from fastapi import FastAPI\n"
APP = FASTAPI + "app = FastAPI()\n"
MANY = 2000


@pytest.mark.parametrize(
    "files",
    [
        {f"m{n}.py": APP for n in range(MANY)},
        {f"m{n}.py": f"import m{n + 1}\n{APP}" for n in range(MANY)},
        {"m.py": FASTAPI + "".join(f"a{n} = FastAPI()\n" for n in range(MANY * 5))},
        {f"s{n}.py": "import streamlit as st\nst.write(1)\n" for n in range(MANY)},
        {
            **{f"m{n}.py": APP for n in range(50)},
            "Makefile": "".join(f"\tgunicorn m{n % 50}:app\n" for n in range(9999)),
        },
    ],
)
def test_thousands_are_asked_about(files: dict[str, str]) -> None:
    plan = make_plan(MemoryTree(files), Overrides(running="3.12"))
    assert plan.start is None
    (question,) = plan.questions
    assert "fit equally well" in question.text
    assert len(question.answers) == 20


def test_thousands_of_routes_are_told_in_one_warning() -> None:
    route = "from core import app\n@app.get('/')\ndef x(): ...\n"
    files = {"core.py": APP, **{f"views{n}.py": route for n in range(MANY)}}
    plan = make_plan(MemoryTree(files), Overrides(running="3.12"))
    assert plan.start is not None
    assert len([warning for warning in plan.warnings if "adds to" in warning.text]) == 1


@pytest.mark.parametrize(
    "line", ["cd " * 20000, "python " * 20000, "a:" * 50000, "FLASK_APP=" + "a." * 50000]
)
def test_long_lines_are_read_at_once(line: str) -> None:
    for words in (line, f"flask --app {line}", f"WSGIPath: {line}", line.replace(" ", "/")):
        plan = make_plan(MemoryTree({"start.sh": words + "\n", "app.py": APP}), Overrides(running="3.12"))
        assert plan.start is not None
