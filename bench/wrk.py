"""The load generator: wrk, run and read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.processes import ContenderError, run_to_end

__all__ = ["Load", "load", "parse"]

CONNECTIONS = 32

_RATE = re.compile(r"^Requests/sec:\s+(\d+(?:\.\d+)?)\s*$", re.MULTILINE | re.ASCII)
_TOTAL = re.compile(r"^\s*(\d+) requests in ", re.MULTILINE | re.ASCII)
_WRONG = re.compile(r"^\s*(Non-2xx or 3xx responses: .*|Socket errors: .*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Load:
    """requests: how many were answered. rate: a second."""

    requests: int
    rate: float


def parse(text: str) -> Load:
    """What wrk printed, as numbers.

    Raises ContenderError when an answer was neither 2xx nor 3xx, or a connection failed.
    """
    wrong = _WRONG.search(text)
    if wrong:
        raise ContenderError(f"under load: {wrong.group(1)}")
    total, rate = _TOTAL.search(text), _RATE.search(text)
    if total is None or rate is None:
        raise ContenderError(f"wrk printed no result:\n{text}")
    load = Load(int(total.group(1)), float(rate.group(1)))
    if load.requests == 0 or load.rate == 0:
        raise ContenderError("under load: no request was answered")
    return load


def load(url: str, seconds: int, script: Path | None = None) -> Load:
    """Loads a URL with CONNECTIONS connections from one thread. script: which chooses what is asked there."""
    shape = ("--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s")
    patient = ("--timeout", "20s")  # wrk's own 2 s fail 32 downloads at once on a busy machine
    scripted = ("--script", str(script)) if script else ()
    return parse(run_to_end(("wrk", *shape, *patient, *scripted, url), limit=seconds + 30))
