"""Packages of the operating system that a project asks for, by apt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from webstead.build.steps import Steps, last_words
from webstead.effects.processes import Runner, Stream
from webstead.errors import BuildError
from webstead.plan.model import InstallStep

__all__ = ["install_os_packages"]

_INSTALLED = "install ok installed"


def install_os_packages(step: InstallStep, steps: Steps, runner: Runner, environ: Mapping[str, str]) -> None:
    """Install those that are missing. Raises BuildError where that is not possible: without apt, or without
    the right to."""
    missing = _missing(step, runner, environ)
    if not missing:
        steps.unchanged(step)
        return
    command = f"apt-get install {' '.join(missing)}"
    if shutil.which("apt-get", path=environ.get("PATH")) is None:
        raise _cannot(step, missing, "apt-get is not on this machine", "Install them by other means.")
    if os.geteuid() != 0:
        raise _cannot(step, missing, "only root may install them", f"sudo {command}")
    words = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    with steps.doing(step):
        for each in (["apt-get", "update"], words):
            done = runner(
                each,
                cwd=Path("/"),
                env={**environ, "DEBIAN_FRONTEND": "noninteractive"},
                on_line=lambda _, line: steps.output(step, line),
            )
            if done.code != 0:
                said = last_words(done.tail) or f"exit code {done.code}"
                raise _cannot(step, missing, said, f"Correct the names, or see why this fails: {command}")


def _missing(step: InstallStep, runner: Runner, environ: Mapping[str, str]) -> list[str]:
    """Those that dpkg does not call installed, in whatever version."""
    if shutil.which("dpkg-query", path=environ.get("PATH")) is None:
        return list(step.words)
    found: set[str] = set()

    def take(stream: Stream, line: str) -> None:
        name, _, status = line.partition("\t")
        if stream == "stdout" and status == _INSTALLED:
            found.update((name, name.partition(":")[0]))

    runner(
        ["dpkg-query", "-W", "-f", r"${binary:Package}\t${Status}\n", *map(_name, step.words)],
        cwd=Path("/"),
        env=dict(environ),
        on_line=take,
    )
    return [word for word in step.words if _name(word) not in found]


def _name(word: str) -> str:
    return word.partition("=")[0]


def _cannot(step: InstallStep, missing: list[str], found: str, fix: str) -> BuildError:
    where = step.evidence[0].where if step.evidence else "the plan"
    what = f"Packages of the system are missing, which {where} asks for: {', '.join(missing)}"
    return BuildError(what, found=found, fix=fix)
