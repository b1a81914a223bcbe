"""`security/ipSecurity`: which addresses may ask."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import get_args

from webstead.formats.webconfig.addresses import AddressEntry, Addresses, DenyAction, Network
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["IP_SECURITY"]

_ACTIONS: tuple[DenyAction, ...] = get_args(DenyAction)
_ADD = Shape({"ipAddress": Text(), "subnetMask": Text(), "domainName": Text(), "allowed": Flag()})
_SHAPE = Shape(
    {
        "allowUnlisted": Flag(True),
        "enableReverseDns": Flag(),
        "enableProxyMode": Flag(),
        "denyAction": Choice(_ACTIONS, "Forbidden"),
    },
    items=Items(_ADD, ("ipAddress", "subnetMask", "domainName")),
)


def _addresses(node: Node) -> Addresses:
    found = ((_network(item.node), item.node) for item in node.items)
    return Addresses(
        entries=tuple(
            AddressEntry(network, item.flag("allowed"), item.origin)
            for network, item in found
            if network is not None
        ),
        unlisted=node.flag("allowUnlisted"),
        action=node.choice("denyAction", _ACTIONS),
        behind_proxy=node.flag("enableProxyMode"),
        origin=node.origin_of("allowUnlisted"),
    )


def _network(node: Node) -> Network | None:
    """None for an entry that names a domain."""
    address, mask = node.text("ipAddress").strip(), node.text("subnetMask").strip()
    if not address:
        return None
    try:
        return _masked(address, mask) if "." in mask else ip_network(_with(address, mask), strict=False)
    except ValueError as error:
        raise node.error(
            "<add> of ipSecurity is no address or network",
            found=f"{error} (IIS answers 500.19, 0x8007000D)",
            fix='Write ipAddress="192.0.2.0" subnetMask="255.255.255.0", or an IPv6 address and a length.',
            attribute="subnetMask" if mask else "ipAddress",
        ) from None


def _with(address: str, length: str) -> str:
    return f"{address}/{length}" if length else address


def _masked(address: str, mask: str) -> IPv4Network:
    """Raises ValueError. The standard library also takes a mask that is upside down (0.0.0.255) for a
    length."""
    bits = f"{int(IPv4Address(mask)):032b}"
    if "01" in bits:
        raise ValueError(f"subnetMask={mask!r}: the ones of a mask stand at its beginning")
    return IPv4Network(f"{address}/{bits.count('1')}", strict=False)


def _notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        if item.node.text("domainName").strip():
            text = "ipSecurity: domain names are not looked up, so this entry never holds"
            yield Note(text, item.node.origin, matters=True)


IP_SECURITY = Section("system.webServer/security/ipSecurity", empty(_SHAPE), _addresses, _notes)
