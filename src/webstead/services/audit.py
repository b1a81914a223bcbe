"""`audit.jsonl`: a line for each change that was asked for, and for each refusal of somebody who is known.
`strangers.jsonl`: who is not known, summed up; a file of its own, so that nobody without credentials can make
the other lose what it holds. Never a secret, never a query or a body.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from webstead.services.audit_line import AuditLine
from webstead.services.strangers import Strangers

__all__ = ["KEPT", "LARGEST", "Audit"]

LARGEST = 16 << 20
"""Bytes of one file: some 50,000 lines."""

KEPT = 5
"""Old files beside the one that is written: whoever has credentials of one site writes here, too."""


class Audit:
    """Appends lines to files in a folder, which it keeps readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        self._known = _File(folder, "audit")
        self._unknown = _File(folder, "strangers")
        self._strangers = Strangers()
        self._lock = Lock()

    def write(self, line: AuditLine, now: float) -> None:
        """now: monotonic seconds. Raises OSError."""
        with self._lock:
            self._unknown.append(self._strangers.due(now) if line.who else self._strangers.noted(line, now))
            if line.who:
                self._known.append((line,))

    def close(self) -> None:
        """What was only counted is written. Raises OSError."""
        with self._lock:
            self._unknown.append(self._strangers.rest())


@dataclass(frozen=True, slots=True)
class _File:
    """`NAME.jsonl`; `NAME.1.jsonl` and so on are its older ones."""

    folder: Path
    name: str

    def append(self, lines: Sequence[AuditLine]) -> None:
        if not lines:
            return
        data = b"".join(json.dumps(asdict(line), separators=(",", ":")).encode() + b"\n" for line in lines)
        descriptor = os.open(self._path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, data)
            full = os.fstat(descriptor).st_size >= LARGEST
        finally:
            os.close(descriptor)
        if full:
            self._move_on()

    def _move_on(self) -> None:
        for number in range(KEPT - 1, -1, -1):
            with suppress(FileNotFoundError):
                self._path(number).replace(self._path(number + 1))

    def _path(self, number: int = 0) -> Path:
        return self.folder / (f"{self.name}.{number}.jsonl" if number else f"{self.name}.jsonl")
