"""The time of `webstead plan` on a tree of 10,000 files, from the command to its last word."""

from __future__ import annotations

import time
from pathlib import Path

from bench.contenders import webstead, webstead_environment
from bench.processes import ContenderError, run_to_end
from bench.report import CaseResult, Failure, Quantity
from bench.workplace import Workplace

__all__ = ["FILES", "NAME", "PLAN_BAR_SECONDS", "measure_planning"]

NAME = "plan"
FILES = 10_000
PLAN_BAR_SECONDS = 1.0
TITLE = f"webstead plan on {FILES:,} files"
_MODULE = '"""Module {number} of a large project."""\n\nfrom flask import Blueprint, jsonify\n\n{body}'
_BODY = '''
page_{n} = Blueprint("page_{n}", __name__)


@page_{n}.get("/{n}")
def answer_{n}():
    """One of many views."""
    numbers = [number * {n} for number in range(10)]
    return jsonify(numbers=numbers, total=sum(numbers))
'''


def measure_planning(place: Workplace, *, runs: int) -> CaseResult:
    ours = "webstead plan"
    project = place.folder / "large"
    _write(project)
    try:
        times = tuple(_one(place, project) for _ in range(runs))
    except (ContenderError, OSError) as error:
        return CaseResult(NAME, TITLE, ours, failures=(Failure(NAME, ours, str(error)),))
    return CaseResult(
        NAME, TITLE, ours, quantities=(Quantity("from start to end", "s", times, PLAN_BAR_SECONDS),)
    )


def _write(project: Path) -> None:
    """A third Python (all of which imports the framework), the rest pages, pictures and data."""
    project.mkdir()
    (project / "requirements.txt").write_text("flask\n")
    (project / "app.py").write_text("from flask import Flask\n\napp = Flask(__name__)\n")
    for number in range(FILES - 2):
        folder = project / f"part{number % 100}" / f"sub{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        kind, text = (
            (".py", _MODULE.format(number=number, body=_BODY.format(n=number)))
            if number % 3 == 0
            else ((".html", "<p>page</p>\n" * 20) if number % 3 == 1 else (".json", "{}\n"))
        )
        (folder / f"file{number}{kind}").write_text(text)


def _one(place: Workplace, project: Path) -> float:
    began = time.perf_counter()
    run_to_end(webstead("plan", str(project)), environment=webstead_environment(place))
    return time.perf_counter() - began
