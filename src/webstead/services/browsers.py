"""Requests that a browser sends for another site's page. A browser adds credentials by itself once a person
has signed in, so the page of a stranger, or of a hosted app, could deploy. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

__all__ = ["is_cross_site"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


def is_cross_site(method: str, headers: Mapping[str, str]) -> bool:
    """Whether it must be refused. headers: names in lower case. A person may follow a link to the management
    from anywhere; nothing else may come from another origin, also of the same domain: there the hosted apps
    are. What says neither `Sec-Fetch-Site` nor `Origin` is no browser."""
    fetched = headers.get("sec-fetch-site")
    if fetched is not None and fetched not in _OWN:
        return not (method in _SAFE and headers.get("sec-fetch-mode") == "navigate")
    origin = headers.get("origin")
    if origin is None or (fetched in _OWN and method in _SAFE):
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True
