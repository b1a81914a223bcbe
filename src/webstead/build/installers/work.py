"""What an installer is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webstead.build.environment import Environment
from webstead.build.inputs import Inputs
from webstead.build.interpreter import Interpreter
from webstead.build.uv import Uv
from webstead.plan.model import InstallStep

__all__ = ["Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """One step in an environment that is being made. The environment stands at its final path, and no other
    process works on it. uv runs in the project's folder. environ: the variables of whoever builds."""

    step: InstallStep
    project: Path
    interpreter: Interpreter
    environment: Environment
    inputs: Inputs
    uv: Uv
    environ: Mapping[str, str]
