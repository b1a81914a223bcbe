"""Which site a request is for, by its Host header.

A route is a host name in lower case without a port: itself, `*.NAME` for any one label before NAME, or `*`
for every host that no other route has. The most exact wins. A request may write its host in any case, with a
port, and with the dot of the root at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Hosts", "host_name"]

_KEPT = 1024
"""Hosts as they were asked for; clients could ask for any number of them."""


def host_name(host: bytes) -> str:
    """The name that a Host header states: `Shop.Example.:8000` is `shop.example`, `[::1]:80` is `[::1]`."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0].rstrip(".")


class Hosts:
    """The routes, and what was found by them."""

    def __init__(self, routes: Mapping[str, str]) -> None:
        self._exact = {host: site for host, site in routes.items() if "*" not in host}
        self._below = {host[2:]: site for host, site in routes.items() if host.startswith("*.")}
        self._any = routes.get("*")
        self._known: dict[bytes, str | None] = {}

    @property
    def only(self) -> str | None:
        """The site of every host, when there is one."""
        return None if self._exact or self._below else self._any

    @property
    def sites(self) -> frozenset[str]:
        everywhere = () if self._any is None else (self._any,)
        return frozenset((*self._exact.values(), *self._below.values(), *everywhere))

    def site(self, host: bytes) -> str | None:
        """None when no route leads there."""
        try:
            return self._known[host]
        except KeyError:
            found = self._find(host_name(host))
            if len(self._known) < _KEPT:
                self._known[host] = found
            return found

    def _find(self, name: str) -> str | None:
        if name in self._exact:
            return self._exact[name]
        label, dot, parent = name.partition(".")
        if dot and label and parent in self._below:
            return self._below[parent]
        return self._any
