"""Performing a case: start all contenders, then take turns, so that a disturbance meets all alike."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import psutil

from bench.cases import MEMORY_BAR_MB, Case
from bench.memory import resident_mb
from bench.processes import ContenderError
from bench.report import CaseResult, Comparison, Failure, Quantity
from bench.serving import Contender, Serving
from bench.workplace import Workplace

__all__ = ["measure"]

WARM_UP_SECONDS = 1

Say = Callable[[str], None]


def measure(case: Case, place: Workplace, *, runs: int, seconds: int, say: Say) -> CaseResult:
    """Loads every contender `runs` times. One that fails is out, with its reason; the others go on."""
    turns = _Turns(case)
    with contextlib.ExitStack() as stack:
        for contender in case.contenders:
            turns.start(contender, place, stack)
        for turn in range(runs):
            for name in tuple(turns.serving):
                turns.take(name, seconds)
                say(f"{case.name} {turn + 1}/{runs}  {name}: {turns.last(name)}")
        return turns.result()


class _Turns:
    """What was measured so far, and who is still in."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.serving: dict[str, Serving] = {}
        self.rates: dict[str, list[float]] = {}
        self.failures: list[Failure] = []

    def start(self, contender: Contender, place: Workplace, stack: contextlib.ExitStack) -> None:
        try:
            serving = stack.enter_context(contender.start(place))
            serving.measure(WARM_UP_SECONDS)
        except (ContenderError, OSError) as error:
            self._out(contender.name, error)
        else:
            self.serving[contender.name] = serving

    def take(self, name: str, seconds: int) -> None:
        try:
            self.rates.setdefault(name, []).append(self.serving[name].measure(seconds))
        except ContenderError as error:
            self._out(name, error)

    def last(self, name: str) -> str:
        return f"{self.rates[name][-1]:,.0f}{self.case.unit}/s" if name in self.serving else "failed"

    def result(self) -> CaseResult:
        ours = self.case.ours.name
        comparisons = tuple(
            Comparison(
                theirs=rival.contender.name,
                ours_rates=tuple(self.rates[ours]),
                theirs_rates=tuple(self.rates[rival.contender.name]),
                bar=rival.bar,
            )
            for rival in self.case.rivals
            if ours in self.serving and rival.contender.name in self.serving
        )
        rates = tuple((name, tuple(self.rates[name])) for name in self.serving)
        quantities = self._quantities()
        failures = tuple(self.failures)
        case = self.case
        return CaseResult(
            case.name, case.title, ours, rates, comparisons, quantities, failures, unit=case.unit
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        ours = self.serving.get(self.case.ours.name)
        if not self.case.memory or ours is None:
            return ()
        try:
            megabytes = resident_mb(ours.running.process.pid)
        except (ContenderError, psutil.Error) as error:
            self.failures.append(Failure(self.case.name, "memory", str(error)))
            return ()
        return (Quantity("memory of supervisor + front", "MB", (megabytes,), MEMORY_BAR_MB),)

    def _out(self, name: str, error: Exception) -> None:
        self.serving.pop(name, None)
        self.failures.append(Failure(self.case.name, name, str(error)))
