"""Asking the rules, and counting what they find."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from webstead.check.finding import SEVERITIES, Finding, Severity
from webstead.check.registry import RULES
from webstead.check.rule import Found, Rule
from webstead.check.subject import Subject

__all__ = ["check", "counts", "fails"]

MAX_TEXT = 2000
"""Longest words of a finding, in characters."""


def check(
    subject: Subject, select: Collection[str] = (), ignore: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What the rules for the subject's target find: by file, line, and what matters most. select: only these
    rules; ignore: without these."""
    asked = [
        rule
        for rule in RULES
        if subject.target in rule.targets and (not select or rule.id in select) and rule.id not in ignore
    ]
    found = {_finding(rule, each) for rule in asked for each in rule.find(subject)}
    return tuple(sorted(found, key=_order))


def _finding(rule: Rule, found: Found) -> Finding:
    place = found.place
    length = place.end - place.start
    severity = found.severity or rule.severity
    why, fix = _cut(found.why), _cut(found.fix)
    return Finding(rule.id, severity, place.path, place.line, place.column, why, fix, length, found.edit)


def _cut(text: str) -> str:
    """A file may hold names and values of any length."""
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def _order(finding: Finding) -> tuple[object, ...]:
    depth = (finding.path.count("/"), finding.path)
    severity = SEVERITIES.index(finding.severity)
    return (*depth, finding.line, finding.column, severity, finding.rule, finding.why)


def counts(findings: Sequence[Finding]) -> dict[Severity, int]:
    """By severity, those that there are none of too."""
    return {severity: sum(each.severity == severity for each in findings) for severity in SEVERITIES}


def fails(findings: Sequence[Finding], *, strict: bool) -> bool:
    """Whether the check fails: an error, or with strict a warning too. Notes never do."""
    return any(each.severity == "error" or (strict and each.severity == "warning") for each in findings)
