"""Many sites in one server: what they cost while nobody asks them, and whether the last answers as the
first."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

from bench.processes import ContenderError
from bench.report import CaseResult, Failure, Quantity
from bench.sites import APP_BODY, Server, served
from bench.workplace import Workplace

__all__ = ["IDLE", "LAST_BAR", "MEMORY_BAR_MB", "SITES", "measure_idling"]

IDLE = "idle"
SITES = 500
MEMORY_BAR_MB = 1000.0
LAST_BAR = 1.2
"""The last site's answers, in the first's time: the same, but for what the machine does meanwhile."""

_ASKED = 200
_APP = f"def app(environ, start_response):\n    start_response('200 OK', [])\n    return [{APP_BODY!r}]\n"


def measure_idling(place: Workplace, *, quick: bool, say: Callable[[str], None]) -> CaseResult:
    """quick: a fiftieth of the sites."""
    sites = SITES // 50 if quick else SITES
    title, ours = f"{sites} sites in one server, each deployed to, none asked", "webstead serve"
    try:
        with served(place) as server:
            memory, cold, warm = _all(place, server, sites, say)
    except (ContenderError, OSError) as error:
        return CaseResult(IDLE, title, ours, failures=(Failure(IDLE, ours, str(error)),))
    return CaseResult(
        *(IDLE, title, ours),
        quantities=(
            Quantity("memory of the server, its front and its management", "MB", (memory,), MEMORY_BAR_MB),
            Quantity("first answer of the last site, in the first's time", "", (cold,), LAST_BAR),
            Quantity("further answers of the last site, in the first's time", "", (warm,), LAST_BAR),
        ),
    )


def _all(
    place: Workplace, server: Server, sites: int, say: Callable[[str], None]
) -> tuple[float, float, float]:
    package = _package(place.folder / "app.zip")
    for number in range(sites):
        server.create(f"site{number}")
        server.deploy(f"site{number}", package)
        if number % 50 == 49:
            say(f"{IDLE} {number + 1}/{sites} sites")
    memory = _memory(server)
    first, last = "site0", f"site{sites - 1}"
    cold = [server.ask(each) for each in (first, last)]
    warm = _in_turns(server, first, last)
    return memory, cold[1] / cold[0], warm[1] / warm[0]


def _in_turns(server: Server, first: str, last: str) -> tuple[float, float]:
    """Medians, the two asked one after the other."""
    times = [(server.ask(first), server.ask(last)) for _ in range(_ASKED)]
    return median(each for each, _ in times), median(each for _, each in times)


def _memory(server: Server) -> float:
    """Resident MB (of 10^6 bytes) of all processes of the server; pages that they share count for each."""
    root = psutil.Process(server.running.process.pid)
    return float(sum(each.memory_info().rss for each in (root, *root.children(recursive=True)))) / 1e6


def _package(file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", _APP)
    return file
