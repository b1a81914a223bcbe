"""What a site's configuration does to responses on their way out, whoever answers: each thing a filter around
the exchange's send. A site without such configuration has none, and pays nothing.
"""

from __future__ import annotations

from webstead.formats.webconfig import Site
from webstead.front.custom_headers import custom_headers
from webstead.front.error_pages import error_pages
from webstead.front.exchange import Exchange
from webstead.front.files import Files
from webstead.front.filter import Filter, Maker
from webstead.front.outbound import outbound_rules
from webstead.front.server_header import server_header

__all__ = ["dress", "dressing_of"]

_MAKERS: tuple[Maker, ...] = (error_pages, server_header, outbound_rules, custom_headers)
"""In the order in which they see a response."""


def dressing_of(site: Site, path: str, files: Files) -> tuple[Filter, ...]:
    made = (make(site, path, files) for make in _MAKERS)
    return tuple(found for found in made if found is not None)


def dress(exchange: Exchange, filters: tuple[Filter, ...]) -> None:
    """From here on the exchange's answer goes through the filters."""
    for wrap in reversed(filters):
        exchange.send = wrap(exchange, exchange.send)
