from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from webstead.cli.report.terminal import TerminalReporter
from webstead.cli.report.text import error_lines, error_text, event_text, plan_summary
from webstead.errors import BuildError, ConfigError, UsageError
from webstead.events import (
    AppOutput,
    Event,
    Failed,
    InstanceExited,
    InstanceStarted,
    Note,
    NotReady,
    Planned,
    Ready,
    Reloading,
    StepDone,
    StepOutput,
    StepStarted,
    Stopped,
)

URL = "http://127.0.0.1:8000"
PLAN: dict[str, object] = {
    "start": {
        "interface": "wsgi",
        "target": "app:app",
        "command": ["python", "-m", "webstead.gateway", "app:app"],
        "evidence": [{"path": "app.py", "line": 7, "why": "Flask app"}],
    },
    "python": {"version": "3.12", "evidence": []},
    "webconfig": {"source": "plan", "path": ""},
    "warnings": [{"text": "No lock file.", "fix": "uv lock"}],
}


def test_an_error_says_what_found_and_fix_then_the_apps_own_words() -> None:
    error = BuildError("It failed.", found="one\ntwo", fix="Do this.", detail="Traceback:\n  here\n")
    assert error_text(error) == (
        "error: It failed.\nfound: one\n       two\nfix:   Do this.\n\nTraceback:\n  here\n"
    )


def test_a_place_in_a_file_is_named_once() -> None:
    error = ConfigError("Not closed.", path="web.config", line=3, column=7)
    assert error_text(error) == "error: Not closed. (web.config:3:7)\n"
    assert error_lines(error.as_json()) == ["error: Not closed. (web.config:3:7)"]
    said = ConfigError("web.config:3:7: not closed.", path="web.config", line=3, column=7)
    assert error_text(said) == "error: web.config:3:7: not closed.\n"


def test_the_summary_of_a_plan_has_its_evidence_and_warnings() -> None:
    assert plan_summary(PLAN) == [
        ("App", "app:app (wsgi), from app.py:7: Flask app"),
        ("Start", "python -m webstead.gateway app:app"),
        ("Python", "3.12"),
        ("Config", "made by the plan"),
        ("Warning", "No lock file. Fix: uv lock"),
    ]


def test_a_web_config_of_the_project_is_not_denied() -> None:
    made = {"source": "plan", "path": "web.config"}
    rows = plan_summary({"webconfig": made, "nested": [{"source": "file", "path": "web.config"}]})
    assert rows == [("Config", "web.config, laid over what the plan adds")]
    rows = plan_summary({"webconfig": made, "nested": [{"source": "file", "path": "static/web.config"}]})
    assert rows == [("Config", "made by the plan")]


def test_a_plan_without_a_start_still_has_a_summary() -> None:
    assert plan_summary({"start": None, "python": {"version": "3.12"}}) == [("Python", "3.12")]


ERROR = UsageError("No.", fix="Yes.").as_json()
EVENTS: list[tuple[Event, str]] = [
    (Planned(PLAN), "App        app:app (wsgi), from app.py:7: Flask app\n"),
    (StepStarted("requirements", "3 packages"), "Step       3 packages\n"),
    (StepOutput("requirements", "+ flask"), "           + flask\n"),
    (StepDone("requirements", 1.26, True), "Done       requirements (1.3 s)\n"),
    (StepDone("requirements", 0.0, False), "Unchanged  requirements (0.0 s)\n"),
    (InstanceStarted("web", 1, "python"), ""),
    (InstanceExited("web", 1, "exited with code 3", False), "web | stopped: exited with code 3\n"),
    (InstanceExited("web", 1, "asked to", True), ""),
    (AppOutput("web", "stdout", "hello"), "web | hello\n"),
    (Note("warning", "careful"), "warning: careful\n"),
    (Note("info", "by the way"), "by the way\n"),
    (Reloading(["a.py", "b.py"]), "Changed: a.py, b.py\n"),
    (Ready(URL, 0.5), f"Ready: {URL}\n"),
    (Failed(ERROR), "error: No.\nfix:   Yes.\n"),
    (NotReady(URL, ERROR), f"error: No.\nfix:   Yes.\n\nNot ready: {URL} answers with this error\n"),
    (Stopped("Ctrl+C"), "Stopped: Ctrl+C\n"),
]


@pytest.mark.parametrize(("event", "text"), EVENTS, ids=lambda value: getattr(value, "name", ""))
def test_each_event_has_its_words(event: Event, text: str) -> None:
    assert event_text(event).startswith(text)
    assert bool(text) == bool(event_text(event))


@pytest.mark.parametrize("event", [event for event, _ in EVENTS], ids=lambda event: event.name)
def test_each_event_is_one_json_line_with_its_name(event: Event) -> None:
    data = json.loads(json.dumps(event.as_json()))
    assert data["event"] == event.name


def shown(*events: Event) -> str:
    output = io.StringIO()
    console = Console(file=output, width=100, force_terminal=True, color_system=None, highlight=False)
    with TerminalReporter(console) as report:
        for event in events:
            report(event)
    return output.getvalue()


def test_the_terminal_shows_what_the_plain_lines_say() -> None:
    text = shown(*(event for event, _ in EVENTS))
    for part in (
        "app:app (wsgi)",
        "3 packages (1.3 s)",
        "web | hello",
        f"Not ready: {URL}",
        "Stopped: Ctrl+C",
    ):
        assert part in text


def test_the_terminal_shows_markup_and_colours_of_the_app_as_they_are() -> None:
    text = shown(AppOutput("web", "stdout", "[bold]not ours[/bold] \x1b[31mred\x1b[0m"))
    assert "[bold]not ours[/bold] red" in text
