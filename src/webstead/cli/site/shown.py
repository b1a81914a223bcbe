"""A site, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from webstead.client.sites import Site

__all__ = ["listed", "print_site", "site_lines", "table"]

_LABEL = 14


def listed(settings: Mapping[str, str], *, reveal: bool) -> dict[str, str]:
    """In the order of their names; what looks secret is masked unless it is to be revealed."""
    from webstead.settings import masked

    return dict(sorted(settings.items())) if reveal else masked(settings)


def print_site(site: Site, *, json: bool) -> None:
    from webstead.cli.as_json import print_json

    if json:
        print_json(site.as_json())
    else:
        typer.echo("\n".join(site_lines(site)))


def site_lines(site: Site) -> Iterator[str]:
    from webstead.cli.tables import when

    yield f"{'Site':<{_LABEL}}{site.name}{' (stopped)' if site.stopped else ''}"
    yield f"{'Address':<{_LABEL}}{site.url}"
    if site.hosts:
        yield f"{'Hosts':<{_LABEL}}{', '.join(site.hosts)}"
    yield f"{'Management':<{_LABEL}}{site.scm_url}"
    yield f"{'Release':<{_LABEL}}{site.release or 'none yet: webstead deploy DIR --site ' + site.name}"
    if site.created is not None:
        yield f"{'Created':<{_LABEL}}{when(site.created)}"
    if site.options:
        words = ", ".join(f"{name.replace('_', '-')} {_told(value)}" for name, value in site.options.items())
        yield f"{'Options':<{_LABEL}}{words}"


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in ("", None) else "none"


def table(sites: Sequence[Site]) -> Iterator[str]:
    from webstead.cli.tables import rows

    cells = [
        (site.name, "stopped" if site.stopped else "started", site.release[:10] or "no release", site.url)
        for site in sites
    ]
    return rows(cells)
