"""The findings as JSON values: the contract of `webstead check --json`. Version: JSON_VERSION."""

from __future__ import annotations

from collections.abc import Sequence

from webstead.check.finding import Finding
from webstead.check.run import counts
from webstead.check.target import Target

__all__ = ["JSON_VERSION", "as_json"]

JSON_VERSION = 1
"""It grows when a field changes its meaning or goes; new fields leave it."""


def as_json(
    findings: Sequence[Finding], target: Target, mended: Sequence[Finding] = (), diff: str = ""
) -> dict[str, object]:
    """mended: what `--fix` has mended; diff: what it would write."""
    return {
        "version": JSON_VERSION,
        "target": target,
        "counts": {f"{severity}s": number for severity, number in counts(findings).items()},
        "findings": [_finding(finding) for finding in findings],
        "mended": [_finding(finding) for finding in mended],
        "diff": diff,
    }


def _finding(finding: Finding) -> dict[str, str | int | bool]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "why": finding.why,
        "fix": finding.fix,
        "fixable": finding.edit is not None,
    }
