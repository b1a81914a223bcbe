"""`security/ipSecurity`: which addresses may ask."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import get_args

from webstead.formats.webconfig.filtering import Addresses, DenyAction, Network
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
    entries = ((_network(item.node), item.node.flag("allowed")) for item in node.items)
    return Addresses(
        entries=tuple((network, allowed) for network, allowed in entries if network is not None),
        unlisted=node.flag("allowUnlisted"),
        action=node.choice("denyAction", _ACTIONS),
        behind_proxy=node.flag("enableProxyMode"),
    )


def _network(node: Node) -> Network | None:
    """None for an entry that names a domain."""
    address, mask = node.text("ipAddress").strip(), node.text("subnetMask").strip()
    if not address:
        return None
    try:
        return ip_network(f"{address}/{mask}" if mask else address, strict=False)
    except ValueError as error:
        raise node.error(
            "<add> of ipSecurity is no address or network",
            found=f"{error} (IIS answers 500.19, 0x8007000D)",
            fix='Write ipAddress="192.0.2.0" subnetMask="255.255.255.0", or an IPv6 address and a length.',
            attribute="subnetMask" if mask else "ipAddress",
        ) from None


def _notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        if item.node.text("domainName").strip():
            text = "ipSecurity: domain names are not looked up, so this entry never holds"
            yield Note(text, item.node.origin, matters=True)


IP_SECURITY = Section("system.webServer/security/ipSecurity", empty(_SHAPE), _addresses, _notes)
