"""What a run found: medians, ratios and bars, as a table and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

__all__ = [
    "JSON_VERSION",
    "CaseResult",
    "Comparison",
    "Failure",
    "Quantity",
    "as_json",
    "as_table",
    "busy",
    "missed",
]

JSON_VERSION = 2

HEAD = ("case", "contender", "median", "ratio", "of pairs", "bar", "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours against one rival; the rates (units a second) of a turn stand at the same place."""

    theirs: str
    ours_rates: tuple[float, ...]
    theirs_rates: tuple[float, ...]
    bar: float | None

    @property
    def ratio(self) -> float:
        """Of the medians. This is what the bar is held against."""
        return median(self.ours_rates) / median(self.theirs_rates)

    @property
    def pair_ratios(self) -> tuple[float, ...]:
        """Of each turn: what disturbs the machine for a while is in both."""
        return tuple(a / b for a, b in zip(self.ours_rates, self.theirs_rates, strict=True))

    @property
    def good(self) -> bool:
        return self.bar is None or self.ratio >= self.bar


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of ours that must not be higher than its bar."""

    name: str
    unit: str
    values: tuple[float, ...]
    bar: float

    @property
    def good(self) -> bool:
        return median(self.values) <= self.bar


@dataclass(frozen=True, slots=True)
class Failure:
    case: str
    contender: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """rates: of every contender that lasted, by name, ours first. unit: what they count; "" for requests.
    seconds: shown as the time that one takes."""

    name: str
    title: str
    ours: str
    rates: tuple[tuple[str, tuple[float, ...]], ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    failures: tuple[Failure, ...] = ()
    unit: str = ""
    seconds: bool = False


def missed(results: Sequence[CaseResult]) -> bool:
    """Whether any bar was missed."""
    comparisons = (entry.good for result in results for entry in result.comparisons)
    quantities = (entry.good for result in results for entry in result.quantities)
    return not (all(comparisons) and all(quantities))


def busy(load: float, cores: int) -> str:
    """A warning when other work had the machine before the run; empty when it was free.

    load: the average number of running processes in the last minute; a quarter of each core is allowed.
    Other work disturbs set-ups of several processes (nginx and an app, a front and an app) the most.
    """
    if load <= 0.25 * cores:
        return ""
    return f"The machine was busy before the run (load {load:.2f}, {cores} cores): do not trust the ratios."


def as_table(results: Sequence[CaseResult]) -> str:
    """For people: one line a contender, the failures below."""
    rows = [HEAD, *(row for result in results for row in _rows(result))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(_cell(row, n, width) for n, width in enumerate(widths)).rstrip() for row in rows]
    failures = [f"failed: {f.case}, {f.contender}: {f.reason}" for result in results for f in result.failures]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], *failures]) + "\n"


def _cell(row: Sequence[str], column: int, width: int) -> str:
    return row[column].ljust(width) if column in (0, 1, 6) else row[column].rjust(width)


def _rows(result: CaseResult) -> list[tuple[str, ...]]:
    against = {comparison.theirs: comparison for comparison in result.comparisons}
    rows: list[tuple[str, ...]] = [
        (result.name, name, _shown(result, rates), *_ratio(against.get(name))) for name, rates in result.rates
    ]
    for quantity in result.quantities:
        value = f"{median(quantity.values):.2f} {quantity.unit}"
        bar = f"≤ {quantity.bar:g} {quantity.unit}"
        rows.append((result.name, quantity.name, value, "", "", bar, _verdict(quantity.good)))
    return rows


def _shown(result: CaseResult, rates: Sequence[float]) -> str:
    return f"{1 / median(rates):.2f} s" if result.seconds else f"{median(rates):,.0f}{result.unit}/s"


def _ratio(comparison: Comparison | None) -> tuple[str, str, str, str]:
    if comparison is None:
        return "", "", "", ""
    pairs = f"{median(comparison.pair_ratios):.2f}x"
    if comparison.bar is None:
        return f"{comparison.ratio:.2f}x", pairs, "", ""
    return f"{comparison.ratio:.2f}x", pairs, f"≥ {comparison.bar:g}x", _verdict(comparison.good)


def _verdict(good: bool) -> str:
    return "ok" if good else "short"


def as_json(results: Sequence[CaseResult], machine: Mapping[str, object]) -> dict[str, object]:
    """For programs: the machine, and every single measurement."""
    return {
        "version": JSON_VERSION,
        "machine": dict(machine),
        "cases": [_case_json(result) for result in results],
        "missed": missed(results),
        "failed": any(result.failures for result in results),
    }


def _case_json(result: CaseResult) -> dict[str, object]:
    return {
        "name": result.name,
        "title": result.title,
        "ours": result.ours,
        "unit": result.unit.strip() or "requests",
        "per_second": {name: {"median": median(rates), "runs": list(rates)} for name, rates in result.rates},
        "comparisons": [
            {
                "against": c.theirs,
                "ratio": c.ratio,
                "pair_ratios": list(c.pair_ratios),
                "median_of_pair_ratios": median(c.pair_ratios),
                "bar": c.bar,
                "good": c.good,
            }
            for c in result.comparisons
        ],
        "quantities": [
            {
                "name": q.name,
                "unit": q.unit,
                "median": median(q.values),
                "runs": list(q.values),
                "bar": q.bar,
                "good": q.good,
            }
            for q in result.quantities
        ],
        "failures": [{"contender": f.contender, "reason": f.reason} for f in result.failures],
    }
