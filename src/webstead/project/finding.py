"""A finding: something in the project that its owner should know, with the place and the cure."""

from __future__ import annotations

from dataclasses import dataclass

from webstead.project.evidence import Evidence

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """It becomes a warning of the plan. text: one sentence. fix: what to change, or empty."""

    text: str
    fix: str = ""
    evidence: tuple[Evidence, ...] = ()
