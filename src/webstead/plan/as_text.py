"""A plan for people: each decision, its evidence, what lost and why, and how to override it. Plain lines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from webstead.plan.model import Plan, Process, PythonChoice, Start
from webstead.policies import MEANINGS
from webstead.project import Evidence

__all__ = ["as_text"]

_INDENT = "  "


def as_text(plan: Plan) -> str:
    """Sections with a heading each; ends with a line end."""
    sections = (
        _start(plan),
        _python(plan),
        _install(plan),
        _config(plan),
        _processes(plan),
        _settings(plan),
        _alternatives(plan),
        _warnings(plan),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _start(plan: Plan) -> Iterator[str]:
    if plan.start is not None:
        yield "Start"
        yield from _start_lines(plan.start)
        yield f"{_INDENT}to override: --app package.module:object, or --command 'words to run'"
        return
    for question in plan.questions:
        yield "No start"
        yield from (f"{_INDENT}{line}" for line in question.text.splitlines())
        yield from _evidence(question.evidence)
        yield from (f"{_INDENT}fix: {line}" for line in question.fix.splitlines())
        yield from (f"{_INDENT}type: {answer}" for answer in question.answers)


def _start_lines(start: Start) -> Iterator[str]:
    yield f"{_INDENT}{start.target or 'command'} ({start.interface})"
    yield f"{_INDENT}runs: {_typed(start.command)}"
    if start.directory != ".":
        yield f"{_INDENT}in: {start.directory}/"
    yield from _evidence(start.evidence)


def _typed(words: Sequence[str]) -> str:
    """The words in one line; quoted as a shell wants it where one of them has a space."""
    return shlex.join(words) if any(" " in word for word in words) else " ".join(words)


def _python(plan: Plan) -> Iterator[str]:
    yield "Python"
    yield f"{_INDENT}{plan.python.version} ({plan.python.implementation}){_support(plan.python)}"
    yield from _evidence(plan.python.evidence)
    if not plan.python.evidence:
        yield f"{_INDENT}nothing in the project names a version; this is the one that webstead runs on"
    yield f"{_INDENT}to override: --runtime 3.12, or a file .python-version"


def _support(python: PythonChoice) -> str:
    """What fixes it still gets; what it gets no more is a warning's to say."""
    if python.support is None or python.support.status not in ("bugfix", "security"):
        return ""
    table = python.support.table
    until = {"bugfix": table.bugfix_end, "security": table.end_of_life}[python.support.status]
    rest = f", security fixes until {table.end_of_life}" if python.support.status == "bugfix" else ""
    kind = "bug" if rest else "only security"
    return f": {kind} fixes until {until}{rest}"


def _install(plan: Plan) -> Iterator[str]:
    yield "Build"
    for number, step in enumerate(plan.install, 1):
        yield f"{_INDENT}{number}. {step.summary}"
        if step.kind != "environment":  # the lines above already say why this Python
            yield from _evidence(step.evidence, _INDENT * 2)


def _config(plan: Plan) -> Iterator[str]:
    if plan.webconfig is None:
        return
    yield "web.config"
    if plan.webconfig.source == "plan":
        yield f"{_INDENT}made by the plan:"
        yield from (f"{_INDENT * 2}{line}" for line in plan.webconfig.text.splitlines())
    else:
        yield f"{_INDENT}{plan.webconfig.path}, the project's own"
    for config in plan.nested:
        maker = "" if config.source == "file" else " (made by the plan)"
        yield f"{_INDENT}{config.path}, laid over it{maker}"
    for directory in plan.virtual:
        yield f"{_INDENT}{directory.path}/ is served from the collected static files"


def _processes(plan: Plan) -> Iterator[str]:
    if plan.processes:
        yield "Processes"
    for process in plan.processes:
        yield f"{_INDENT}{process.label}: {_typed(process.command)}"
        override = "--workers, --threads" if process.foreign is None else "--workers"
        yield f"{_INDENT * 2}{_counts(process)}; to override: {override}"
        if process.python_path:
            yield f"{_INDENT * 2}module path: {', '.join(process.python_path)}"
        if process.log_file:
            yield f"{_INDENT * 2}log: {process.log_file}"
        if process.renewed_for:
            yield f"{_INDENT * 2}renewed when these change: {', '.join(process.renewed_for)}"
        for field, written in process.policies.each():
            yield f"{_INDENT * 2}{written}: {MEANINGS[field]}"


def _counts(process: Process) -> str:
    instances = f"{process.instances} instance{'' if process.instances == 1 else 's'}"
    if process.foreign is not None:
        at_once = process.foreign.at_once
        many = "one request" if at_once == 1 else f"{at_once} requests"
        return f"{instances}, FastCGI, not Python, {many} at a time"
    if process.protocol == "http":
        return f"{instances}, HTTP on a port of its own"
    return f"{instances} of {process.threads} thread{'' if process.threads == 1 else 's'}, FastCGI"


def _settings(plan: Plan) -> Iterator[str]:
    if plan.settings:
        yield "Settings"
    for setting in plan.settings:
        yield f"{_INDENT}{setting.name}={setting.value}  ({setting.origin})"


def _alternatives(plan: Plan) -> Iterator[str]:
    if plan.alternatives:
        yield "Not chosen"
    for alternative in plan.alternatives:
        start = alternative.start
        name = start.target or " ".join(start.command)
        place = f" in {start.directory}/" if start.directory != "." else ""
        yield f"{_INDENT}{name}{place} ({start.interface}): {alternative.why_not}"
        yield from _evidence(start.evidence[:1], _INDENT * 2)


def _warnings(plan: Plan) -> Iterator[str]:
    if plan.warnings:
        yield "Warnings"
    for warning in plan.warnings:
        yield f"{_INDENT}{warning.text}"
        if warning.fix:
            yield f"{_INDENT * 2}fix: {warning.fix}"


def _evidence(evidence: Sequence[Evidence], indent: str = _INDENT) -> Iterator[str]:
    return (f"{indent}because: {item.where}  {item.why}" for item in evidence)
