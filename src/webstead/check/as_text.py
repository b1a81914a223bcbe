"""The findings for people: by file, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from webstead.check.finding import Finding
from webstead.check.run import counts
from webstead.check.shown import Lines, printable
from webstead.check.target import TITLES, Target

__all__ = ["as_text"]

_PROJECT = "(the project)"


def as_text(findings: Sequence[Finding], lines: Lines, target: Target) -> str:
    """Ends with what was counted."""
    blocks = [_file(path, list(group), lines) for path, group in groupby(findings, key=lambda f: f.path)]
    return "\n\n".join([*blocks, _summary(findings, target)])


def _file(path: str, findings: Sequence[Finding], lines: Lines) -> str:
    name = _PROJECT if path == "." else printable(path)
    return "\n".join([name, *(line for finding in findings for line in _finding(finding, lines))])


def _finding(finding: Finding, lines: Lines) -> Iterator[str]:
    where = ":".join(str(n) for n in (finding.line, finding.column) if n) or "-"
    yield f"  {where:<8}{finding.severity:<8} {printable(finding.why)}  [{finding.rule}]"
    source = lines.line(finding.path, finding.line)
    if source.strip():
        yield from _source(source, finding)
    for number, text in enumerate(finding.fix.splitlines()):
        yield f"          {'fix:' if not number else '    '} {printable(text)}"


def _source(source: str, finding: Finding) -> Iterator[str]:
    """The line without its indentation, and a mark below what is meant."""
    bare = source.lstrip()
    cut = len(source) - len(bare)
    yield f"          {finding.line:>4} | {bare}"
    if finding.column > cut and finding.column - 1 - cut < len(bare):
        at = finding.column - 1 - cut
        length = max(1, min(finding.length or 1, len(bare) - at))
        yield f"               | {' ' * at}{'^' * length}"


def _summary(findings: Sequence[Finding], target: Target) -> str:
    if not findings:
        return f"Nothing was found that would fail on {TITLES[target]}."
    number = counts(findings)
    parts = [f"{n} {word if n == 1 else word + 's'}" for word, n in number.items() if n]
    text = f"{', '.join(parts)} for {TITLES[target]}."
    fixable = sum(finding.edit is not None for finding in findings)
    return text + (f" --fix mends {fixable} of them." if fixable else "")
