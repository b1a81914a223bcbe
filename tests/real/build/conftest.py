"""A project to build, and everything that a build reports, kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from webstead.build import Environment, perform
from webstead.effects import RecordingRunner, run
from webstead.events import Event, StepDone
from webstead.plan.model import InstallStep, Plan, PythonChoice
from webstead.settings import Setting

OWN_PYTHON = sys.executable


@dataclass
class Builder:
    """Builds one project again and again, into a cache of its own."""

    project: Path
    cache: Path
    events: list[Event] = field(default_factory=list)
    runner: RecordingRunner = field(default_factory=lambda: RecordingRunner(through=run))
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def write(self, **files: str) -> None:
        """Names are written with `__` for a dot."""
        for name, text in files.items():
            path = self.project / name.replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def plan(self, *steps: InstallStep, settings: Sequence[Setting] = ()) -> Plan:
        environment = InstallStep("environment", "Make the environment")
        return Plan(
            PythonChoice(OWN_PYTHON, "cpython"), (environment, *steps), None, settings=tuple(settings)
        )

    def build(
        self,
        *steps: InstallStep,
        allow_build: bool = True,
        runtime: str | None = None,
        settings: Sequence[Setting] = (),
    ) -> Environment:
        self.events.clear()
        self.runner.calls.clear()
        return perform(
            self.plan(*steps, settings=settings),
            self.project,
            self.cache,
            self.events.append,
            allow_build=allow_build,
            runtime=runtime,
            runner=self.runner,
            environ=self.environ,
        )

    @property
    def changed(self) -> list[tuple[str, bool]]:
        """(step, changed) of the steps that were done."""
        return [(event.step, event.changed) for event in self.events if isinstance(event, StepDone)]

    def environments(self) -> list[str]:
        """The folders of environments in the cache."""
        home = self.cache / "environments"
        return sorted(path.name for path in home.iterdir() if path.is_dir()) if home.is_dir() else []

    def says(self, environment: Environment, source: str, **variables: str) -> str:
        """What a line of Python prints in an environment."""
        env: Mapping[str, str] = environment.variables({**os.environ, **variables})
        done = run([str(environment.python), "-c", source], cwd=self.project, env=env, timeout=60)
        assert done.code == 0, done.tail
        return "\n".join(done.tail)


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    project = tmp_path / "project"
    project.mkdir()
    return Builder(project, tmp_path / "cache")
