"""What a site that is up says of itself to scripts: `state.json` in its private folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import write_atomically
from webstead.errors import WebsteadError
from webstead.site.layout import SiteLayout

__all__ = ["VERSION", "SiteState", "remove_state", "state_file", "write_state"]

VERSION = 1
"""It grows when a field changes its meaning or goes; new fields leave it."""


@dataclass(frozen=True, slots=True)
class SiteState:
    """error: why the files as they are now are not what is served; None when they are."""

    url: str
    offline: bool
    error: WebsteadError | None

    def as_json(self) -> dict[str, object]:
        error = self.error.as_json() if self.error else None
        return {
            "version": VERSION,
            "pid": os.getpid(),
            "url": self.url,
            "offline": self.offline,
            "error": error,
        }


def state_file(layout: SiteLayout) -> Path:
    return layout.run / "state.json"


def write_state(layout: SiteLayout, state: SiteState) -> None:
    layout.make()
    write_atomically(state_file(layout), json.dumps(state.as_json(), indent=1).encode() + b"\n", 0o600)


def remove_state(layout: SiteLayout) -> None:
    state_file(layout).unlink(missing_ok=True)
