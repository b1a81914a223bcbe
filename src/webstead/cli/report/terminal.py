"""Rich output for a terminal: a spinner with what the step does and how far it has come, colours, one prefix
per process."""

from __future__ import annotations

from types import TracebackType
from zlib import crc32

from rich.console import Console
from rich.status import Status
from rich.text import Text

from webstead.cli.report.progress import elapsed_text, progress_text
from webstead.cli.report.text import error_lines, event_text, plan_summary
from webstead.events import (
    AppOutput,
    Event,
    Failed,
    NotReady,
    Planned,
    Ready,
    StepDone,
    StepOutput,
    StepProgress,
    StepStarted,
)

__all__ = ["TerminalReporter", "Working"]


class Working:
    """What stands beside the spinner: the step and its time, and below it the latest of it. Rendered anew by
    the spinner, so that the time goes on while nothing is told."""

    def __init__(self, summary: str, console: Console) -> None:
        self._summary = summary
        self._console = console
        self._began = console.get_time()
        self.line = ""

    def __rich__(self) -> Text:
        width = max(self._console.width - 4, 20)
        took = elapsed_text(self._console.get_time() - self._began)
        text = Text.assemble(f"{self._summary[: width - 9]}  ", (took, "dim"))
        if self.line:
            text.append(f"\n{self.line[:width]}", "dim")
        return text


_PREFIX_STYLES = ("cyan", "magenta", "blue", "yellow", "green")


class TerminalReporter:
    """Renders events; a context manager, because a spinner must be taken off the screen."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._errors = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self.working: Working | None = None
        self._summary = ""
        self._progress: dict[str, StepProgress] = {}

    def __enter__(self) -> TerminalReporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_step()

    def __call__(self, event: Event) -> None:
        match event:
            case Planned(plan=plan):
                self._plan(plan)
            case StepStarted(summary=summary):
                self._begin_step(summary)
            case StepOutput(line=line):
                self._show(line)
            case StepProgress(unit=unit):
                self._progress[unit] = event
                self._show(progress_text(sorted(self._progress.values(), key=lambda each: each.unit)))
            case StepDone(seconds=seconds, changed=changed):
                self._end_step()
                self._row("✓" if changed else "·", f"{self._summary} {_took(seconds, changed)}", "green")
            case Ready(url=url):
                self._console.print(Text.assemble(("Ready: ", "bold green"), (url, f"bold link {url}")))
            case NotReady(url=url, error=error):
                self._error(error, self._console)
                line = f"{url} answers with this error"
                self._console.print(Text.assemble(("Not ready: ", "bold red"), line))
            case Failed(error=error):
                self._end_step()
                self._error(error, self._errors)
            case AppOutput(instance=instance, line=line):
                self._console.print(Text.assemble((f"{instance} | ", _style(instance)), Text.from_ansi(line)))
            case _:
                self._console.print(event_text(event), end="", markup=False)

    def _plan(self, plan: dict[str, object]) -> None:
        for label, text in plan_summary(plan):
            style = "bold yellow" if label == "Warning" else "bold"
            self._console.print(Text.assemble((f"{label:<11}", style), text))

    def _row(self, mark: str, text: str, style: str) -> None:
        self._console.print(Text.assemble((f"{mark:<11}", style), text))

    def _begin_step(self, summary: str) -> None:
        self._end_step()
        self._summary = summary
        self._progress.clear()
        self.working = Working(summary, self._console)
        self._status = self._console.status(self.working)
        self._status.start()

    def _show(self, line: str) -> None:
        if self.working is not None:
            self.working.line = line

    def _end_step(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = self.working = None

    def _error(self, error: dict[str, str | int], console: Console) -> None:
        for line in error_lines(error):
            label, colon, rest = line.partition(":")
            if colon and label in ("error", "found", "fix"):
                console.print(Text.assemble((f"{label}:", _ERROR_STYLES[label]), rest))
            else:
                console.print(Text.from_ansi(line))


_ERROR_STYLES = {"error": "bold red", "found": "bold", "fix": "bold green"}


def _took(seconds: float, changed: bool) -> str:
    return f"({seconds:.1f} s)" if changed else "(unchanged)"


def _style(instance: str) -> str:
    """The same colour for the same process name in every run."""
    return _PREFIX_STYLES[crc32(instance.encode()) % len(_PREFIX_STYLES)]
