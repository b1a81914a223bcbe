"""`-p key=value`: the build's properties. Keys have no case; a later one wins."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["read_properties", "read_property"]

_QUOTES = "\"'"


def read_property(text: str) -> tuple[str, str]:
    """Key in lower case, and value: `name` alone has the value "". Raises ValueError with the message."""
    key, _, value = text.partition("=")
    name = _unquoted(key)
    if text.startswith("="):
        raise ValueError(f"Property key cannot start with '=' for property '{text}'")
    if not name:
        raise ValueError(f"Property key cannot be empty for property '{text}'")
    return name.lower(), _unquoted(value)


def read_properties(texts: Iterable[str]) -> dict[str, str]:
    """Raises ValueError for the first that is none."""
    return dict(read_property(text) for text in texts)


def _unquoted(text: str) -> str:
    """Without the quotes that a script has put around it."""
    bare = text.strip()
    quoted = len(bare) > 1 and bare[0] == bare[-1] and bare[0] in _QUOTES
    return bare[1:-1].strip() if quoted else bare
