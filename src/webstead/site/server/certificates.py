"""The certificates of a server's hosts, from its own authority: one for each site, and one for all else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from webstead.site.server.authority import Authority, Issued
from webstead.site.server.management import SITE
from webstead.site.store.model import SiteRecord
from webstead.site_table import Certificate

__all__ = ["certificates"]


def certificates(
    authority: Authority, records: Iterable[SiteRecord], domain: str, now: datetime
) -> dict[str, Certificate]:
    """By host name. Names are stated one by one: browsers take `*.localhost` for no name. Those that are
    there and hold for a while are kept; writes files."""
    rest = _certificate(authority.issue(SITE, (f"scm.{domain}", domain), now))
    found = {"*": rest}
    for record in records:
        hosts = (f"{record.name}.{domain}", f"{record.name}.scm.{domain}", *record.hosts)
        own = _certificate(authority.issue(record.name, hosts, now))
        for host in hosts:
            found.setdefault(host, own)
    return found


def _certificate(issued: Issued) -> Certificate:
    return Certificate(str(issued.certificate), str(issued.key))
