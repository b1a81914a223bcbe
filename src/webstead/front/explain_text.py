"""An explanation for people: what was asked, each step, the outcome, what the app would see. Plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from webstead.formats.webconfig.listing import Line
from webstead.front.explain import Explanation, masked_line

__all__ = ["as_text", "printable"]

_INDENT = "  "


def as_text(explanation: Explanation) -> str:
    """Sections with a heading each; ends with a line end."""
    sections = (_asked(explanation), _steps(explanation), _sees(explanation), _configuration(explanation))
    return "\n\n".join("\n".join(map(printable, lines)) for lines in map(list, sections) if lines) + "\n"


def printable(line: str) -> str:
    """A URL or a file may hold what a terminal would obey, or what no encoding has."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


def _asked(explanation: Explanation) -> Iterator[str]:
    asked = explanation.asked
    yield f"{asked.method} {asked.scheme}://{asked.host}{asked.target}"
    yield f"{_INDENT}{explanation.outcome}"
    if explanation.rewritten:
        yield f"{_INDENT}as {explanation.path}" + (f"?{explanation.query}" if explanation.query else "")
    if explanation.handler is not None:
        yield f"{_INDENT}handler {explanation.handler.name}: {explanation.handler.origin}"


def _steps(explanation: Explanation) -> Iterator[str]:
    if explanation.steps:
        yield "Steps"
    for step in explanation.steps:
        origin = f"  ({step.origin})" if step.origin else ""
        yield f"{_INDENT}{step.stage:<8} {step.text}{origin}"


def _sees(explanation: Explanation) -> Iterator[str]:
    if explanation.sees_what == "environment":
        yield "The app's environment of this request"
        yield from (f"{_INDENT}{shown.name}={shown.value}" for shown in explanation.sees)
    elif explanation.sees_what == "headers":
        yield "What the process gets"
        for shown in explanation.sees:
            yield f"{_INDENT}{shown.name}: {shown.value}" if shown.name else f"{_INDENT}{shown.value}"


def _configuration(explanation: Explanation) -> Iterator[str]:
    """One line for each element of a file: the place of the first of its values."""
    if explanation.configuration:
        yield "Configuration in force"
    section = ""
    for (path, _, _), group in groupby(explanation.configuration, _element):
        if path != section:
            section = path
            yield f"{_INDENT}{section}"
        lines = list(group)
        values = (f'{line.name}="{masked_line(line)}"' for line in lines if line.name)
        yield _INDENT * 2 + " ".join(filter(None, (lines[0].place, *values))) + f"  ({lines[0].origin})"


def _element(line: Line) -> tuple[str, str, str]:
    return line.section, line.place, line.origin.path
