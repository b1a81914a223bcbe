"""Evidence: a fact found in the project, and where."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Evidence"]


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """path is relative to the project, with `/`; line counts from 1, and is 0 where the whole file is
    meant."""

    path: str
    line: int
    why: str

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def as_json(self) -> dict[str, str | int]:
        return {"path": self.path, "line": self.line, "why": self.why}
