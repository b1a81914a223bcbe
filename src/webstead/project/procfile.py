"""Procfile: the commands that a project gives to its host (Heroku's format: `name: command`)."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.text import decode

__all__ = ["ProcfileEntry", "read_procfile"]

_LINE = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*$")
_SHELL_WORDS = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<"})
_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")


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
    fix = "Put the steps into a script that the project holds, and name it: web: sh start.sh"
    try:
        words = shlex.split(command)
    except ValueError as error:
        return Finding(f"{evidence.where} cannot be read: {error}.", "Close the quotes.", (evidence,))
    if _SHELL_WORDS.intersection(words) or any("$(" in word or "`" in word for word in words):
        return Finding(f"{evidence.where} needs a shell: {command}", fix, (evidence,))
    count = next((n for n, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    variables = [(left, right) for left, _, right in (word.partition("=") for word in words[:count])]
    if count == len(words):
        return Finding(
            f"{evidence.where} names no command.", "Write the command after the colon.", (evidence,)
        )
    return ProcfileEntry(name, tuple(words[count:]), tuple(variables), evidence)
