"""Request filtering and address restrictions: which requests are refused before anything is done for them.

Both are looked at before any rewrite rule, on the path as the client sent it and as it means (decoded,
canonical): a rule for one holds for the other. Case does not count. Sources: the IIS configuration reference,
requestFiltering and ipSecurity; the sub-statuses are IIS's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import unquote_plus

from webstead.formats.webconfig.model import Answer, Origin, Request

__all__ = [
    "Addresses",
    "DenyAction",
    "FilteringRule",
    "Limit",
    "Listed",
    "RequestFiltering",
    "refused_address",
    "refused_request",
]

DenyAction = Literal["Unauthorized", "Forbidden", "NotFound", "AbortRequest"]
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Limit:
    """A size in bytes that somebody has set."""

    most: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Listed:
    """What is allowed and what is not; keys in lower case. unlisted: whether all else is allowed."""

    entries: Mapping[str, bool] = field(default_factory=dict)
    unlisted: bool = True

    def allows(self, key: str) -> bool:
        return self.entries.get(key.lower(), self.unlisted)


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
    """What the files say themselves. IIS's own limits (30 MB, 4096 and 2048 bytes) and lists hold where a
    file states them; the front has limits of its own, and its deny table for files."""

    allow_double_escaping: bool = False
    allow_high_bit: bool = True
    unescape_query: bool = True
    max_content: Limit | None = None
    max_url: Limit | None = None
    max_query: Limit | None = None
    headers: Mapping[str, Limit] = field(default_factory=dict)
    extensions: Listed = field(default_factory=Listed)
    verbs: Listed = field(default_factory=Listed)
    hidden: frozenset[str] = frozenset()
    denied_in_url: tuple[str, ...] = ()
    denied_in_query: tuple[str, ...] = ()
    allowed_urls: frozenset[str] = frozenset()
    allowed_queries: frozenset[str] = frozenset()
    rules: tuple[FilteringRule, ...] = ()

    @property
    def is_idle(self) -> bool:
        """Whether it refuses nothing (double escaping is looked at when the path is decoded)."""
        return self == RequestFiltering(self.allow_double_escaping, unescape_query=self.unescape_query)


@dataclass(frozen=True, slots=True)
class Addresses:
    """entries: (network, whether it is allowed), in order; the first that holds an address counts. behind
    proxy: the addresses in X-Forwarded-For are asked about too (enableProxyMode)."""

    entries: tuple[tuple[Network, bool], ...] = ()
    unlisted: bool = True
    action: DenyAction = "Forbidden"
    behind_proxy: bool = False

    @property
    def is_idle(self) -> bool:
        return self.unlisted and all(allowed for _, allowed in self.entries)


def refused_request(filtering: RequestFiltering, request: Request) -> Answer | None:
    """The answer to a request that is refused."""
    return next(_refusals(filtering, request), None)


def _refusals(filtering: RequestFiltering, request: Request) -> Iterator[Answer]:
    raw_path, _, raw_query = request.raw_target.partition("?")
    yield from _too_large(filtering, request, raw_path, raw_query)
    path = request.path.lower()
    segments = [_plain(segment) for segment in path.split("/") if segment]
    query = _unescaped(raw_query) if filtering.unescape_query else raw_query.lower()
    if not _allows_method(filtering.verbs, request.method):
        yield Answer(404, 6, f"requestFiltering does not allow the method {request.method}")
    if path not in filtering.allowed_urls:
        yield from _url(filtering, path, raw_path.lower(), segments)
    if query not in filtering.allowed_queries:
        for sequence in filtering.denied_in_query:
            if sequence in query or sequence in raw_query.lower():
                yield Answer(404, 18, f"requestFiltering denies the text {sequence!r} in queries")
    yield from _rules(filtering, request, (path, raw_path), (query, raw_query), segments)


def _allows_method(verbs: Listed, method: str) -> bool:
    """Methods are case-sensitive (RFC 9110, 9.1): `get` is none that a list of `GET` allows, and is denied
    with it."""
    return verbs.allows(method) and (method == method.upper() or verbs.unlisted)


def _too_large(
    filtering: RequestFiltering, request: Request, raw_path: str, raw_query: str
) -> Iterator[Answer]:
    limit = filtering.max_content
    length = request.headers.get("content-length", "") if limit is not None else ""
    if (
        limit is not None
        and length.isascii()
        and length.isdigit()
        and (len(length) > 18 or int(length) > limit.most)
    ):
        what = f"the request's body of {length[:20]} bytes is larger than {limit.most}"
        yield Answer(413, 1, f"{what} (maxAllowedContentLength at {limit.origin})")
    for text, known, name, sub_status in (
        (raw_path, filtering.max_url, "maxUrl", 14),
        (raw_query, filtering.max_query, "maxQueryString", 15),
    ):
        if known is not None and len(text) > known.most:
            what = (
                f"{'URL' if name == 'maxUrl' else 'query'} of {len(text)} bytes is longer than {known.most}"
            )
            yield Answer(404, sub_status, f"the {what} ({name} at {known.origin})")
    for header, size in filtering.headers.items():
        if len(request.headers.get(header, "")) > size.most:
            yield Answer(431, 0, f"the header {header} is longer than {size.most} bytes ({size.origin})")


def _url(filtering: RequestFiltering, path: str, raw_path: str, segments: list[str]) -> Iterator[Answer]:
    if not filtering.allow_high_bit and not path.isascii():
        yield Answer(404, 12, "requestFiltering allows no characters beyond ASCII in URLs")
    for sequence in filtering.denied_in_url:
        if sequence in path or sequence in raw_path:
            yield Answer(404, 5, f"requestFiltering denies the text {sequence!r} in URLs")
    for segment in segments:
        if segment in filtering.hidden:
            yield Answer(404, 8, f"requestFiltering hides {segment!r}")
    extensions = filtering.extensions
    for segment in segments:
        if extensions.entries.get(_extension(segment)) is False and "." in segment:
            yield Answer(404, 7, f"requestFiltering denies files of {_extension(segment)}")
    last = segments[-1] if segments and not path.endswith("/") else ""
    if last and not extensions.allows(_extension(last)):
        yield Answer(404, 7, f"requestFiltering does not allow files of {_extension(last)}")


def _plain(segment: str) -> str:
    """Windows takes `x.` and `x ` for x, and `x:stream`; `;` begins parameters."""
    return segment.partition(":")[0].partition(";")[0].rstrip(". ") or segment


def _extension(segment: str) -> str:
    """With its dot; `.` for none."""
    dot = segment.rfind(".")
    return segment[dot:] if dot >= 0 else "."


def _unescaped(query: str) -> str:
    return unquote_plus(query, errors="replace").lower()


def _rules(
    filtering: RequestFiltering,
    request: Request,
    urls: tuple[str, str],
    queries: tuple[str, str],
    segments: list[str],
) -> Iterator[Answer]:
    """urls, queries: as they mean, and as they were sent."""
    extension = _extension(segments[-1]) if segments else "."
    for rule in filtering.rules:
        if rule.extensions and extension not in rule.extensions:
            continue
        who = f"requestFiltering: rule {rule.name!r} ({rule.origin})"
        scanned = [text.lower() for text in _scanned(rule, request, urls, queries)]
        if any(denied in text for denied in rule.denied for text in scanned):
            yield Answer(404, 19, f"{who} denies it")
        elif rule.denies_percent and rule.scans_url and "%" in urls[0]:
            yield Answer(
                404, 19, f"requestFiltering: rule {rule.name!r} ({rule.origin}) denies a % in the URL"
            )


def _scanned(
    rule: FilteringRule, request: Request, urls: tuple[str, str], queries: tuple[str, str]
) -> Iterator[str]:
    if rule.scans_url:
        yield from urls
    if rule.scans_query:
        yield from queries
    if rule.scans_raw:
        yield request.raw_target
    for name in rule.headers:
        yield request.headers.get(name, "")


_MOST_ADDRESSES = 64
"""Of one request: each is compared with every entry."""

_DENIED: Mapping[DenyAction, tuple[int, int]] = {
    "Unauthorized": (401, 0),
    "Forbidden": (403, 6),
    "NotFound": (404, 0),
    "AbortRequest": (0, 0),
}


def refused_address(addresses: Addresses, request: Request) -> Answer | None:
    """The answer to a client whose address is refused."""
    told = [request.remote_address]
    if addresses.behind_proxy:
        told += request.headers.get("x-forwarded-for", "").split(",")
    if len(told) > _MOST_ADDRESSES:
        return Answer(400, 0, f"the request names more than {_MOST_ADDRESSES} proxies")
    for text in filter(None, map(str.strip, told)):
        if not _is_allowed(addresses, text):
            status, sub_status = _DENIED[addresses.action]
            return Answer(status, sub_status, f"ipSecurity does not allow the address {text[:64]}")
    return None


def _is_allowed(addresses: Addresses, text: str) -> bool:
    address = _address(text)
    if address is None:
        return addresses.unlisted
    for network, allowed in addresses.entries:
        if address.version == network.version and address in network:
            return allowed
    return addresses.unlisted


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Without a port or a zone; an IPv4 address in IPv6's clothes is the IPv4 address."""
    text = text.partition("%")[0].strip("[]")
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
