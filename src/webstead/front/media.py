"""The Content-Type that a file is sent with."""

from __future__ import annotations

__all__ = ["with_charset"]

_SCRIPT = "application/javascript"


def with_charset(kind: str) -> str:
    """A type of the site's map; text (and script) without a charset gets `charset=utf-8`."""
    bare = kind.partition(";")[0].strip().lower()
    textual = bare.startswith("text/") or bare == _SCRIPT
    return f"{kind}; charset=utf-8" if textual and "charset" not in kind.lower() else kind
