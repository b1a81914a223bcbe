"""The steps of a build as events, and the variables that a step of the app's own code runs with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from webstead.build.environment import Environment
from webstead.build.progress import Meter
from webstead.effects.clock import Clock
from webstead.events import Emit, Note, StepDone, StepOutput, StepStarted, Unit
from webstead.settings import Setting

__all__ = ["Step", "Steps", "last_words", "step_environment"]

_RAISED = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Configured)\b")

_OF_OUR_PYTHON = frozenset({"PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"})


class Step(Protocol):
    """What is told of a step: an InstallStep, or one that no plan has. kind: its stable name."""

    @property
    def kind(self) -> str: ...

    @property
    def summary(self) -> str: ...


class Steps:
    """Tells what happens, step by step. A step that fails has no StepDone: its error follows."""

    def __init__(self, emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock

    @contextmanager
    def doing(self, step: Step) -> Iterator[None]:
        began = self._clock.monotonic()
        self._emit(StepStarted(step.kind, step.summary))
        yield
        self._emit(StepDone(step.kind, self._clock.monotonic() - began, changed=True))

    def unchanged(self, step: Step) -> None:
        self._emit(StepStarted(step.kind, step.summary))
        self._emit(StepDone(step.kind, 0.0, changed=False))

    def output(self, step: Step, line: str) -> None:
        self._emit(StepOutput(step.kind, line))

    def meter(self, step: Step, what: str, unit: Unit, total: int | None = None) -> Meter:
        """For a step that knows how far it has come."""
        return Meter(self._emit, self._clock, step.kind, what, unit, total)

    def tell(self, text: str) -> None:
        self._emit(Note("info", text))

    def waiting(self) -> None:
        self.tell("Another build of the same is running; waiting for it.")

    def warn(self, text: str) -> None:
        self._emit(Note("warning", text))


def step_environment(
    environment: Environment, settings: Sequence[Setting], environ: Mapping[str, str]
) -> dict[str, str]:
    """The app's variables, as its instances get them: the settings win over what the shell has, and nothing
    of the Python that runs Webstead is passed on.
    """
    shell = {name: value for name, value in environ.items() if name not in _OF_OUR_PYTHON}
    own = {setting.name: setting.text for setting in settings}
    return environment.variables({**shell, "PYTHONUNBUFFERED": "1", **own})


def last_words(tail: Sequence[str]) -> str:
    """The line of an output that tells most: the last that names an exception, else the last one."""
    lines = [line.strip() for line in tail if line.strip()]
    raised = next((line for line in reversed(lines) if _RAISED.match(line)), "")
    return raised or (lines[-1] if lines else "")
