"""What rewrite rules have set of a request (`serverVariables/set`), as the app sees it: request headers, its
Host, and FastCGI parameters.

What a rule sets stands in the place of what the client sent under that name, and no client can take it away
(by naming it in Connection).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webstead.formats.fastcgi.pairs import decode_pairs, encode_pairs
from webstead.formats.webconfig.model import Route
from webstead.formats.webconfig.settable import header_of
from webstead.front.asgi import Headers

__all__ = ["Changes", "changes_of"]


@dataclass(frozen=True, slots=True)
class Changes:
    """host: in the place of the client's. headers: lower-case; an empty one is taken away. variables: the
    FastCGI parameters that are no headers."""

    host: bytes | None
    headers: Mapping[bytes, bytes]
    variables: Mapping[str, str]

    def apply(self, sent: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """All request headers, Host too."""
        headers = self.remove(sent)
        headers.update((name, value) for name, value in self.headers.items() if value)
        if self.host is not None:
            headers[b"host"] = self.host
        return headers

    def remove(self, sent: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """What the client sent, without what the rules have set."""
        return {name: value for name, value in sent.items() if name not in self.headers}

    def over(self, passed: Headers) -> Headers:
        """The headers for a process, with what the rules have set over them."""
        kept = [pair for pair in passed if pair[0] not in self.headers]
        return kept + [pair for pair in self.headers.items() if pair[1]]

    def over_parameters(self, block: bytes) -> bytes:
        """An encoded block of parameters, with the variables in it, each name once."""
        if not self.variables:
            return block
        pairs = {**decode_pairs(block, len(block)), **self.variables}
        return encode_pairs(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs.items()
        )


def changes_of(route: Route) -> Changes | None:
    """None when no rule has set anything, which costs nothing."""
    if not route.variables:
        return None
    host: bytes | None = None
    headers: dict[bytes, bytes] = {}
    variables: dict[str, str] = {}
    for name, value in route.variables:
        header = header_of(name)
        if header == "host":
            host = value
        elif header is not None:
            headers[header.encode("ascii")] = value
        else:
            variables[name] = value.decode("latin-1")
    return Changes(host, headers, variables)
