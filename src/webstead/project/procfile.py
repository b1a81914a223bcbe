"""The commands that a project gives to its host: Procfile (Heroku's format: `name: command`), `run` of
appsvc.yaml, and the start file that App Service's users keep, startup.txt or startup.sh."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from webstead.project.command_line import NoCommandError, read_command
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.shell_steps import ShellSteps, read_script, read_steps
from webstead.project.stated import Stated
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = [
    "STARTUP_FILES",
    "ProcfileEntry",
    "read_procfile",
    "read_run",
    "read_startup_file",
    "through_script",
]

STARTUP_FILES = ("startup.txt", "startup.sh")
"""What App Service's documentation tells people to write; in the project's root."""

_LINE = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*$")
_SHELLS = frozenset({"sh", "bash"})


@dataclass(frozen=True, slots=True)
class ProcfileEntry:
    """name: `web`, `release`, `worker`… variables: assignments in front of the command (`A=1 gunicorn …`).
    directory: the folder that it changes to. before: commands that it runs before its last one, which words
    are."""

    name: str
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    evidence: Evidence
    directory: str = "."
    before: tuple[str, ...] = ()


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


def read_startup_file(tree: Tree, files: Sequence[str]) -> ProcfileEntry | None:
    """What startup.txt or startup.sh starts, as the entry `web`. A script that only a shell can run is run
    by one."""
    for name in STARTUP_FILES:
        text = decode(tree.read(name)).text if name in files else ""
        if not text.strip():
            continue
        try:
            steps = read_script(text)
        except NoCommandError as error:
            if not name.endswith(".sh") or error.what != "needs a shell":
                continue
            return _script(name, text)
        if steps.words == (name,) or name in steps.words:
            continue  # it names itself
        if len(steps.words) == 1 and steps.words[0].removeprefix("./") in STARTUP_FILES:
            continue  # startup.txt that names startup.sh
        evidence = Evidence(name, _line_of(text, steps), f"starts {' '.join(steps.words)}")
        return ProcfileEntry("web", steps.words, steps.variables, evidence, steps.directory, steps.before)
    return None


def _script(name: str, text: str) -> ProcfileEntry:
    first = text.splitlines()[0]
    shell = "bash" if first.startswith("#!") and "bash" in first else "sh"
    return ProcfileEntry("web", (shell, name), (), Evidence(name, 1, "is a script that starts the app"))


def _line_of(text: str, steps: ShellSteps) -> int:
    """The last line with the command's program."""
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if steps.words[0] in line]
    return numbers[-1] if numbers else 1


def read_run(stated: Stated) -> ProcfileEntry | Finding:
    """appsvc.yaml's `run` as the entry `web`; a shell runs what only a shell can."""
    try:
        steps = read_script(stated.value)
    except NoCommandError as error:
        if error.what != "needs a shell":
            where = stated.evidence
            return Finding(f"{where.where} {error.what}: {stated.value}", error.fix, (where,))
        steps = ShellSteps(("sh", "-c", stated.value))
    evidence = replace(stated.evidence, why=f"run: {stated.value.partition(chr(10))[0]}")
    return ProcfileEntry("web", steps.words, steps.variables, evidence, steps.directory, steps.before)


def through_script(entry: ProcfileEntry, tree: Tree, files: Sequence[str]) -> ProcfileEntry:
    """`web: sh start.sh`, when all that the script does is start the server: then that is the command."""
    if entry.name != "web":
        return entry
    words = entry.words[1:] if entry.words[0] in _SHELLS else entry.words
    path = words[0].removeprefix("./") if len(words) == 1 else ""
    if entry.directory != "." or path not in files or not path.endswith((".sh", ".bash")):
        return entry
    try:
        steps = read_script(decode(tree.read(path)).text)
    except NoCommandError:
        return entry
    if steps.before:
        return entry
    variables = (*entry.variables, *steps.variables)
    return replace(entry, words=steps.words, variables=variables, directory=steps.directory)


def _one(command: str) -> ShellSteps:
    """Of other processes nothing may be left out."""
    line = read_command(command)
    return ShellSteps(line.words, line.variables)


def _entry(name: str, command: str, evidence: Evidence) -> ProcfileEntry | Finding:
    try:
        steps = read_steps(command) if name == "web" else _one(command)
    except NoCommandError as error:
        fix = f"Write: {name}: {error.instead}" if error.instead else error.fix
        return Finding(f"{evidence.where} {error.what}: {command}", fix, (evidence,))
    return ProcfileEntry(name, steps.words, steps.variables, evidence, steps.directory, steps.before)
