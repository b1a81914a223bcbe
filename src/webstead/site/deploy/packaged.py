"""The package of a site that runs from one: kept in data/SitePackages, and chosen there with the switch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from webstead.errors import UsageError
from webstead.site.deploy.gather import PACKAGE
from webstead.site.deploy.receiving import Received
from webstead.site.deploy.settings import value_of
from webstead.site.deploy.site_packages import Chosen, choose_package, chosen_package, keep_package
from webstead.site.deploy.work import Work
from webstead.site.releases.note import ReleaseNote

__all__ = ["chosen"]

MOST_PACKAGES = 5
"""Where SCM_MAX_ZIP_PACKAGE_COUNT says nothing, as with Kudu."""


@contextmanager
def chosen(work: Work, received: Received, deployment: str, note: ReleaseNote) -> Iterator[None]:
    """`packagename.txt` names the package before it is switched to: after a crash between the two, the site's
    next start finishes the deployment. What fails before the switch restores the name that was there, and
    when it was written: it is no newer choice. Raises OSError."""
    name = note.runs_from
    if not name or ":" in name:  # an address keeps its package itself
        yield
        return
    before = _chosen_now(work)
    most = _most(value_of(received.settings, "SCM_MAX_ZIP_PACKAGE_COUNT"))
    keep_package(work.home, work.home.deployments / deployment / PACKAGE, name, most)
    choose_package(work.home, name)
    try:
        yield
    except BaseException:
        if not work.serves:
            choose_package(work.home, before.name, before.written)
        raise
    work.log.say(f"It runs from data/SitePackages/{name}.")


def _chosen_now(work: Work) -> Chosen:
    with suppress(UsageError):
        return chosen_package(work.home) or _NONE
    return _NONE


_NONE = Chosen("", 0.0)


def _most(text: str) -> int:
    return (
        int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else MOST_PACKAGES
    )
