"""The text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["CONTENT_TYPE", "Family", "Sample", "exposition", "histogram"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """value: a whole number stays one. labels: names and values, as they are. suffix: behind the family's
    name.
    """

    value: float
    labels: tuple[tuple[str, str], ...] = ()
    suffix: str = ""


class Family(NamedTuple):
    """kind: counter, gauge or histogram. doc: one line, for people."""

    name: str
    kind: str
    doc: str
    samples: Sequence[Sample]


def histogram(bounds: Sequence[float], counts: Sequence[int], total: float) -> list[Sample]:
    """counts: of the values up to each bound and above the one before, and of those above the last."""
    samples = []
    below = 0
    for bound, count in zip((*map(_number, bounds), "+Inf"), counts):
        below += count
        samples.append(Sample(below, (("le", bound),), "_bucket"))
    return [*samples, Sample(total, (), "_sum"), Sample(below, (), "_count")]


def exposition(families: Iterable[Family]) -> str:
    lines = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escaped(family.doc)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += [_line(family.name, sample) for sample in family.samples]
    return "".join(f"{line}\n" for line in lines)


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{key}="{_quoted(value)}"' for key, value in sample.labels)
    return f"{name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}"


def _number(value: float) -> str:
    """Never with an exponent that a reader has to guess: 0.005, 10, 12.25."""
    return str(value) if isinstance(value, int) else f"{value:.9f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
