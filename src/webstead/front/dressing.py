"""What a site's configuration does to responses on their way out, whoever answers: each thing a filter around
the exchange's send. A site without such configuration has none, and pays nothing.
"""

from __future__ import annotations

from webstead.formats.webconfig import Site
from webstead.front.compression import dynamic_compression
from webstead.front.custom_headers import custom_headers
from webstead.front.error_pages import error_pages
from webstead.front.exchange import Exchange
from webstead.front.files import Files
from webstead.front.filter import Filter, Maker
from webstead.front.outbound import outbound_rules
from webstead.front.server_header import server_header

__all__ = ["dress", "dressing_of"]

_MAKERS: tuple[Maker, ...] = (error_pages, server_header, outbound_rules, custom_headers, dynamic_compression)
"""In the order in which they see a response: outbound rules a plain body, compression the last headers."""


def dressing_of(site: Site, path: str, files: Files, *, is_file: bool) -> tuple[Filter, ...]:
    """is_file: whether the static handler answers. It compresses its files itself, and once, but for those
    that outbound rules may change."""
    made = {make: make(site, path, files) for make in _MAKERS}
    if is_file and made[outbound_rules] is None:
        del made[dynamic_compression]
    return tuple(found for found in made.values() if found is not None)


def dress(exchange: Exchange, filters: tuple[Filter, ...]) -> None:
    """From here on the exchange's answer goes through the filters."""
    for wrap in reversed(filters):
        exchange.send = wrap(exchange, exchange.send)
