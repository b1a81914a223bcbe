"""What an installer is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from webstead.build.environment import Environment
from webstead.build.inputs import Inputs
from webstead.build.interpreter import Interpreter
from webstead.build.progress import Meter
from webstead.build.uv import Uv
from webstead.effects.processes import Runner
from webstead.events import Unit
from webstead.plan.model import InstallStep
from webstead.settings import Setting

__all__ = ["Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """One step in an environment that is being made. The environment stands at its final path, and no other
    process works on it. uv runs in the project's folder. environ: the variables of whoever builds. settings:
    the app's. say: takes the lines of the step's output. meter: for how far
    it has come: a word for what it does, what is counted, and how many in all."""

    step: InstallStep
    project: Path
    interpreter: Interpreter
    environment: Environment
    inputs: Inputs
    uv: Uv
    runner: Runner
    environ: Mapping[str, str]
    settings: tuple[Setting, ...]
    say: Callable[[str], None]
    meter: Callable[[str, Unit, int | None], Meter]
