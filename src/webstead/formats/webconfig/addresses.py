"""Address restrictions: which clients are refused before anything is done for them.

Source: the IIS configuration reference, ipSecurity; the sub-statuses are IIS's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

from webstead.formats.webconfig.model import STOCK, Answer, Origin, Request

__all__ = ["Addresses", "AddressEntry", "DenyAction", "Network", "is_loopback", "refused_address"]

DenyAction = Literal["Unauthorized", "Forbidden", "NotFound", "AbortRequest"]
Network = IPv4Network | IPv6Network

_MOST_ADDRESSES = 64
"""Of one request: each is compared with every entry."""

_DENIED: Mapping[DenyAction, tuple[int, int]] = {
    "Unauthorized": (401, 0),
    "Forbidden": (403, 6),
    "NotFound": (404, 0),
    "AbortRequest": (0, 0),
}


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One `add`."""

    network: Network
    allowed: bool
    origin: Origin = STOCK


@dataclass(frozen=True, slots=True)
class Addresses:
    """entries: in order; the first that holds an address counts. behind_proxy: the addresses in
    X-Forwarded-For are asked about too (enableProxyMode). origin: of what is said of those that are not
    listed."""

    entries: tuple[AddressEntry, ...] = ()
    unlisted: bool = True
    action: DenyAction = "Forbidden"
    behind_proxy: bool = False
    origin: Origin = STOCK

    @property
    def is_idle(self) -> bool:
        return self.unlisted and all(entry.allowed for entry in self.entries)


def refused_address(addresses: Addresses, request: Request) -> Answer | None:
    """The answer to a client whose address is refused."""
    if addresses.is_idle and not addresses.behind_proxy:
        return None
    told = [request.remote_address]
    if addresses.behind_proxy:
        told += request.headers.get("x-forwarded-for", "").split(",")
    if len(told) > _MOST_ADDRESSES:
        return Answer(400, 0, f"the request names more than {_MOST_ADDRESSES} proxies")
    for text in filter(None, map(str.strip, told)):
        allowed, origin = _is_allowed(addresses, text)
        if not allowed:
            status, sub_status = _DENIED[addresses.action]
            reason = f"ipSecurity does not allow the address {text[:64]} ({origin})"
            return Answer(status, sub_status, reason, fix="Allow it there, if it is to be let in.")
    return None


def _is_allowed(addresses: Addresses, text: str) -> tuple[bool, Origin]:
    address = _address(text)
    for entry in addresses.entries if address is not None else ():
        if address is not None and address.version == entry.network.version and address in entry.network:
            return entry.allowed, entry.origin
    return addresses.unlisted, addresses.origin


def is_loopback(text: str) -> bool:
    """Whether this address of a peer is this machine's own."""
    address = _address(text)
    return address is not None and address.is_loopback


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Without a port or a zone; an IPv4 address in IPv6's clothes is the IPv4 address."""
    text = text.partition("%")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
