"""Edits put into texts, and shown as a diff. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webstead.check.finding import Edit, Finding

__all__ = ["Change", "apply", "changes", "diff"]


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after. before: None where it is not there."""

    path: str
    before: str | None
    after: str
    findings: tuple[Finding, ...]


def changes(findings: Iterable[Finding], texts: Mapping[str, str]) -> tuple[Change, ...]:
    """What the findings' edits make of the files. texts: by path, of the files that are there. Of edits that
    overlap, the first is made; the next run finds the other."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.edit is not None:
            by_path.setdefault(finding.edit.path, []).append(finding)
    made = (_change(path, members, texts.get(path)) for path, members in by_path.items())
    return tuple(change for change in made if change is not None)


def _change(path: str, findings: list[Finding], before: str | None) -> Change | None:
    edits = [(finding.edit, finding) for finding in findings if finding.edit is not None]
    if before is None:
        created = [pair for pair in edits if pair[0].creates][:1]
        return Change(path, None, created[0][0].text, (created[0][1],)) if created else None
    taken: list[tuple[Edit, Finding]] = []
    for edit, finding in sorted(edits, key=lambda pair: (pair[0].start, pair[0].end)):
        if not edit.creates and (not taken or taken[-1][0].end <= edit.start):
            taken.append((edit, finding))
    after = apply(before, [edit for edit, _ in taken])
    return None if after == before else Change(path, before, after, tuple(finding for _, finding in taken))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap; all else stays as it is, to the letter."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def diff(change: Change) -> str:
    """As `diff -u` shows it. Line ends are not shown: no edit changes one."""
    before = [] if change.before is None else change.before.splitlines()
    source = "/dev/null" if change.before is None else f"a/{change.path}"
    lines = difflib.unified_diff(before, change.after.splitlines(), source, f"b/{change.path}", lineterm="")
    text = "\n".join(lines)
    return text or f"--- {source}\n+++ b/{change.path} (an empty file)"
