"""Commands in a site's home, over `/api/command` (reference 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from webstead.client.api import Api
from webstead.client.reading import fields_of

__all__ = ["Ran", "run_command"]

_SECONDS = 3600.0
"""A command answers when it has ended; the server ends one that stays silent."""


@dataclass(frozen=True, slots=True)
class Ran:
    output: str
    error: str
    code: int


def run_command(site: Api, command: str, directory: str) -> Ran:
    """directory: in the site's home, "" for the home itself. A code other than 0 is no error here."""
    answer = site.ask("POST", "/api/command", {"command": command, "dir": directory}, seconds=_SECONDS)
    fields = fields_of(answer, "the answer of a command")
    return Ran(fields.text("Output"), fields.text("Error"), fields.number("ExitCode"))
