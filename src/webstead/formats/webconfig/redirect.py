"""`httpRedirect`: all requests of a folder go elsewhere. Looked at behind the rewrite rules, before handlers.

Sources: the IIS configuration reference, httpRedirect; its author
(blogs.iis.net/ksingla/client-side-redirection-using-httpredirection-module): wildcards are looked at where
there is no destination, and the first that matches counts; the Redirect Reference of IIS 6 for the variables.
`$S`: what follows the folder in the path; `$V`: the path; `$P`: the query, `$Q`: the query with its `?`;
`$0`…`$9`: what each `*` of a wildcard stands for; a wildcard's destination of `!`: no redirect. Unless
exactDestination is set, what follows the folder is appended, and the query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from webstead.formats.webconfig.model import Answer, Origin
from webstead.formats.webconfig.pattern import Pattern

__all__ = ["STAYS", "Redirect", "Wildcard", "redirected"]

STAYS = "!"
"""The destination of a wildcard whose requests are not redirected."""

_PATH_SAFE = "/-._~!$&'()*+,;=:@"
_URL_SAFE = _PATH_SAFE + "?#[]%"
_IN_QUERY_SAFE = "/-._~!$'()*,:@"
_SENT_SAFE = "".join(map(chr, range(0x21, 0x7F)))
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
    """folder: of the level that says it. child_only: only what stands in the folder itself. wildcards: looked
    at where there is no destination."""

    destination: str
    folder: str
    origin: Origin
    exact: bool = False
    child_only: bool = False
    status: int = 302
    wildcards: tuple[Wildcard, ...] = ()


def redirected(redirect: Redirect, path: str, query: str) -> Answer | None:
    """path: canonical. query: in the latin-1 view of what was sent; its bytes pass as they are. None where it
    does not apply."""
    suffix = path[1 + len(redirect.folder) :] if redirect.folder else path
    below = suffix.lstrip("/")
    if redirect.child_only and "/" in below.rstrip("/"):
        return None
    sent = quote(query.encode("latin-1", "replace"), safe=_SENT_SAFE)
    values = {"S": suffix, "V": path}
    if not redirect.destination:
        return _by_wildcard(redirect, below, values, sent)
    target = _filled(redirect.destination, values, sent)
    if not redirect.exact:
        target = f"{target.rstrip('/')}/{_escaped(below)}" if below else target
        if sent and "$Q" not in redirect.destination.upper():
            target += ("&" if "?" in target else "?") + sent
    return _answer(redirect, target)


def _by_wildcard(redirect: Redirect, below: str, values: dict[str, str], sent: str) -> Answer | None:
    for wildcard in redirect.wildcards:
        groups = wildcard.pattern.search(below)
        if groups is None:
            continue
        if wildcard.destination == STAYS:
            return None
        named = {str(number): group for number, group in enumerate(groups[1:])}
        return _answer(redirect, _filled(wildcard.destination, {**values, **named}, sent))
    return None


def _filled(destination: str, values: dict[str, str], sent: str) -> str:
    """values: decoded, so what an address would read something else from is escaped. sent: the query."""
    parts: list[str] = []
    at, in_query = 0, False
    for found in _VARIABLE.finditer(destination):
        before, name = destination[at : found.start()], found[1].upper()
        in_query = in_query or "?" in before or "#" in before
        parts.append(quote(before, safe=_URL_SAFE, errors="replace"))
        if name in "QP":
            parts.append(f"?{sent}" if name == "Q" and sent else sent)
        else:
            parts.append(_escaped(values.get(name, ""), _IN_QUERY_SAFE if in_query else _PATH_SAFE))
        at = found.end()
    return "".join(parts) + quote(destination[at:], safe=_URL_SAFE, errors="replace")


def _escaped(text: str, safe: str = _PATH_SAFE) -> str:
    return quote(text, safe=safe, errors="replace")


def _answer(redirect: Redirect, target: str) -> Answer:
    if len(target) > _MOST:
        return Answer(500, 0, f"httpRedirect ({redirect.origin}) makes an address that is too long")
    if target.startswith("/"):
        target = "/" + target.lstrip("/\\")  # what a `*` stands for may begin with a slash, too
    return Answer(redirect.status, location=target)
