"""Which content codings a client takes: Accept-Encoding (RFC 9110, 12.5.3), and what else decides. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from webstead.formats.webconfig.schema.compression import Coding, Compression
from webstead.front.limits import KEPT_KEY, ROUTES_CACHED

__all__ = ["Negotiation", "accepted"]

_ITEM = re.compile(
    rb"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*"
)
_ALIASES = {b"x-gzip": b"gzip"}
_COOKED = frozenset({b"cookie", b"authorization"})
_OUTSIDE = frozenset({b"cross-site", b"same-site"})


def accepted(header: bytes, offered: Sequence[Coding]) -> tuple[Coding, ...]:
    """The offered codings that the client takes, the one it likes best first; where it likes them equally, in
    the order of the offer. None that it likes less than no coding. A malformed item does not count."""
    weights = dict(_weights(header))
    rest = weights.get(b"*", 0.0)
    plain = weights.get(b"identity", 0.0)
    found = [(weights.get(coding.encode(), rest), coding) for coding in offered]
    good = [(weight, coding) for weight, coding in found if weight > 0 and weight >= plain]
    return tuple(coding for _, coding in sorted(good, key=lambda pair: -pair[0]))


def _weights(header: bytes) -> list[tuple[bytes, float]]:
    found = []
    for text in header.split(b","):
        match = _ITEM.fullmatch(text)
        if match is not None:
            name = match[1].lower()
            found.append((_ALIASES.get(name, name), 1.0 if match[2] is None else float(match[2])))
    return found


class Negotiation:
    """What requests are answered with, remembered by their Accept-Encoding. order: the codings that there
    are, the best first; guarded: answers that hold secrets and what others have put into the request."""

    def __init__(self, settings: Compression, order: Sequence[Coding], *, guarded: bool) -> None:
        self._settings = settings
        self._order = tuple(order)
        self._guarded = guarded
        self._known: dict[bytes, tuple[Coding, ...]] = {}

    def of(self, headers: Mapping[bytes, bytes], http_version: str) -> tuple[Coding, ...]:
        """The codings to choose from; none where the answer is sent as it is."""
        header = headers.get(b"accept-encoding")
        if header is None or not self._allows(headers, http_version):
            return ()
        known = self._known.get(header)
        if known is None:
            known = accepted(header, self._order)
            if len(header) <= KEPT_KEY and len(self._known) < ROUTES_CACHED:
                self._known[header] = known
        return known

    def _allows(self, headers: Mapping[bytes, bytes], http_version: str) -> bool:
        settings = self._settings
        return (
            (settings.http10 or http_version not in ("1", "1.0"))
            and (settings.proxies or b"via" not in headers)
            and (settings.ranges or b"range" not in headers)
            and not (self._guarded and _from_outside(headers))
        )


def _from_outside(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a page of another site made this request with the user's credentials. Only such requests can
    guess at a secret by the length of its compressed page (BREACH); browsers say so to sites with TLS, the
    only ones whose secrets others cannot read anyway."""
    return headers.get(b"sec-fetch-site") in _OUTSIDE and not _COOKED.isdisjoint(headers)
