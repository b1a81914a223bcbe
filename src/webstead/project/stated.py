"""A setting as a project's file, or its user, states it."""

from __future__ import annotations

from dataclasses import dataclass

from webstead.project.evidence import Evidence

__all__ = ["Stated"]


@dataclass(frozen=True, slots=True)
class Stated:
    name: str
    value: str
    evidence: Evidence
