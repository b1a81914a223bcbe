"""Host names: which lead to a site, which to its management, and which a site may have. Pure.

NAME.DOMAIN and the hosts of its own lead to a site; NAME.scm.DOMAIN leads to its management, scm.DOMAIN to
the server's. A host leads to one of them: what could mean two is refused when a site asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from webstead.errors import UsageError
from webstead.site.store.model import SiteRecord

__all__ = [
    "MANAGEMENT",
    "MANAGEMENT_ROUTES",
    "Addressed",
    "HostTaken",
    "addressed",
    "checked_host",
    "first_host",
    "is_of_machine",
    "routes",
]

MANAGEMENT = "@management"
"""Stands for the management among the sites; no site of a person can have this name."""

MANAGEMENT_ROUTES = {"*": MANAGEMENT}
"""On a port of its own every host leads there; it looks itself whose management is meant."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST = 253


class HostTaken(UsageError):
    """It leads elsewhere already."""

    http_status = 409


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whose management is meant. site: "" for no site's. server: whether it is the server's own."""

    site: str = ""
    server: bool = False


def first_host(record: SiteRecord, domain: str) -> str:
    """The name that a site is known by: its own first one, else NAME.DOMAIN."""
    return record.hosts[0] if record.hosts else f"{record.name}.{domain}"


def routes(records: Iterable[SiteRecord], domain: str, *, apart: bool = False) -> dict[str, str]:
    """Which host leads to which site, for the front; `*` stands for one label. apart: the management has a
    port of its own, and is reached there alone. Of a host that two sites state all the same the first by name
    has it."""
    found = {} if apart else {f"*.scm.{domain}": MANAGEMENT, f"scm.{domain}": MANAGEMENT}
    for record in sorted(records, key=lambda each: each.name):
        for host in (f"{record.name}.{domain}", *record.hosts):
            found.setdefault(host, record.name)
    return found


def addressed(host: str, domain: str, site_of: Callable[[str], str | None]) -> Addressed:
    """Whose management a Host header means that came to it. host: as the client sent it, with or without a
    port. site_of: the site of one of its own hosts.

    On a port of its own, where only the management listens, NAME.DOMAIN and a site's own hosts mean its
    management, too, and these also with `scm` behind their first label. Anything else, as an address, names
    nothing."""
    name = _without_port(host).lower().rstrip(".")
    if name == f"scm.{domain}":
        return Addressed(server=True)
    if name.endswith(f".{domain}"):
        first, _, rest = name.removesuffix(f".{domain}").partition(".")
        if rest in ("", "scm"):
            return Addressed(site=first)
    own = site_of(name) or (site_of(name.replace(".scm.", ".", 1)) if _is_scm(name) else None)
    return Addressed(site=own or "")


def checked_host(host: str, site: str, records: Iterable[SiteRecord], domain: str) -> str:
    """A host that the site may have, in lower case, as the front compares it; letters of other scripts in
    their ASCII form. records: of all sites. Raises UsageError for what is no host name, and for one of the
    server's own; HostTaken for one that leads to another site."""
    name = _ascii(host.strip().lower().rstrip("."))
    if not 0 < len(name) <= _LONGEST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UsageError(
            f"{host!r} is no host name.",
            found="labels of letters, digits and hyphens with dots between: no scheme, no port, no path",
            fix="Give it as: www.example.org",
        )
    others = (record for record in records if record.name != site)
    taken = routes(others, domain).get(name)
    if taken not in (None, MANAGEMENT):
        raise HostTaken(
            f"{name} leads to the site {taken} already.",
            found=f"one host name can lead to one site; {site} asks for it, too",
            fix=f"Remove it there first: webstead site hosts remove {name} --site {taken}"
            if not name.endswith(f".{domain}")
            else "Take another name.",
        )
    if _is_scm(name) or taken == MANAGEMENT:
        raise UsageError(
            f"{name} leads to the management already.",
            found="scm as its first or second label",
            fix="Take another name.",
        )
    if name.endswith(f".{domain}") and name != f"{site}.{domain}":
        raise UsageError(
            f"{name} is one of the server's own names.",
            found=f"each site has NAME.{domain}, and a site of that name may be made",
            fix=f"Take a name that does not end in .{domain}.",
        )
    return name


def is_of_machine(host: str, domain: str) -> bool:
    """Whether a host that was checked is a name of the machine itself: an address, a name without a dot, or
    the server's domain. The management is asked by such names where the user says which site is meant."""
    return "." not in host or host.rpartition(".")[2].isdigit() or host == domain


def _is_scm(name: str) -> bool:
    """Whether it is such as managements have: a site's own host, with `scm` behind its first label, leads to
    its management, so it must not lead to another site."""
    return "scm" in name.split(".")[:2] and "." in name


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
