"""Rewrite maps: from a key to a value, both written in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Maps", "RewriteMap"]


@dataclass(frozen=True, slots=True)
class RewriteMap:
    """`rewriteMap`. entries: by key, in lower case when case does not count."""

    name: str
    entries: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    ignore_case: bool = True

    def look_up(self, key: str) -> str:
        return self.entries.get(key.lower() if self.ignore_case else key, self.default)


Maps = Mapping[str, RewriteMap]
"""By name, in lower case."""
