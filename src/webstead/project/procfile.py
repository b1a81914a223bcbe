"""Procfile: the commands that a project gives to its host (Heroku's format: `name: command`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webstead.project.command_line import NoCommandError, read_command
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.text import decode

__all__ = ["ProcfileEntry", "read_procfile"]

_LINE = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*$")


@dataclass(frozen=True, slots=True)
class ProcfileEntry:
    """name: `web`, `release`, `worker`… variables: assignments in front of the command (`A=1 gunicorn …`)."""

    name: str
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    evidence: Evidence


def read_procfile(
    data: bytes, path: str = "Procfile"
) -> tuple[tuple[ProcfileEntry, ...], tuple[Finding, ...]]:
    """The entries, and a finding for each line that only a shell could run (there is never a shell here)."""
    entries: list[ProcfileEntry] = []
    findings: list[Finding] = []
    for number, line in enumerate(decode(data).lines, 1):
        match = _LINE.match(line)
        if not match or line.lstrip().startswith("#"):
            continue
        entry = _entry(match[1], match[2], Evidence(path, number, f"{match[1]}: {match[2]}"))
        if isinstance(entry, ProcfileEntry):
            entries.append(entry)
        else:
            findings.append(entry)
    return tuple(entries), tuple(findings)


def _entry(name: str, command: str, evidence: Evidence) -> ProcfileEntry | Finding:
    try:
        line = read_command(command)
    except NoCommandError as error:
        fix = f"Write: {name}: {error.instead}" if error.instead else error.fix
        return Finding(f"{evidence.where} {error.what}: {command}", fix, (evidence,))
    return ProcfileEntry(name, line.words, line.variables, evidence)
