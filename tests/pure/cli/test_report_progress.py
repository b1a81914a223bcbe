from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from webstead.cli.report.progress import count_text, elapsed_text, progress_text, size_text
from webstead.cli.report.terminal import TerminalReporter
from webstead.events import StepDone, StepOutput, StepProgress, StepStarted, Unit


def progress(done: int, total: int | None, unit: Unit = "bytes", rate: float | None = None) -> StepProgress:
    return StepProgress("requirements", "Downloading", done, total, unit, rate)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (progress(9_100_000, 28_000_000, rate=5_200_000), "9.1 of 28.0 MB, 5.2 MB/s"),
        (progress(900, 28_000, rate=0), "900 B of 28.0 kB"),
        (progress(1_500_000, None, rate=1e6), "1.5 MB, 1.0 MB/s"),
        (progress(8, 11, "packages", 3), "8 of 11 packages"),
        (progress(1, None, "packages"), "1 package"),
        (progress(0, 1, "files"), "0 of 1 file"),
    ],
)
def test_counts_are_said_as_people_say_them(event: StepProgress, text: str) -> None:
    assert count_text(event) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (3e12, "3.0 TB"),
    ],
)
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.9, "0:00"), (63, "1:03"), (3723, "1:02:03")])
def test_times(seconds: float, text: str) -> None:
    assert elapsed_text(seconds) == text


@given(st.integers(0, 10**13), st.one_of(st.none(), st.integers(0, 10**13)))
def test_a_bar_is_never_longer_than_its_place(done: int, total: int | None) -> None:
    text = progress_text([progress(done, total)])
    assert text.startswith("Downloading")
    assert sum(text.count(part) for part in "━─") == (24 if total else 0)


def test_a_bar_with_all_that_is_counted() -> None:
    text = progress_text([progress(5, 10, rate=1), progress(1, 2, "packages")])
    assert text == "Downloading ━━━━━━━━━━━━──────────── 5 of 10 B, 1 B/s; 1 of 2 packages"


def test_a_terminal_shows_the_step_its_time_and_how_far_it_has_come() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None, get_time=lambda: 0.0)
    with TerminalReporter(console) as report:
        report(StepStarted("requirements", "3 packages"))
        report(StepOutput("requirements", "Resolved 3 packages"))
        for event in (progress(5_000_000, 10_000_000, rate=1e6), progress(1, 3, "packages")):
            report(event)
        assert report.working is not None
        console.print(report.working)
        report(StepDone("requirements", 1.0, True))
    lines = screen.getvalue()
    assert "3 packages  0:00" in lines
    assert "Downloading ━━━━━━━━━━━━──────────── 5.0 of 10.0 MB, 1.0 MB/s; 1 of 3 packages" in lines
    assert "✓          3 packages (1.0 s)" in lines
