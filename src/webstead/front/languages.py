"""The languages that a client reads (Accept-Language; RFC 9110, 12.5.4), as names of folders."""

from __future__ import annotations

import re

__all__ = ["language_folders"]

_TAG = re.compile(r"([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3})(?:\s*;\s*q=([01](?:\.[0-9]{0,3})?))?")
_MOST = 8
"""Of one request: each costs some looks at the disk."""


def language_folders(accepted: bytes) -> tuple[str, ...]:
    """Those that are liked best first; of each the tag as folders are named (`en-US`), in lower case, and its
    language alone (`en`), as RFC 4647, 3.4 looks for it."""
    found: list[tuple[float, str]] = []
    for part in accepted.decode("latin-1").split(",")[: 4 * _MOST]:
        tag = _TAG.fullmatch(part.strip())
        if tag is not None and (weight := float(tag[2] or 1)) > 0:
            found.append((-weight, tag[1]))
    tags = [tag for _, tag in sorted(found, key=lambda pair: pair[0])][:_MOST]
    spelled = (name for tag in tags for name in (_as_named(tag), tag.lower(), tag.partition("-")[0].lower()))
    return tuple(dict.fromkeys(spelled))


def _as_named(tag: str) -> str:
    language, *others = tag.split("-")
    return "-".join([language.lower(), *(part.upper() if len(part) == 2 else part for part in others)])
