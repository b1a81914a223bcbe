"""--log-file: everything that happens, also what the terminal does not show, each line with its time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TextIO

from webstead.cli.report.progress import progress_text
from webstead.cli.report.text import event_text
from webstead.effects.clock import Clock, SystemClock
from webstead.errors import UsageError
from webstead.events import Event, StepProgress

__all__ = ["LogFile"]

PAUSE_SECONDS = 5.0  # between two lines of a step's progress
_MODE = 0o600  # an app's output may hold what is not everybody's


class LogFile:
    """Appends; each event is on disk before the next. A disk that is full later stops the log, not the
    command: `failure` then says so."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        """Makes the file and its folders. Raises UsageError when it cannot be written."""
        self._clock = clock or SystemClock()
        self._next = 0.0
        self.failure = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)
        except OSError as error:
            raise UsageError(
                f"The log cannot be written: {path}",
                found=error.strerror or str(error),
                fix="Name a file in a folder that may be written with --log-file.",
            ) from None
        self._file: TextIO = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def __call__(self, event: Event) -> None:
        now = self._clock.monotonic()
        if isinstance(event, StepProgress):
            if now < self._next and event.done != event.total:
                return
            self._next = now + PAUSE_SECONDS
        stamp = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self._file.write("".join(f"{stamp} {line}\n" for line in _text(event).splitlines()))
            self._file.flush()
        except OSError as error:
            self.failure = self.failure or (error.strerror or str(error))

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:  # what could not be flushed before
            self.failure = self.failure or str(error)


def _text(event: Event) -> str:
    """As the plain lines; what these leave out, as JSON."""
    if isinstance(event, StepProgress):
        return f"{'':11}{progress_text([event])}"
    return event_text(event) or json.dumps(event.as_json(), ensure_ascii=False)
