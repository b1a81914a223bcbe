"""The nouns of the server's own management. The first route that fits a path is taken."""

from __future__ import annotations

from webstead.services.assembly import Noun
from webstead.services.server import health, sites

__all__ = ["NOUNS"]

NOUNS: tuple[Noun, ...] = (health, sites)
