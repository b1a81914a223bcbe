"""`httpRedirect`: all requests of a folder go elsewhere. Looked at behind the rewrite rules, before handlers.

Source: the IIS configuration reference, httpRedirect. Unless exactDestination is set, what follows the folder
in the path is appended, and the query. `$S` and `$V`: the path, `$P`: the query, `$Q`: the query with its
`?`; `$0`…`$9`: what each `*` of a wildcard stands for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from webstead.formats.webconfig.model import Answer, Origin
from webstead.formats.webconfig.pattern import Pattern

__all__ = ["Redirect", "Wildcard", "redirected"]

_URL_SAFE = "-._~:/?#[]@!$&'()*+,;=%"
_VARIABLE = re.compile(r"\$([0-9QPSV])", re.IGNORECASE)
_MOST = 16384
"""Longest Location, in characters: as for rewrite rules."""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """One `add`. pattern: of the whole path below the folder, with a group for each `*`, in linear time."""

    pattern: Pattern
    destination: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Redirect:
    """folder: of the level that says it. child_only: only what stands in the folder itself."""

    destination: str
    folder: str
    origin: Origin
    exact: bool = False
    child_only: bool = False
    status: int = 302
    wildcards: tuple[Wildcard, ...] = ()


def redirected(redirect: Redirect, path: str, query: str) -> Answer | None:
    """path: canonical. None where it does not apply."""
    below = path[1 + len(redirect.folder) :].lstrip("/") if redirect.folder else path[1:]
    if redirect.child_only and "/" in below.rstrip("/"):
        return None
    for wildcard in redirect.wildcards:
        found = wildcard.pattern.search(below)
        if found is not None:
            return _answer(redirect, _filled(wildcard.destination, found[1:], path, query))
    if not redirect.destination:
        return None
    target = _filled(redirect.destination, (), path, query)
    if not redirect.exact:
        target = f"{target.rstrip('/')}/{below}" if below else target
        if query and "$Q" not in redirect.destination.upper():
            target += ("&" if "?" in target else "?") + query
    return _answer(redirect, target)


def _filled(destination: str, groups: tuple[str, ...], path: str, query: str) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1].upper()
        if name.isdigit():
            return groups[int(name)] if int(name) < len(groups) else ""
        return {"Q": f"?{query}" if query else "", "P": query, "S": path, "V": path}[name]

    return _VARIABLE.sub(value, destination)


def _answer(redirect: Redirect, target: str) -> Answer:
    if len(target) > _MOST:
        return Answer(500, 0, f"httpRedirect ({redirect.origin}) makes an address that is too long")
    if target.startswith("/"):
        target = "/" + target.lstrip("/\\")  # what a `*` stands for may begin with a slash, too
    location = quote(target, safe=_URL_SAFE, errors="replace")
    return Answer(redirect.status, location=location)
