from __future__ import annotations

import pytest

from webstead.cli.report.plain import PlainReporter
from webstead.effects.clock import FakeClock
from webstead.events import Event, Failed, Note, StepDone, StepOutput, StepProgress, StepStarted

ERROR: dict[str, str | int] = {"what": "It failed.", "found": "", "fix": ""}


def written(capsys: pytest.CaptureFixture[str], *events: Event | float) -> str:
    """What is printed for the events, with seconds between them."""
    clock = FakeClock()
    report = PlainReporter(clock)
    for event in events:
        if isinstance(event, Event):
            report(event)
        else:
            clock.advance(event)
    shown = capsys.readouterr()
    return shown.out + shown.err


def progress(done: int) -> StepProgress:
    return StepProgress("requirements", "Downloading", done, 10, "packages", None)


STARTED = StepStarted("requirements", "3 packages of requirements.txt")


def test_a_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    events = (
        STARTED,
        StepOutput("requirements", "Resolved"),
        progress(1),
        StepDone("requirements", 1.26, True),
    )
    assert written(capsys, *events) == "Done       3 packages of requirements.txt (1.3 s)\n"
    unchanged = (STARTED, StepDone("requirements", 0.0, False))
    assert written(capsys, *unchanged) == "Unchanged  3 packages of requirements.txt\n"


def test_the_projects_own_commands_are_heard(capsys: pytest.CaptureFixture[str]) -> None:
    events = (
        StepStarted("post-build", "post-build: make"),
        StepOutput("post-build", "cc a.c"),
        StepOutput("post-build", "done"),
        StepDone("post-build", 1.0, True),
    )
    assert written(capsys, *events).splitlines() == [
        "Step       post-build: make",
        "           cc a.c",
        "           done",
        "Done       post-build: make (1.0 s)",
    ]


def test_a_step_that_takes_long_says_how_far_it_has_come(capsys: pytest.CaptureFixture[str]) -> None:
    told = written(
        capsys, STARTED, 11.0, progress(1), 1.0, progress(2), 30.0, progress(9), StepDone("r", 42, True)
    )
    lines = told.splitlines()
    assert lines[0] == "Step       3 packages of requirements.txt"
    assert [line.split()[-4:] for line in lines[1:3]] == [
        ["1", "of", "10", "packages"],
        ["9", "of", "10", "packages"],
    ]
    assert lines[3:] == ["Done       3 packages of requirements.txt (42.0 s)"]


def test_a_failure_names_its_step_and_other_events_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert written(capsys, Note("warning", "a"), STARTED, Failed(ERROR)).splitlines() == [
        "warning: a",
        "Step       3 packages of requirements.txt",
        "error: It failed.",
    ]
