"""A finding: what would fail, where it stands, why, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SEVERITIES", "Edit", "Finding", "Severity"]

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: it fails. warning: it may fail, or does not do what it says. note: worth knowing."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file that mends a finding and nothing else. start, end: offsets in the file's text, as
    `formats.webconfig.document.read_text` gives it. creates: the file is not there, and text is all of it."""

    path: str
    start: int
    end: int
    text: str
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """rule: its id. path: relative to the project, with `/`. line and column count from 1; 0: the whole file,
    or unknown. length: of what is meant, in characters. why: one or two sentences. fix: what to write or to
    type."""

    rule: str
    severity: Severity
    path: str
    line: int
    column: int
    why: str
    fix: str = ""
    length: int = 0
    edit: Edit | None = None
