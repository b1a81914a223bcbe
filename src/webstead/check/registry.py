"""All rules: what `webstead check` looks for."""

from __future__ import annotations

from webstead.check.catalogue import content, installing, running, sections
from webstead.check.rule import Rule

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (*sections.RULES, *running.RULES, *content.RULES, *installing.RULES)
