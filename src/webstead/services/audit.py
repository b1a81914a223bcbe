"""`audit.jsonl`: a line for each change that was asked for and for each refusal. Never a secret, never a
query or a body.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

__all__ = ["LARGEST", "Audit", "AuditLine"]

LARGEST = 16 << 20
"""One file before this one is kept beside it: some 200,000 lines."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """time: in UTC. client: its address. who: `$shop`, `token:NAME`, "" for nobody who is known. refused: why
    it was; "" when it was let in, whatever came of it (status)."""

    time: str
    client: str
    who: str
    site: str
    method: str
    path: str
    status: int
    refused: str = ""


class Audit:
    """Appends lines to a file, which it keeps readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def write(self, line: AuditLine) -> None:
        """Raises OSError."""
        data = json.dumps(asdict(line), separators=(",", ":")).encode() + b"\n"
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, data)
                full = os.fstat(descriptor).st_size >= LARGEST
            finally:
                os.close(descriptor)
            if full:
                self._path.replace(self._path.with_suffix(".1.jsonl"))
