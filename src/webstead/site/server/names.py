"""The host names of sites: which there are, which a site may have, and the routes that the front is given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webstead.errors import UsageError
from webstead.site.server.management import SITE
from webstead.site.store.model import SiteRecord

__all__ = ["checked_host", "first_host", "routes"]

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST = 253


def first_host(record: SiteRecord, domain: str) -> str:
    """The name that a site is known by: its own first one, else NAME.DOMAIN."""
    return record.hosts[0] if record.hosts else f"{record.name}.{domain}"


def routes(records: Iterable[SiteRecord], domain: str) -> dict[str, str]:
    """Which host leads to which site. Of a host that two sites state the first by name has it."""
    found = {f"*.scm.{domain}": SITE, f"scm.{domain}": SITE}
    for record in sorted(records, key=lambda each: each.name):
        for host in (f"{record.name}.{domain}", *record.hosts):
            found.setdefault(host, record.name)
    return found


def checked_host(host: str, site: str, records: Iterable[SiteRecord], domain: str) -> str:
    """A host name that the site may have, in lower case, as the front compares it; letters of other scripts
    in their ASCII form. Raises UsageError for what is no host name, and for one that leads elsewhere
    already."""
    name = _ascii(host.strip().lower().rstrip("."))
    if not 0 < len(name) <= _LONGEST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UsageError(
            f"{host!r} is no host name.",
            found="labels of letters, digits and hyphens with dots between: no scheme, no port, no path",
            fix="Give it as: www.example.org",
        )
    taken = routes((record for record in records if record.name != site), domain).get(name)
    if taken is not None or name.endswith(f".scm.{domain}"):
        owner = "the management" if taken in (None, SITE) else f"the site {taken}"
        raise UsageError(
            f"{name} leads to {owner} already.",
            found=f"one host name can lead to one site; {site} asks for it, too",
            fix=f"Remove it there first: webstead site hosts --site {taken} --remove {name}"
            if taken not in (None, SITE)
            else "Take another name.",
        )
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
