"""How a release comes about and is planned: whether it is built, and what its note says from then on."""

from __future__ import annotations

from webstead.site.deploy.decide import BUILD_SETTING, Decision, Facts, decide
from webstead.site.deploy.model import Package
from webstead.site.deploy.packages import packages_in
from webstead.site.deploy.receiving import Received
from webstead.site.deploy.settings import value_of
from webstead.site.deploy.site_packages import package_name
from webstead.site.deploy.work import Work
from webstead.site.releases.note import ReleaseNote
from webstead.site.store.model import Deployment

__all__ = ["decided", "note_of"]


def decided(work: Work, received: Received) -> Decision:
    """Told in the log, with the reason."""
    settings = received.settings
    facts = Facts(
        origin=received.gathered.origin,
        asked=work.request.build,
        setting=value_of(settings, BUILD_SETTING),
        command=value_of(settings, "COMMAND"),
        names=frozenset(path.name for path in work.folder.iterdir()),
    )
    decision = decide(facts)
    work.log.say(decision.why)
    return decision


def note_of(work: Work, decision: Decision, deployment: Deployment) -> ReleaseNote:
    """How the release is planned, from now on and whenever it is put to work."""
    install = decision.how == "build"
    packages = "" if install else packages_in(work.folder)
    if packages:
        work.log.say(f"It runs with the packages that it brings in {packages}.")
    elif decision.warning:
        work.log.warn(decision.warning)
    return ReleaseNote(
        deployment=deployment.id,
        created=work.clock.now().isoformat(),
        install=install,
        packages=packages,
        message=deployment.message,
        deployer=deployment.deployer,
        runs_from=_package_of(work),
    )


def _package_of(work: Work) -> str:
    source = work.request.source
    if not isinstance(source, Package):
        return ""
    return source.name or package_name(work.home, work.clock.now())
