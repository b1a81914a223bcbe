"""Whether the packages of a project have wheels for another system: uv resolves them for it, and installs
nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from webstead.build.uv import commands
from webstead.build.uv.tool import Uv, UvFailed
from webstead.effects.processes import Runner, TimedOut, run
from webstead.errors import BuildError

__all__ = ["package_without_wheel"]


def package_without_wheel(
    file: str,
    project: Path,
    system: Literal["windows", "linux"],
    python: str,
    *,
    runner: Runner = run,
    environ: Mapping[str, str] = os.environ,
) -> tuple[str, str] | None:
    """(package, uv's words) of the first that has none for this system and Python; None when all have. Asks
    the package index. Raises BuildError when uv cannot say, within a minute."""
    uv = Uv(runner, environ, project, lambda line: None)
    try:
        uv.resolve_wheels(file, system, python)
    except UvFailed as failed:
        package = commands.without_wheel(failed.output)
        if package is None:
            raise _no_answer(file, "\n".join(failed.output)) from None
        return package, _cause(package, failed.output)
    except TimedOut as late:
        raise _no_answer(file, f"no answer within {late.seconds:g} s") from None
    return None


def _cause(package: str, output: tuple[str, ...]) -> str:
    words = next((line.partition("cause: ")[2] for line in output if "cause: Because" in line), "")
    first = words.partition(" and you require")[0].removeprefix("Because ").strip()
    return f"{first}." if package in first and not first.endswith(":") else f"{package} has no usable wheel."


def _no_answer(file: str, said: str) -> BuildError:
    first = next((line for line in said.splitlines() if line.startswith("error")), said.partition("\n")[0])
    return BuildError(
        f"uv cannot tell which packages of {file} have wheels",
        found=first.removeprefix("error: "),
        fix="See that the package index can be reached, or leave --online out.",
        detail=said,
    )
