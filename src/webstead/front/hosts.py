"""What a host name leads to: a site by the Host header, a certificate by the name in the TLS greeting.

A pattern is a host name in lower case without a port: itself, `*.NAME` for any one label before NAME, or `*`
for every host that no other pattern has. The most exact wins. A request may write its host in any case, with
a port, and with the dot of the root at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

__all__ = ["Hosts", "host_name"]

Goal = TypeVar("Goal")

_KEPT = 1024
"""Hosts as they were asked for; clients could ask for any number of them."""


def host_name(host: bytes) -> str:
    """The name that a Host header states: `Shop.Example.:8000` is `shop.example`, `[::1]:80` is `[::1]`."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0].rstrip(".")


class Hosts(Generic[Goal]):
    """The patterns, and what was found by them."""

    def __init__(self, patterns: Mapping[str, Goal]) -> None:
        self._exact = {host: goal for host, goal in patterns.items() if "*" not in host}
        self._below = {host[2:]: goal for host, goal in patterns.items() if host.startswith("*.")}
        self._any = patterns.get("*")
        self._known: dict[bytes, Goal | None] = {}

    @property
    def only(self) -> Goal | None:
        """The goal of every host, when there is one."""
        return None if self._exact or self._below else self._any

    @property
    def goals(self) -> list[Goal]:
        everywhere = [] if self._any is None else [self._any]
        return [*self._exact.values(), *self._below.values(), *everywhere]

    def of(self, host: bytes) -> Goal | None:
        """What a Host header leads to; None when no pattern has it."""
        try:
            return self._known[host]
        except KeyError:
            found = self.named(host_name(host))
            if len(self._known) < _KEPT:
                self._known[host] = found
            return found

    def named(self, name: str) -> Goal | None:
        """The same for a name as patterns are written."""
        if name in self._exact:
            return self._exact[name]
        label, dot, parent = name.partition(".")
        if dot and label and parent in self._below:
            return self._below[parent]
        return self._any
