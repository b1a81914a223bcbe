"""One JSON object a line, for scripts."""

from __future__ import annotations

import json
import sys

from webstead.events import Event

__all__ = ["write_event"]


def write_event(event: Event) -> None:
    sys.stdout.write(json.dumps(event.as_json(), ensure_ascii=False) + "\n")
    sys.stdout.flush()
