"""An environment of a plan's Python with pip and nothing else, as hooks before the packages have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from webstead.build import Environment, perform
from webstead.cli.oryx.pythons import finder, interpreter_for
from webstead.events import Emit
from webstead.plan import Plan
from webstead.plan.model import InstallStep
from webstead.site.layout import default_cache

__all__ = ["bare_environment"]

_BARE = InstallStep("environment", "Make a bare environment", words=("pip",))


def bare_environment(plan: Plan, project: Path, emit: Emit) -> Environment:
    """Raises VersionMissing, BuildError."""
    import os

    pythons = finder(project, os.environ, lambda text: None)
    interpreter_for(plan.python.version, plan.python.implementation, pythons)
    return perform(replace(plan, install=(_BARE,)), project, default_cache(), emit, allow_build=True)
