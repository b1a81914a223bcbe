"""A command of the user's own that installs the packages, in place of the manifests."""

from __future__ import annotations

from webstead.build.hooks import run_command
from webstead.build.installers.work import Work
from webstead.build.steps import step_environment

__all__ = ["run_own_command"]


def run_own_command(work: Work) -> None:
    """pip and python are the environment's. uv is told of it by VIRTUAL_ENV."""
    variables = step_environment(work.environment, work.settings, work.environ)
    run_command(work.step, work.project, variables, work.runner, work.say)
