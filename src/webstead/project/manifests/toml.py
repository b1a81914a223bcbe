"""TOML of anybody, looked at without trust: what has another type than it should counts as not there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from webstead.project.text import decode

__all__ = ["Table", "parse_toml", "table", "tables", "text", "texts"]

Table: TypeAlias = Mapping[str, object]


@lru_cache(maxsize=8)
def parse_toml(data: bytes) -> Table:
    """Kept, as one lock is asked for its names, its hashes and its paths. Raises ValueError, of which
    TOMLDecodeError is one, also for what is nested too deeply."""
    try:
        return tomllib.loads(decode(data).text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def table(value: object, *keys: str) -> Table:
    """The table under these keys, one in the other; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def tables(value: Table, key: str) -> tuple[Table, ...]:
    """The tables in an array."""
    found = value.get(key)
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()


def text(value: Table, key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def texts(value: Table, key: str) -> tuple[str, ...]:
    """The words in an array."""
    found = value.get(key)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()
