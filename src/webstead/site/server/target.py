"""What a site is to serve, by what is recorded of it: worked out, and started nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from webstead.errors import StartError, WebsteadError
from webstead.events import Emit
from webstead.host.confinement import FREE, Confinement
from webstead.plan import start_or_error
from webstead.site.homes import SiteHome
from webstead.site.layout import SiteLayout
from webstead.site.offline import offline_page
from webstead.site.prepare import Prepared, plan_site, without_release
from webstead.site.releases.note import read_note
from webstead.site.served import environ_of, overrides_of
from webstead.site.server.custody import custody
from webstead.site.server.facts import Facts
from webstead.site_table import SiteFiles

__all__ = ["Target", "target_of"]

_STOPPED = """\
<configuration><system.webServer><rewrite><rules><rule name="stopped" stopProcessing="true">
  <match url=".*" />
  <action type="CustomResponse" statusCode="403" statusReason="Site stopped"
    statusDescription="This site is stopped." />
</rule></rules></rewrite></system.webServer></configuration>
"""


@dataclass(frozen=True, slots=True)
class Target:
    """One of: prepared (a site that runs; offline: its page, when it is taken off), stopped (files that say
    so), or the error that answers for it. confinement: what holds its processes."""

    layout: SiteLayout
    prepared: Prepared | None = None
    offline: str | None = None
    stopped: SiteFiles | None = None
    error: WebsteadError | None = None
    confinement: Confinement = FREE


def target_of(home: SiteHome, facts: Facts, hostname: str, emit: Emit) -> Target:
    """Reads the site's files, and builds its environment when that has gone meanwhile: it may take long."""
    if facts.release is None:
        return Target(home.layout("none"), error=_nothing_deployed(home.name))
    layout = home.layout(facts.release)
    if facts.record.stopped:
        return Target(layout, stopped=SiteFiles(str(layout.wwwroot), (("", _STOPPED),)))
    try:
        confinement = custody(home, facts.record.options)
        plan = plan_site(layout, overrides_of(facts.settings, read_note(home, facts.release)))
        start_or_error(plan)
        environ = environ_of(home, facts.settings, hostname)
        prepared = without_release(layout, plan, emit, environ)
    except WebsteadError as error:
        return Target(layout, error=error)
    return Target(layout, prepared, offline_page(layout), confinement=confinement)


def _nothing_deployed(name: str) -> StartError:
    return StartError(
        f"Nothing was deployed to {name} yet.",
        found="The site has no release.",
        fix=f"webstead deploy DIR --site {name}",
    )
