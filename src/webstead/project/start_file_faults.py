"""What is wrong with a Procfile, startup.txt or startup.sh and does not keep it from being read: lines that
say nothing, and files that are not there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from webstead.project.candidates import Candidate
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.paths import join
from webstead.project.procfile import STARTUP_FILES, ProcfileEntry
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["missing_script", "start_file_faults"]

_NAMED = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:\s*(.*)$")
_FORGOTTEN = re.compile(r"\s*(web|worker|release)\s+(\S.*)$")
_PROGRAMS = re.compile(r"(python[\d.]*|sh|bash|dash)(\.exe)?")
_SCRIPT = re.compile(r"(?:\./)?[\w./-]+\.(py|sh|bash)")
_WWWROOT = "/home/site/wwwroot/"
_ELSEWHERE = re.compile(r"%(PORT|HTTP_PLATFORM_PORT|[A-Z_]+)%")


def start_file_faults(
    tree: Tree,
    files: Collection[str],
    procfile: Sequence[ProcfileEntry],
    startup: ProcfileEntry | None,
    candidates: Sequence[Candidate],
) -> Iterator[Finding]:
    """procfile, startup: what was read of them. candidates: the apps of the code."""
    path = next((path for path in files if path.lower() == "procfile"), None)
    if path is not None:
        lines = list(enumerate(decode(tree.read(path)).lines, 1))
        yield from _lines(path, lines)
        if not any(entry.name == "web" for entry in procfile):
            yield from _without_web(path, lines, procfile)
    for name in STARTUP_FILES:
        if name in files and not decode(tree.read(name)).text.strip():
            evidence = Evidence(name, 0, "is empty")
            yield Finding(
                f"{name} is empty.", "Write the command that starts the app, or delete it.", (evidence,)
            )
    for entry in (*procfile, *([startup] if startup else [])):
        yield from _of_command(entry, candidates)


def _lines(path: str, lines: Sequence[tuple[int, str]]) -> Iterator[Finding]:
    first: Evidence | None = None
    for number, line in lines:
        named, forgotten = _NAMED.match(line), _FORGOTTEN.match(line)
        evidence = Evidence(path, number, f"says {line.strip()[:80]}")
        if named is None and forgotten:
            fix = f"Write {forgotten[1]}: {forgotten[2].strip()}"
            yield Finding(f"{evidence.where} has no colon after {forgotten[1]}.", fix, (evidence,))
        elif named and not named[2].strip():
            fix = f"Write the command behind {named[1]}:, or delete the line."
            yield Finding(f"{evidence.where}: {named[1]} starts nothing.", fix, (evidence,))
        elif named and named[1] == "web":
            if first is not None:
                text = f"{evidence.where} is a second web: line; that of {first.where} is taken."
                yield Finding(text, "Keep one of them.", (first, evidence))
            first = first or evidence


def _without_web(
    path: str, lines: Sequence[tuple[int, str]], procfile: Sequence[ProcfileEntry]
) -> Iterator[Finding]:
    for number, line in lines:
        named = _NAMED.match(line)
        if named and named[1].lower() == "web" and named[1] != "web":
            evidence = Evidence(path, number, f"says {named[1]}")
            yield Finding(f"{evidence.where}: {named[1]} is not web.", f"Write web: {named[2]}", (evidence,))
            return
    others = sorted({entry.name for entry in procfile} - {"release"})
    if others:
        text = f"{path} starts no web process, only {', '.join(others)}."
        fix = "Add a line web: with the command that serves it. Other processes are not started here."
        yield Finding(text, fix, (procfile[0].evidence,))


def _of_command(entry: ProcfileEntry, candidates: Sequence[Candidate]) -> Iterator[Finding]:
    if entry.name != "web":
        return
    where = entry.evidence.where
    for candidate in candidates:
        bare = candidate.target.removesuffix(candidate.framework.attribute)
        if bare != candidate.target and bare in entry.words and candidate.framework.attribute:
            text = f"{where} serves {bare}, which is a {candidate.framework.name} object; its app is another."
            yield Finding(text, f"Write {candidate.target}", (entry.evidence,))
    windows = next((match for word in entry.words if (match := _ELSEWHERE.search(word))), None)
    if windows and windows[1] != "HTTP_PLATFORM_PORT":
        text = f"{where} has {windows[0]}, which only Windows fills in."
        yield Finding(text, f"Write ${windows[1]}", (entry.evidence,))


def missing_script(words: Sequence[str], directory: str, files: Collection[str]) -> str | None:
    """The script that a command runs and that is not there: `python serve.py`, `./start.sh`."""
    named = words[1:2] if words and _PROGRAMS.fullmatch(words[0]) else words[:1]
    for word in named:
        path = word.removeprefix(_WWWROOT)
        if not _SCRIPT.fullmatch(path) or path.startswith("/") or (word is words[0] and "/" not in word):
            continue
        inside = join(directory, path)
        return word if inside is not None and inside not in files else None
    return None
