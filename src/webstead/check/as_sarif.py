"""The findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), which code hosts and
editors show beside the lines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import webstead
from webstead.check.document import Document
from webstead.check.finding import Edit, Finding, Severity
from webstead.check.registry import RULES
from webstead.check.rule import Rule

__all__ = ["SCHEMA", "as_sarif"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "note": "note"}
_INDEX = {rule.id: index for index, rule in enumerate(RULES)}


def as_sarif(findings: Sequence[Finding], documents: Sequence[Document] = ()) -> dict[str, object]:
    """One run. documents: the files that edits are about, for their regions."""
    driver = {
        "name": "webstead check",
        "version": webstead.__version__,
        "semanticVersion": webstead.__version__,
        "rules": [_rule(rule) for rule in RULES],
    }
    by_path = {document.path: document for document in documents}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, by_path) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": f"{rule.title[0].upper()}{rule.title[1:]}."},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, documents: Mapping[str, Document]) -> dict[str, object]:
    text = finding.why + (f" Fix: {finding.fix}" if finding.fix else "")
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(text)},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": {"webstead/v1": _fingerprint(finding)},
    }
    document = documents.get(finding.edit.path) if finding.edit else None
    if finding.edit and document and not finding.edit.creates:
        result["fixes"] = [_fix(finding, finding.edit, document)]
    return result


def _location(finding: Finding) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": {"uri": _uri(finding.path)}}
    if finding.line:
        region = {"startLine": finding.line}
        if finding.column:
            region["startColumn"] = finding.column
            region["endColumn"] = finding.column + max(finding.length, 1)
        location["region"] = region
    return location


def _fix(finding: Finding, edit: Edit, document: Document) -> dict[str, object]:
    start, end = document.line_of(edit.start), document.line_of(edit.end)
    region = {"startLine": start[0], "startColumn": start[1], "endLine": end[0], "endColumn": end[1]}
    replacement = {"deletedRegion": region, "insertedContent": {"text": _text(edit.text)}}
    change = {"artifactLocation": {"uri": _uri(edit.path)}, "replacements": [replacement]}
    return {"description": {"text": _text(finding.fix or finding.why)}, "artifactChanges": [change]}


def _fingerprint(finding: Finding) -> str:
    """The same finding in the next run, also when lines moved."""
    words = "\0".join((finding.rule, finding.path, finding.why))
    return hashlib.sha256(words.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _uri(path: str) -> str:
    return quote(path, safe="/-._~", errors="backslashreplace")


def _text(text: str) -> str:
    """JSON cannot hold half of a character."""
    return text.encode("utf-8", "backslashreplace").decode()
