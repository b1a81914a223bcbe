"""Plain lines, for pipes and files: one for each step, and more only where a step takes long or is the
project's own."""

from __future__ import annotations

import sys

from webstead.cli.report.progress import progress_text
from webstead.cli.report.text import event_text
from webstead.effects.clock import Clock, SystemClock
from webstead.events import Event, Failed, StepDone, StepOutput, StepProgress, StepStarted

__all__ = ["PlainReporter"]

LONG_SECONDS = 10.0  # after which a step is named before it ends
PAUSE_SECONDS = 30.0  # between two lines of its progress: CI ends what is silent for minutes

_OWN_WORDS = frozenset({"pre-build", "custom", "post-build", "release"})
"""Steps that run commands of the project: what these print is for whoever wrote them."""


class PlainReporter:
    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._summary = ""
        self._named = True
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted(summary=summary):
                self._summary, self._named = summary, False
                self._next = self._clock.monotonic() + LONG_SECONDS
            case StepOutput(step=step):
                if step in _OWN_WORDS:
                    self._name()
                    _write(event_text(event))
                else:
                    self._name_if_long()
            case StepProgress():
                if self._name_if_long():
                    _write(f"{'':11}{progress_text([event])}\n")
            case StepDone(seconds=seconds, changed=changed):
                took = f" ({seconds:.1f} s)" if changed else ""
                _write(f"{'Done' if changed else 'Unchanged':11}{self._summary}{took}\n")
                self._named = True
            case Failed():
                self._name()
                _write(event_text(event), error=True)
            case _:
                _write(event_text(event))

    def _name(self) -> None:
        """Say which step it is, once."""
        if not self._named:
            self._named = True
            _write(f"{'Step':11}{self._summary}\n")

    def _name_if_long(self) -> bool:
        """True when it is time for a line again."""
        now = self._clock.monotonic()
        if now < self._next:
            return False
        self._name()
        self._next = now + PAUSE_SECONDS
        return True


def _write(text: str, *, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    stream.write(text)
    stream.flush()
