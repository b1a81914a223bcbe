"""The release step runs the plan's words in the environment, with the app's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from webstead.build import Environment, run_release
from webstead.errors import BuildError, RuntimeMissing
from webstead.events import Event, StepOutput
from webstead.plan.model import InstallStep, Plan
from webstead.settings import Setting


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    events: list[Event]

    def build(self) -> Environment: ...

    def plan(self, *steps: InstallStep, settings: tuple[Setting, ...] = ()) -> Plan: ...


def release(builder: Builds, *words: str, settings: tuple[Setting, ...] = ()) -> None:
    environment = builder.build()
    builder.events.clear()
    plan = builder.plan(InstallStep("release", "Migrate", words=words), settings=settings)
    run_release(plan, builder.project, environment, builder.events.append)


def test_the_words_run_in_the_environment_with_the_settings(builder: Builds) -> None:
    source = "import os, sys; print(sys.prefix, os.getcwd(), os.environ['COLOUR'])"
    release(builder, "python", "-c", source, settings=(Setting("COLOUR", "red", "test"),))
    assert [event.name for event in builder.events] == ["step.started", "step.output", "step.done"]
    (line,) = [event.line for event in builder.events if isinstance(event, StepOutput)]
    assert line.split() == [str(builder.build().prefix), str(builder.project), "red"]


def test_nothing_of_the_python_that_runs_webstead_is_passed_on(
    builder: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    release(builder, "python", "-c", "import sys; assert '/somewhere/else' not in sys.path")


def test_a_failing_release_stops_with_its_words(builder: Builds) -> None:
    with pytest.raises(BuildError) as caught:
        release(builder, "python", "-c", "raise SystemExit('no such table')")
    assert caught.value.what.startswith("The release command failed: python -c")
    assert (caught.value.found, caught.value.detail) == ("exit code 1: no such table", "no such table")


def test_a_missing_program_is_named(builder: Builds) -> None:
    with pytest.raises(RuntimeMissing, match="`no-such-migrator` is not there"):
        release(builder, "no-such-migrator")


def test_a_plan_without_a_release_step_runs_nothing(builder: Builds) -> None:
    environment = builder.build()
    builder.events.clear()
    run_release(builder.plan(), builder.project, environment, builder.events.append)
    assert builder.events == []
