"""What a site's configuration does to responses on their way out, whoever answers: each thing a filter around
the exchange's send. A site without such configuration has none, and pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from webstead.formats.webconfig import Site
from webstead.front.asgi import Send
from webstead.front.exchange import Exchange

__all__ = ["Filter", "Maker", "dress", "dressing_of"]

Filter = Callable[[Exchange, Send], Send]
"""Gives the send that the answer is told to; it passes the messages on, changed or not, to the send that it
is given. Of `http.response.pathsend` it may make `http.response.body`."""

Maker = Callable[[Site, str], Filter | None]
"""The filter of a URL path (canonical, after rewriting), None where the configuration wants none."""

_MAKERS: tuple[Maker, ...] = ()
"""In the order in which they see a response."""


def dressing_of(site: Site, path: str) -> tuple[Filter, ...]:
    made = (make(site, path) for make in _MAKERS)
    return tuple(found for found in made if found is not None)


def dress(exchange: Exchange, filters: tuple[Filter, ...]) -> None:
    """From here on the exchange's answer goes through the filters."""
    for wrap in reversed(filters):
        exchange.send = wrap(exchange, exchange.send)
