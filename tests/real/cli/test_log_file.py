"""--log-file: everything, with its time, beside whatever is shown."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webstead.cli.report import reporter
from webstead.cli.report.log_file import LogFile
from webstead.effects.clock import FakeClock
from webstead.errors import UsageError
from webstead.events import Event, InstanceStarted, Note, StepDone, StepOutput, StepProgress, StepStarted

EVENTS: tuple[Event, ...] = (
    StepStarted("requirements", "3 packages"),
    StepOutput("requirements", "Resolved 3 packages"),
    StepDone("requirements", 1.0, True),
)


def test_each_line_has_its_time_and_lines_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "deep" / "build.log"
    for _ in range(2):
        log = LogFile(path, FakeClock(datetime(2026, 11, 26, 8, 0, tzinfo=UTC)))
        for event in (*EVENTS, InstanceStarted("app.1", 7, "python"), Note("warning", "one\ntwo")):
            log(event)
        log.close()
    lines = path.read_text().splitlines()
    stamp = "2026-11-26T08:00:00.000Z "
    assert lines[:6] == [
        f"{stamp}Step       3 packages",
        f"{stamp}           Resolved 3 packages",
        f"{stamp}Done       requirements (1.0 s)",
        f'{stamp}{{"event": "instance.started", "instance": "app.1", "pid": 7, "command": "python"}}',
        f"{stamp}warning: one",
        f"{stamp}two",
    ]
    assert lines[6:] == lines[:6]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_is_on_disk_before_the_next_event(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log")
    log(Note("info", "hello"))
    assert (tmp_path / "log").read_text().endswith("Z hello\n")
    log.close()


def test_progress_is_told_now_and_then_and_at_its_end(tmp_path: Path) -> None:
    clock = FakeClock()
    log = LogFile(tmp_path / "log", clock)
    for done in (1, 2, 3, 10):
        log(StepProgress("r", "Downloading", done, 10, "packages", None))
        clock.advance(2)
    log.close()
    counts = [line.split()[-4] for line in (tmp_path / "log").read_text().splitlines()]
    assert counts == ["1", "10"]


@pytest.mark.parametrize("as_json", [True, False])
def test_it_stands_beside_what_is_printed(
    tmp_path: Path, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with reporter(json=as_json, log_file=tmp_path / "log") as emit:
        for event in EVENTS:
            emit(event)
    assert "Resolved 3 packages" in (tmp_path / "log").read_text()
    shown = capsys.readouterr().out.splitlines()
    if as_json:
        assert [json.loads(line)["event"] for line in shown] == ["step.started", "step.output", "step.done"]
    else:
        assert shown == ["Done       3 packages (1.0 s)"]


def test_one_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught, reporter(json=False, log_file=tmp_path / "file" / "log"):
        pass
    assert caught.value.what == f"The log cannot be written: {tmp_path / 'file' / 'log'}"
    assert "--log-file" in caught.value.fix


def test_a_disk_that_fills_up_is_said_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter(json=False, log_file=Path("/dev/full")) as emit:
        emit(Note("info", "a"))
        emit(Note("info", "b"))
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["warning: The log is not complete: No space left on device", "a", "b"]
