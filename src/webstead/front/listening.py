"""A listening socket that the front inherits, as a word of its command line: `FD`, `FD,tls`, `FD,tls,VIEW` or
`FD,VIEW`."""

from __future__ import annotations

from dataclasses import dataclass

from webstead.site_table import View, view_of

__all__ = ["Listening", "read_listening"]

_TLS = "tls"


@dataclass(frozen=True, slots=True)
class Listening:
    """fd: of the socket. tls: clients are expected to speak it. view: whose routes lead from there."""

    fd: int
    tls: bool = False
    view: View = "sites"


def read_listening(word: str) -> Listening:
    """Raises ValueError."""
    fd, *rest = word.split(",")
    tls = rest[:1] == [_TLS]
    views = rest[1:] if tls else rest
    if len(views) > 1:
        raise ValueError(f"not a listening socket: {word!r}")
    return Listening(int(fd), tls, view_of(views[0]) if views else "sites")
