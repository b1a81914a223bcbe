"""The bench's command line, started by `scripts/bench`; `scripts/bench --help` lists the options."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.building import COLD, WARM, measure_building
from bench.cases import CASES
from bench.compiling import NAME as COMPILE
from bench.compiling import measure_compiling
from bench.deploying import DEPLOY, measure_deploying
from bench.growth import NAME as GROWTH
from bench.growth import measure_growth
from bench.idling import IDLE, measure_idling
from bench.machine import machine_facts
from bench.measure import measure
from bench.packing import PACK, measure_packing
from bench.planning import NAME as PLAN
from bench.planning import measure_planning
from bench.report import CaseResult, as_json, as_table, busy, missed
from bench.startup import NAME as STARTUP
from bench.startup import measure_startup
from bench.workplace import ROOT, Workplace

__all__ = ["main"]

NAMES = [*(case.name for case in CASES), STARTUP, COMPILE, GROWTH, COLD, WARM, PACK, PLAN, DEPLOY, IDLE]
RESULTS = ROOT / "bench" / "results" / "latest.json"


def main(words: Sequence[str] | None = None) -> int:
    """0: all ran (and, with --check, every bar was reached); 1: a contender failed, or a bar was missed."""
    options = _parser().parse_args(words)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM)
    )  # so that what was started is stopped
    runs, seconds = (1, 1) if options.quick else (options.runs, options.seconds)
    load, machine = os.getloadavg()[0], machine_facts()
    results = [_perform(name, runs, seconds, options.quick) for name in options.only or NAMES]
    print(as_table(results), end="")
    if warning := busy(load, len(os.sched_getaffinity(0))):
        print(f"\n{warning}")
    _write(options.json, json.dumps(as_json(results, machine), indent=2, ensure_ascii=False) + "\n")
    failed = any(result.failures for result in results)
    return 1 if failed or (options.check and missed(results)) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Webstead beside its alternatives, in turns."
    )
    parser.add_argument("--runs", type=_positive, default=5, help="turns of each contender (default 5)")
    parser.add_argument("--seconds", type=_positive, default=3, help="seconds of each load (default 3)")
    parser.add_argument(
        "--only", action="append", choices=NAMES, help="only this case; may be given several times"
    )
    parser.add_argument("--quick", action="store_true", help="one turn of one second: does everything run?")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the JSON goes")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _perform(name: str, runs: int, seconds: int, quick: bool) -> CaseResult:
    """One case in a temporary folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="webstead-bench-") as folder:
        place = Workplace.at(Path(folder))
        if name == STARTUP:
            return measure_startup(place, runs=runs)
        if name == COMPILE:
            return measure_compiling(place, runs=runs)
        if name == GROWTH:
            return measure_growth(place, quick=quick)
        if name in (COLD, WARM):
            return measure_building(name, place, runs=runs, say=_say)
        if name == PACK:
            return measure_packing(place, runs=runs, say=_say)
        if name == PLAN:
            return measure_planning(place, runs=runs)
        if name == DEPLOY:
            return measure_deploying(place, runs=runs, quick=quick, say=_say)
        if name == IDLE:
            return measure_idling(place, quick=quick, say=_say)
        case = next(case for case in CASES if case.name == name)
        return measure(case, place, runs=runs, seconds=seconds, say=_say)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"\nEvery measurement is in {path}")


if __name__ == "__main__":
    sys.exit(main())
