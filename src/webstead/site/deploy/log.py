"""The log of a deployment: entries, and below those of a step what it printed. A build's events become
entries; what is printed is bounded, and a long silence is broken by a line that says so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from webstead.effects.clock import Clock
from webstead.errors import WebsteadError
from webstead.events import Event, Note, StepDone, StepOutput, StepProgress, StepStarted
from webstead.site.store import Store
from webstead.site.store.deployment_log import add_entries, add_entry
from webstead.site.store.model import EntryType

__all__ = ["DeploymentLog"]

MOST_LINES = 400
"""Below one entry: what a person reads. The beginning is kept, and the end, where a failure says why."""

LAST_LINES = 100
LONGEST_LINE = 4_000
FLUSH_SECONDS = 0.5
SILENCE_SECONDS = 10.0


@dataclass(slots=True)
class _Parent:
    """An entry that lines are added below. waiting: not yet recorded. last: the end of a long output."""

    id: str
    name: str
    began: float
    waiting: list[tuple[datetime, EntryType, str]] = field(default_factory=list)
    last: deque[tuple[datetime, EntryType, str]] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    lines: int = 0
    flushed: float = 0.0
    spoke: float = 0.0


class DeploymentLog:
    """Of one deployment. told: gets each line as it is logged, for who waits for the deployment's end, as
    git's client does. May be used from several threads."""

    def __init__(
        self,
        store: Store,
        site: str,
        deployment: str,
        clock: Clock,
        told: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._store = store
        self._site = site
        self._deployment = deployment
        self._clock = clock
        self._told = told
        self._lock = threading.RLock()
        self._open: _Parent | None = None

    def say(self, message: str) -> None:
        self._add(message, EntryType.MESSAGE)

    def warn(self, message: str) -> None:
        self._add(message, EntryType.WARNING)

    def fail(self, error: WebsteadError) -> None:
        """The whole error: what happened, and below it what was found, what to do, and the last words of
        what failed."""
        with self._lock:
            parent = self._add(error.what, EntryType.ERROR)
            found = [line for text in (error.found, error.fix) if text for line in text.splitlines()]
            detail = error.detail.splitlines()[-LAST_LINES:]
            now = self._clock.now()
            rows = [(now, EntryType.ERROR, line[:LONGEST_LINE]) for line in (*found, *detail) if line.strip()]
            if rows:
                add_entries(self._store, self._site, self._deployment, rows, parent=parent)
            for _, _, line in rows:
                self._told(line)

    def begin(self, message: str) -> None:
        """An entry that what is printed from now on stands below."""
        with self._lock:
            self.end()
            entry = self._add(message, EntryType.MESSAGE)
            now = self._clock.monotonic()
            self._open = _Parent(entry, message, now, flushed=now, spoke=now)

    def line(self, text: str, kind: EntryType = EntryType.MESSAGE) -> None:
        """Below the entry that is open; by itself when none is."""
        with self._lock:
            parent = self._open
            if parent is None:
                self._add(text, kind)
                return
            parent.spoke = self._clock.monotonic()
            parent.lines += 1
            row = (self._clock.now(), kind, text[:LONGEST_LINE])
            (parent.waiting if parent.lines <= MOST_LINES else parent.last).append(row)
            self._told(text)
            self._flush(parent, FLUSH_SECONDS)

    def end(self, message: str = "") -> None:
        """Close the entry that is open. message: its last line."""
        with self._lock:
            parent, self._open = self._open, None
            if parent is None:
                return
            now = self._clock.now()
            left_out = parent.lines - MOST_LINES - len(parent.last)
            if left_out > 0:
                parent.waiting.append((now, EntryType.MESSAGE, f"({left_out} lines are left out here.)"))
            parent.waiting += parent.last
            if message:
                parent.waiting.append((now, EntryType.MESSAGE, message))
                self._told(message)
            self._flush(parent, 0.0)

    def tick(self) -> None:
        """From time to time while something runs: what waits is recorded, a long silence is said."""
        with self._lock:
            parent = self._open
            if parent is None:
                return
            now = self._clock.monotonic()
            if now - parent.spoke >= SILENCE_SECONDS:
                self.line(f"It still runs, after {now - parent.began:.0f} s.")
            self._flush(parent, FLUSH_SECONDS)

    def emit(self, event: Event) -> None:
        """What a build tells."""
        match event:
            case StepStarted():
                self.begin(event.summary[:1].upper() + event.summary[1:])
            case StepOutput():
                self.line(event.line)
            case StepProgress():
                self._progress(event)
            case StepDone():
                self.end(f"Done in {event.seconds:.1f} s." if event.changed else "Nothing to do.")
            case Note(level="warning"):
                self.warn(event.text)
            case Note():
                self.line(event.text)
            case _:
                pass  # a plan is told by the pipeline, in its own words

    def _progress(self, event: StepProgress) -> None:
        """At most every ten seconds."""
        with self._lock:
            parent = self._open
            if parent is not None and self._clock.monotonic() - parent.spoke >= SILENCE_SECONDS:
                total = f" of {event.total:,}" if event.total else ""
                self.line(f"{event.what}: {event.done:,}{total} {event.unit}")

    def _add(self, message: str, kind: EntryType) -> str:
        with self._lock:
            self._told(message)
            text = message[:LONGEST_LINE]
            return add_entry(
                self._store, self._site, self._deployment, text, now=self._clock.now(), type=kind
            )

    def _flush(self, parent: _Parent, after: float) -> None:
        now = self._clock.monotonic()
        if parent.waiting and now - parent.flushed >= after:
            parent.flushed = now
            add_entries(self._store, self._site, self._deployment, parent.waiting, parent=parent.id)
            parent.waiting = []  # what was not recorded waits on
