"""The time from `webstead up --no-build` to the app's first answer, on the Flask example."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from bench.cases import STARTUP_BAR_SECONDS
from bench.contenders import webstead, webstead_environment
from bench.processes import ContenderError, run_to_end, running, wait_until
from bench.report import CaseResult, Failure, Quantity
from bench.workplace import Workplace, free_port

__all__ = ["NAME", "measure_startup"]

NAME = "startup"
TITLE = "webstead up --no-build on the Flask example"
EXAMPLE = "flask-guestbook"


def measure_startup(place: Workplace, *, runs: int) -> CaseResult:
    try:
        seconds = _all_runs(place, runs)
    except (ContenderError, OSError) as error:
        return CaseResult(NAME, TITLE, "webstead up", failures=(Failure(NAME, "webstead up", str(error)),))
    quantity = Quantity("time to the first answer", "s", seconds, STARTUP_BAR_SECONDS)
    return CaseResult(NAME, TITLE, "webstead up", quantities=(quantity,))


def _all_runs(place: Workplace, runs: int) -> tuple[float, ...]:
    project = str(place.copy_of_example(EXAMPLE))
    run_to_end(webstead("build", project), environment=webstead_environment(place))
    return tuple(_one(place, project, turn) for turn in range(runs))


def _one(place: Workplace, project: str, turn: int) -> float:
    port = free_port()
    words = webstead("up", project, "--port", str(port), "--no-build")
    log = place.run / f"startup-{turn}.log"
    began = time.perf_counter()
    environment = webstead_environment(place)
    with running(NAME, words, directory=place.folder, log=log, environment=environment) as server:
        wait_until(server, lambda: _answers(f"http://127.0.0.1:{port}/"), "answer")
        return time.perf_counter() - began


def _answers(url: str) -> bool:
    """Whether the app itself answers: a page that says it is not ready yet does not count."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200 and b"Guestbook" in answer.read())
    except (OSError, urllib.error.URLError):
        return False
