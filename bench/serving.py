"""What a started contender is to the bench, and how one behind HTTP is measured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import ContenderError, Running, answers_with, wait_until
from bench.workplace import Workplace
from bench.wrk import load

__all__ = ["Contender", "Serving", "over_http"]


@dataclass(frozen=True, slots=True)
class Serving:
    """A started contender. measure: loads it for so many seconds, checks its answers, and returns how many
    units a second it gave; raises ContenderError."""

    running: Running
    measure: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    start: Callable[[Workplace], AbstractContextManager[Serving]]


def over_http(running: Running, url: str, body: bytes, script: Path | None = None) -> Serving:
    """Waits until the URL gives this body, byte for byte. Measured in requests. script: for
    `load`."""
    wait_until(running, lambda: answers_with(url, body), f"right answer at {url}")

    def measure(seconds: int) -> float:
        rate = load(url, seconds, script).rate
        if not answers_with(url, body):
            raise ContenderError(f"{url} does not give the app's answer\n{running.tail()}")
        return rate

    return Serving(running, measure)
