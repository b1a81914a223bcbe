"""Who may connect to a TCP socket: addresses of this machine, and those that FCGI_WEB_SERVER_ADDRS lists
(FastCGI specification, section 3.2).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from webstead.gateway.failure import BAD_BIND, StartFailure

__all__ = ["ADDRESSES_VARIABLE", "allowed_addresses", "is_loopback", "plain_address"]

ADDRESSES_VARIABLE = "FCGI_WEB_SERVER_ADDRS"


def plain_address(text: str) -> str:
    """The one form of an address that is compared: without a scope, and IPv4 as IPv4 although it came in an
    IPv6 socket. Raises ValueError.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def allowed_addresses(environ: Mapping[str, str]) -> frozenset[str]:
    """The addresses that may connect, as plain_address gives them; none: all may. Raises StartFailure."""
    text = environ.get(ADDRESSES_VARIABLE, "")
    if not text:
        return frozenset()
    try:
        return frozenset(plain_address(word.strip()) for word in text.split(","))
    except ValueError as error:
        raise StartFailure(
            BAD_BIND,
            f"{ADDRESSES_VARIABLE} is no list of addresses.",
            f"{text!r}: {error}",
            "Write IP addresses with commas between them, as in 127.0.0.1,::1, or unset it.",
        ) from None


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(plain_address(host)).is_loopback
    except ValueError:
        return False
