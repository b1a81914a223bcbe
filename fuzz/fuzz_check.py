"""Fuzz `webstead check`: `python fuzz check`.

Any bytes as web.config are checked for every target; what is printed of it is text, and edits keep the file
one that can be read.
"""

from __future__ import annotations

import json
from datetime import date

from webstead.check import TARGETS, Lines, Subject, as_sarif, as_text, changes, check, read_subject
from webstead.project.tree import MemoryTree

__all__ = ["one"]

_DAY = date(2026, 11, 26)
_FILES: dict[str, bytes | str] = {
    "app.py": "app = None\n",
    "static/a.css": "",
    "requirements.txt": "gunicorn\n",
}


def one(data: bytes) -> None:
    """The file, and the same as the inside of one."""
    for text in (data, b"<configuration><system.webServer>" + data + b"</system.webServer></configuration>"):
        for target in TARGETS:
            subject = read_subject(MemoryTree({**_FILES, "web.config": text}), target, _DAY)
            _check(subject)


def _check(subject: Subject) -> None:
    findings = check(subject)
    shown = as_text(findings, Lines(subject), subject.target)
    if not all(char.isprintable() or char in "\n\t" for char in shown):
        raise AssertionError(f"a terminal would obey: {shown!r}")
    json.dumps(as_sarif(findings, subject.documents)).encode()
    texts = {document.path: document.text.text for document in subject.documents}
    for change in changes(findings, texts):
        document = subject.document(change.path)
        if document is None:
            continue
        files = {**_FILES, change.path: document.text.encoded(change.after)}
        after = read_subject(MemoryTree(files), subject.target, _DAY)
        if after.document(change.path) is None:
            raise AssertionError(f"an edit breaks the file: {change.after!r}")
