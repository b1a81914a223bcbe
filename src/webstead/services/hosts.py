"""Which site's management a Host header means. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Addressed", "addressed"]


@dataclass(frozen=True, slots=True)
class Addressed:
    """site: "" for none. server: whether the server's own management is meant."""

    site: str = ""
    server: bool = False


def addressed(host: str, domain: str, site_of: Callable[[str], str | None]) -> Addressed:
    """host: as the client sent it, with or without a port. site_of: the site of one of its own host names.

    `NAME.scm.DOMAIN` is a site's management, `scm.DOMAIN` the server's. On a port of its own, where only the
    management listens, `NAME.DOMAIN` and a site's own names mean its management, too. Anything else, as an
    address, names nothing."""
    name = _without_port(host).lower().rstrip(".")
    if name == f"scm.{domain}":
        return Addressed(server=True)
    if name.endswith(f".{domain}"):
        first, _, rest = name.removesuffix(f".{domain}").partition(".")
        if rest in ("", "scm"):
            return Addressed(site=first)
    own = site_of(name) or (site_of(name.replace(".scm.", ".", 1)) if ".scm." in name else None)
    return Addressed(site=own or "")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
