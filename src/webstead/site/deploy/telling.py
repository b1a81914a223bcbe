"""What the log of a deployment says of it, beside what its steps print."""

from __future__ import annotations

from collections.abc import Mapping

from webstead.plan import Plan
from webstead.site.deploy.advice import for_deployer
from webstead.site.deploy.known_settings import KNOWN
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.model import Request
from webstead.site.deploy.settings import value_of
from webstead.site.releases.linking import Kept, is_below
from webstead.site.store.model import Deployment

__all__ = ["some_of", "tell_beginning", "tell_kept", "tell_plan", "tell_unread", "warn_of"]

_MOST_NAMED = 10


def tell_beginning(log: DeploymentLog, request: Request, deployment: Deployment) -> None:
    """Whose it is, and what becomes of the files that are there."""
    log.say(f"Preparing deployment for commit id '{deployment.id[:10]}'.")
    log.say(f"By {request.deployer or request.author or 'somebody'}.")
    if request.clean:
        log.say("Clean: what lies in wwwroot and is not in this deployment goes.")
    else:
        log.say(
            "Incremental: files that earlier deployments brought and this one does not go; what the app "
            "or a person put into wwwroot stays."
        )


def tell_unread(log: DeploymentLog, settings: Mapping[str, str]) -> None:
    """The settings of Kudu's that somebody has set, and that nothing here follows."""
    for known in KNOWN:
        value = value_of(settings, known.name)
        if not known.read and value not in ("", known.default):
            log.say(f"The setting {known.name} is not followed. {known.doc}")


def tell_plan(log: DeploymentLog, plan: Plan) -> None:
    """Which Python, which start, and where that comes from; what may surprise."""
    if plan.start is None:
        _tell_no_start(log, plan)
    else:
        python = plan.python
        stated = f", as {python.evidence[0].where} says" if python.evidence else ""
        log.say(f"Python {python.version}{stated}.")
        where = f" ({plan.start.evidence[0].where})" if plan.start.evidence else ""
        log.say(f"It is started by: {' '.join(plan.start.command)}{where}")
    for warning in plan.warnings:
        log.warn(for_deployer(f"{warning.text} {warning.fix}".strip()))


def _tell_no_start(log: DeploymentLog, plan: Plan) -> None:
    """With what was looked for: the question's lines but its first, which says that there is none."""
    log.begin("No app found: static files only.")
    for question in plan.questions[:1]:
        for line in question.text.splitlines()[1:]:
            log.line(line)
    log.end()


def tell_kept(log: DeploymentLog, found: Kept, given: Kept, cleaned: str | None) -> None:
    """found, given, cleaned: as `bring_kept` has them."""
    gone = tuple(path for path in found.linked if is_below(path, cleaned))
    kept = tuple(path for path in found.linked if path not in gone)
    if gone:
        log.say(f"Gone from the site, for no deployment brought them: {some_of(gone)}.")
    if kept:
        log.say(f"Kept, for no deployment brought them: {some_of(kept)}.")
    if given.overwritten:
        log.warn(f"This deployment brings files that were kept until now: {some_of(given.overwritten)}.")
    if given.left:
        log.warn(f"These cannot be kept, for they are no files: {some_of(given.left)}.")


def warn_of(log: DeploymentLog, warnings: tuple[str, ...]) -> None:
    """Sentences about what was sent, which may be very many."""
    for warning in warnings[:_MOST_NAMED]:
        log.warn(warning)
    if len(warnings) > _MOST_NAMED:
        log.warn(f"And {len(warnings) - _MOST_NAMED:,} more of these.")


def some_of(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return ", ".join(paths[:_MOST_NAMED]) + more
