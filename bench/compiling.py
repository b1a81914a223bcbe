"""The time that a long `web.config` takes from its bytes to a site that routes, each in a new interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.processes import ContenderError, run_to_end
from bench.report import CaseResult, Failure, Quantity
from bench.webconfigs import long_file
from bench.workplace import ROOT, Workplace

__all__ = ["COMPILE_BAR_MS", "LINES", "NAME", "measure_compiling"]

NAME = "compile"
TITLE = "a web.config of 1,000 lines, parsed and compiled"
LINES = 1000
COMPILE_BAR_MS = 50.0
_ONCE = """
import sys, time
from webstead.formats.webconfig import compile_site, parse
data = open(sys.argv[1], "rb").read()
began = time.perf_counter()
compile_site([("", parse(data, "web.config"))])
print((time.perf_counter() - began) * 1000)
"""


def measure_compiling(place: Workplace, *, runs: int) -> CaseResult:
    ours = "webstead"
    file = place.folder / "web.config"
    file.write_text(long_file(LINES), encoding="utf-8")
    try:
        times = tuple(_one(file) for _ in range(runs))
    except (ContenderError, ValueError) as error:
        return CaseResult(NAME, TITLE, ours, failures=(Failure(NAME, ours, str(error)),))
    quantity = Quantity("parsed and compiled", "ms", times, COMPILE_BAR_MS)
    return CaseResult(NAME, TITLE, ours, quantities=(quantity,))


def _one(file: Path) -> float:
    """Milliseconds. Importing the modules is not in it."""
    words = (sys.executable, "-c", _ONCE, str(file))
    return float(run_to_end(words, environment={"PYTHONPATH": str(ROOT / "src")}))
