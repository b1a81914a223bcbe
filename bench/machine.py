"""The facts without which a number means nothing: machine, interpreter, versions, and how busy it was."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from bench.processes import run_to_end
from bench.workplace import ROOT, tool

__all__ = ["machine_facts"]


def machine_facts() -> dict[str, object]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu(),
        "system": platform.platform(),
        "load_before": [round(value, 2) for value in os.getloadavg()],
        "webstead_python": sys.version.split()[0],
        "contenders_python": run_to_end((tool("python"), "--version")).split()[-1],
        "webstead": version("webstead"),
        "versions": _pinned(),
        "nginx": run_to_end(("nginx", "-v")).strip().rpartition("/")[2],
    }


def _cpu() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as facts:
        names = [line.partition(":")[2].strip() for line in facts if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _pinned() -> dict[str, str]:
    """The contenders' versions, from the pins that `scripts/bench` installed."""
    lines = (ROOT / "bench" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {name: number for name, _, number in pins}
