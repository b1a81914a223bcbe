"""Request filtering: which requests are refused before anything is done for them.

It is asked before any rewrite rule, of the path as it was sent, as it was decoded, and as it means
(canonical); where paths may be escaped twice, of what they mean decoded again, too: whoever is behind may do
that. Case does not count. Sources: the IIS configuration reference, requestFiltering, and that of UrlScan
3.1, which it replaces, for what the first leaves open; the sub-statuses are IIS's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus, unquote_to_bytes

from webstead.formats.webconfig.model import STOCK, Answer, Origin, Request
from webstead.formats.webconfig.urlpath import BadPath, resolve

__all__ = [
    "Denied",
    "FilteringRule",
    "Limit",
    "Listed",
    "RequestFiltering",
    "refused_length",
    "refused_request",
    "too_large",
]

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ROUNDS = 3
"""How often a path is decoded again, where that is allowed: a path of nothing but escaped escapes would take
as many rounds as it has characters."""
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Limit:
    """A size in bytes, and where it is set."""

    most: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Denied:
    """A text that is denied, in lower case."""

    text: str
    origin: Origin = STOCK


@dataclass(frozen=True, slots=True)
class Listed:
    """What is allowed and what is not; keys in lower case. unlisted: whether all else is allowed; origin:
    where that is said."""

    entries: Mapping[str, tuple[bool, Origin]] = field(default_factory=dict)
    unlisted: bool = True
    origin: Origin = STOCK

    def allows(self, key: str) -> bool:
        return self.entries.get(key.lower(), (self.unlisted, self.origin))[0]

    def origin_of(self, key: str) -> Origin:
        """Of what decides about a key."""
        return self.entries.get(key.lower(), (self.unlisted, self.origin))[1]


@dataclass(frozen=True, slots=True)
class FilteringRule:
    """denied: texts in lower case. headers: the names that are scanned. extensions: it looks at URLs with one
    of these only; none: at all."""

    name: str
    origin: Origin
    denied: tuple[str, ...]
    scans_url: bool = False
    scans_query: bool = False
    scans_raw: bool = False
    denies_percent: bool = True
    headers: tuple[str, ...] = ()
    extensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RequestFiltering:
    """What is in force in a folder; a limit of None is none. hidden: segments in lower case."""

    allow_double_escaping: bool = False
    allow_high_bit: bool = True
    unescape_query: bool = True
    max_content: Limit | None = None
    max_url: Limit | None = None
    max_query: Limit | None = None
    headers: Mapping[str, Limit] = field(default_factory=dict)
    extensions: Listed = field(default_factory=Listed)
    verbs: Listed = field(default_factory=Listed)
    hidden: Mapping[str, Origin] = field(default_factory=dict)
    denied_in_url: tuple[Denied, ...] = ()
    denied_in_query: tuple[Denied, ...] = ()
    allowed_urls: frozenset[str] = frozenset()
    allowed_queries: frozenset[str] = frozenset()
    rules: tuple[FilteringRule, ...] = ()
    removes_server: bool = False
    origin: Origin = STOCK
    is_stock: bool = field(init=False, compare=False)
    """Whether nothing but limits and hidden segments is there to refuse a plain request."""

    def __post_init__(self) -> None:
        others = (self.headers, self.denied_in_url, self.denied_in_query, self.rules)
        lists = self.extensions == self.verbs == Listed()
        object.__setattr__(self, "is_stock", self.allow_high_bit and lists and not any(others))

    @property
    def looks_at_host(self) -> bool:
        return "host" in self.headers or any("host" in rule.headers for rule in self.rules)


class _Url(NamedTuple):
    """A path in lower case. meanings: what it may come to, canonical; the first is what it does here.
    spellings: as it was sent, and each way it was decoded to a meaning."""

    meanings: tuple[str, ...]
    spellings: tuple[str, ...]

    @property
    def path(self) -> str:
        return self.meanings[0]


def refused_request(filtering: RequestFiltering, request: Request) -> Answer | None:
    """The answer to a request that is refused. Its length is not looked at: see `refused_length`."""
    if filtering.is_stock and _is_plain(filtering, request):
        return None
    return next(_refusals(filtering, request), None)


def _is_plain(filtering: RequestFiltering, request: Request) -> bool:
    """Whether a request cannot be refused by limits and hidden segments, found without taking it apart: most
    sites have no more, and most requests are so."""
    target = request.raw_target
    if "%" in target:
        return False
    for limit in (filtering.max_url, filtering.max_query):
        if limit is not None and len(target) > limit.most:
            return False
    low = request.path.lower()
    return not any(segment in low for segment in filtering.hidden)


def _refusals(filtering: RequestFiltering, request: Request) -> Iterator[Answer]:
    raw_path, _, raw_query = request.raw_target.partition("?")
    yield from _too_long(filtering, request, raw_path, raw_query)
    if not _allows_method(filtering.verbs, request.method):
        origin = filtering.verbs.origin_of(request.method)
        yield _refusal(6, "verbs", origin, f"does not allow the method {request.method}")
    url = _Url((request.path.lower(),), (raw_path.lower(),))
    if "%" in raw_path:
        decoded = unquote_to_bytes(raw_path.encode("latin-1", "replace")).decode("utf-8", "replace")
        if not filtering.allow_double_escaping and _ESCAPE.search(decoded):
            fix = 'Write <requestFiltering allowDoubleEscaping="true"> to let such paths in.'
            yield Answer(
                404, 11, f"the path is escaped twice (allowDoubleEscaping, {filtering.origin})", fix=fix
            )
        url = _decoded(url, decoded)
    yield from _of_url(filtering, url)
    queries = (_unescaped(raw_query), raw_query.lower()) if filtering.unescape_query else (raw_query.lower(),)
    if raw_query.lower() not in filtering.allowed_queries:
        for denied in filtering.denied_in_query:
            if any(denied.text in query for query in queries):
                yield _refusal(
                    18, "denyQueryStringSequences", denied.origin, f"denies {denied.text!r} in queries"
                )
    yield from _of_rules(filtering.rules, request, url, queries)


def _refusal(sub_status: int, setting: str, origin: Origin, what: str) -> Answer:
    return Answer(404, sub_status, f"requestFiltering {what} ({setting}, {origin})")


def _allows_method(verbs: Listed, method: str) -> bool:
    """Methods are case-sensitive (RFC 9110, 9.1): `get` is none that a list of `GET` allows, and is denied
    with it."""
    return verbs.allows(method) and (method == method.upper() or verbs.unlisted)


# Lengths


def refused_length(limit: Limit | None, length: str) -> Answer | None:
    """The answer to a request whose Content-Length is beyond the limit. One without is counted while it
    comes."""
    if limit is None or not (length.isascii() and length.isdigit()):
        return None
    if len(length) <= _DIGITS and int(length) <= limit.most:
        return None
    return too_large(limit, f" of {length[:20]} bytes")


def too_large(limit: Limit, size: str = "") -> Answer:
    name = "maxAllowedContentLength"
    reason = f"the request's body{size} is larger than {limit.most} bytes ({name}, {limit.origin})"
    return Answer(413, 1, reason, fix=_raise(name))


def _too_long(
    filtering: RequestFiltering, request: Request, raw_path: str, raw_query: str
) -> Iterator[Answer]:
    for what, text, limit, name, sub_status in (
        ("path", raw_path, filtering.max_url, "maxUrl", 14),
        ("query", raw_query, filtering.max_query, "maxQueryString", 15),
    ):
        if limit is not None and len(text) > limit.most:
            reason = f"the {what} of {len(text)} bytes is longer than {limit.most} ({name}, {limit.origin})"
            yield Answer(404, sub_status, reason, fix=_raise(name))
    for header, limit in filtering.headers.items():
        if len(request.headers.get(header, "")) > limit.most:
            reason = f"the header {header} is longer than {limit.most} bytes (headerLimits, {limit.origin})"
            yield Answer(431, 0, reason)


def _raise(name: str) -> str:
    return (
        f'Write <requestLimits {name}="…" /> with a larger number into '
        "system.webServer/security/requestFiltering of web.config."
    )


# Paths


def _decoded(url: _Url, decoded: str) -> _Url:
    """With the path as it was decoded, and what that means when it is decoded again."""
    spellings, meanings = [*url.spellings, decoded.lower()], list(url.meanings)
    for _ in range(_ROUNDS):
        if not _ESCAPE.search(decoded):
            break
        decoded = unquote(decoded, errors="replace")
        spellings.append(decoded.lower())
        meanings.append(_meaning(decoded).lower())
    return _Url(tuple(meanings), tuple(spellings))


def _meaning(decoded: str) -> str:
    try:
        return resolve(decoded)
    except BadPath:
        return decoded.replace("\\", "/")


def _of_url(filtering: RequestFiltering, url: _Url) -> Iterator[Answer]:
    if not filtering.allow_high_bit and not all(map(str.isascii, url.meanings)):
        yield _refusal(
            12, "allowHighBitCharacters", filtering.origin, "allows no characters beyond ASCII in URLs"
        )
    if url.path not in filtering.allowed_urls:  # it lifts these and no others
        for denied in filtering.denied_in_url:
            if any(denied.text in text for text in (*url.meanings, *url.spellings)):
                yield _refusal(5, "denyUrlSequences", denied.origin, f"denies {denied.text!r} in URLs")
    for meaning in url.meanings:
        yield from _of_segments(filtering, meaning)


def _of_segments(filtering: RequestFiltering, path: str) -> Iterator[Answer]:
    segments = [_plain(segment) for segment in path.split("/") if segment]
    for segment in segments:
        if segment in filtering.hidden:
            yield _refusal(8, "hiddenSegments", filtering.hidden[segment], f"hides {segment!r}")
    extensions = filtering.extensions
    for segment in segments:
        extension = _extension(segment)
        denied = "." in segment and extensions.entries.get(extension, (True,))[0] is False
        if denied:
            yield _refusal(7, "fileExtensions", extensions.origin_of(extension), f"denies {extension} files")
    last = segments[-1] if segments and not path.endswith("/") else ""
    if last and not extensions.allows(_extension(last)):
        extension = _extension(last)
        what = (
            f"does not allow {extension} files" if extension != "." else "allows no files without extension"
        )
        yield _refusal(7, "fileExtensions", extensions.origin_of(extension), what)


def _plain(segment: str) -> str:
    """Windows takes `x.` and `x ` for x, and `x:stream`; `;` begins parameters."""
    return segment.partition(":")[0].partition(";")[0].rstrip(". ") or segment


def _extension(segment: str) -> str:
    """With its dot; `.` for none."""
    dot = segment.rfind(".")
    return segment[dot:] if dot >= 0 else "."


def _unescaped(query: str) -> str:
    return unquote_plus(query, errors="replace").lower()


# Filtering rules


def _of_rules(
    rules: tuple[FilteringRule, ...], request: Request, url: _Url, queries: tuple[str, ...]
) -> Iterator[Answer]:
    last = url.path.rstrip("/").rpartition("/")[2]
    for rule in rules:
        if rule.extensions and _extension(_plain(last)) not in rule.extensions:
            continue
        scanned = [*_raw(rule, request)]
        texts = [*(text.lower() for text in scanned), *(queries if rule.scans_query else ())]
        if rule.scans_url:
            texts += (*url.meanings, *url.spellings)
        found = next((text for text in rule.denied if any(text in each for each in texts)), None)
        if found is not None:
            yield _refusal(19, f"filteringRule {rule.name!r}", rule.origin, f"denies {found!r}")
        elif rule.denies_percent and any(map(_BARE_PERCENT.search, scanned)):
            what = "denies a % that is not followed by two hexadecimal digits"
            yield _refusal(19, f"filteringRule {rule.name!r}, denyUnescapedPercent", rule.origin, what)


def _raw(rule: FilteringRule, request: Request) -> Iterator[str]:
    """What a rule scans of the request as it was sent. A path has no bare `%`: it was refused before."""
    if rule.scans_query:
        yield request.raw_target.partition("?")[2]
    if rule.scans_raw:
        yield f"{request.method} {request.raw_target}"
        yield from (f"{name}: {value}" for name, value in request.headers.items())
    for name in rule.headers:
        yield request.headers.get(name, "")
