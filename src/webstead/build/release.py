"""The release step: words that run once in the environment before the site takes traffic, such as
migrations.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from webstead.build.environment import Environment, program_path
from webstead.build.steps import Steps, last_words, step_environment
from webstead.effects.clock import Clock, SystemClock
from webstead.effects.processes import Runner, run
from webstead.errors import BuildError
from webstead.events import Emit
from webstead.plan.model import InstallStep, Plan

__all__ = ["run_release"]


def run_release(
    plan: Plan,
    project: Path,
    environment: Environment,
    emit: Emit,
    *,
    runner: Runner = run,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> None:
    """Run the plan's release steps in order, in the project's folder, with the app's settings.

    They may take as long as they need. Raises BuildError when one fails, RuntimeMissing when its program is
    not there.
    """
    steps = Steps(emit, clock or SystemClock())
    for step in plan.install:
        if step.kind == "release" and step.words:
            with steps.doing(step):
                _run(step, plan, project, environment, steps, runner, environ)


def _run(
    step: InstallStep,
    plan: Plan,
    project: Path,
    environment: Environment,
    steps: Steps,
    runner: Runner,
    environ: Mapping[str, str],
) -> None:
    variables = step_environment(environment, plan.settings, environ)
    done = runner(
        [program_path(environment, step.words[0], variables), *step.words[1:]],
        cwd=project / step.path,
        env=variables,
        on_line=lambda _, line: steps.output(step, line),
    )
    if done.code != 0:
        words = " ".join(step.words)
        raise BuildError(
            f"The release command failed: {words}",
            found=f"exit code {done.code}: {last_words(done.tail) or 'it said nothing'}",
            fix="Correct what it says below. The site was not started.",
            detail="\n".join(done.tail),
        )
