"""What a site is to serve, by what is recorded of it: worked out, and started nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from webstead.errors import WebsteadError
from webstead.events import Emit
from webstead.host.confinement import FREE, Confinement
from webstead.plan import start_or_files
from webstead.site.custody import custody
from webstead.site.homes import SiteHome
from webstead.site.layout import SiteLayout
from webstead.site.offline import offline_page
from webstead.site.prepare import Prepared, plan_site, without_release
from webstead.site.releases.note import read_note
from webstead.site.served import environ_of, overrides_of
from webstead.site.server.facts import Facts
from webstead.site.workshop import workshop_of
from webstead.site_table import SiteFiles

__all__ = ["Target", "target_of"]

_SAYING = """\
<configuration><system.webServer><rewrite><rules><rule name="nothing runs" stopProcessing="true">
  <match url=".*" />
  <action type="CustomResponse" statusCode="{status}" statusReason="{reason}" statusDescription="{text}" />
</rule></rules></rewrite></system.webServer></configuration>
"""
_STOPPED = _SAYING.format(status=403, reason="Site stopped", text="This site is stopped.")
_EMPTY = _SAYING.format(
    status=503,
    reason="Nothing deployed",
    text="Nothing was deployed to this site yet: webstead deploy DIR --site {site}",
)


@dataclass(frozen=True, slots=True)
class Target:
    """One of: prepared (a site that runs; offline: its page, when it is taken off), stopped (files that say
    why nothing runs: a person wanted it, or nothing was deployed yet), or the error that answers for it.
    confinement: what holds its processes."""

    layout: SiteLayout
    prepared: Prepared | None = None
    offline: str | None = None
    stopped: SiteFiles | None = None
    error: WebsteadError | None = None
    confinement: Confinement = FREE


def target_of(home: SiteHome, facts: Facts, hostname: str, emit: Emit) -> Target:
    """Reads the site's files, and builds its environment when that has gone meanwhile: it may take long."""
    if facts.release is None:
        empty = home.layout("none")
        return Target(empty, stopped=_saying(empty, _EMPTY.format(site=home.name)))
    layout = home.layout(facts.release)
    if facts.record.stopped:
        return Target(layout, stopped=_saying(layout, _STOPPED))
    try:
        confinement = custody(home, facts.record.options)
        note = read_note(home, facts.release)
        plan = plan_site(layout, overrides_of(facts.settings, note))
        start_or_files(plan, deployed_without=not note.app)
        environ = environ_of(home, facts.settings, hostname)
        prepared = without_release(layout, plan, emit, environ, workshop_of(confinement))
    except WebsteadError as error:
        return Target(layout, error=error)
    return Target(layout, prepared, offline_page(layout), confinement=confinement)


def _saying(layout: SiteLayout, config: str) -> SiteFiles:
    return SiteFiles(str(layout.wwwroot), (("", config),))
