"""Fuzz URL paths: `python fuzz urlpath`.

A raw path is refused, or has a canonical form that stays in the site and means itself.
"""

from __future__ import annotations

from urllib.parse import quote

from webstead.formats.webconfig.urlpath import BadPath, canonical, resolve

__all__ = ["one"]


def one(data: bytes) -> None:
    try:
        path = canonical(data)
    except BadPath:
        return
    segments = path.split("/")
    if segments[0] or {".", ".."} & set(segments) or "" in segments[1:-1] or "\\" in path or "\0" in path:
        raise AssertionError(f"not canonical: {path!r}")
    if resolve(path) != path:
        raise AssertionError(f"not its own canonical form: {path!r}")
    if canonical(data.decode("latin-1")) != path:
        raise AssertionError(f"bytes and their latin-1 view differ: {path!r}")
    if canonical(quote(path)) != path:
        raise AssertionError(f"quoted it means something else: {path!r}")
