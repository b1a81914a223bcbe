"""Plain lines, for pipes and files."""

from __future__ import annotations

import sys

from webstead.cli.report.text import event_text
from webstead.events import Event, Failed

__all__ = ["write_event"]


def write_event(event: Event) -> None:
    stream = sys.stderr if isinstance(event, Failed) else sys.stdout
    stream.write(event_text(event))
    stream.flush()
