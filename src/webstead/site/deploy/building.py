"""From the files of a release to what it runs in: planned, built, and seen to start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from webstead.build import Environment, perform, perform_before, run_release
from webstead.effects.files import DiskTree
from webstead.errors import WebsteadError
from webstead.plan import Plan, start_or_files
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.deploy.decide import BUILD_SETTING, MANIFESTS
from webstead.site.deploy.telling import tell_plan
from webstead.site.deploy.work import Work
from webstead.site.in_place import unused_layers
from webstead.site.prepare import plan_site
from webstead.site.releases.lending import lent
from webstead.site.releases.note import ReleaseNote, read_note
from webstead.site.served import overrides_of
from webstead.site.verify import Verification

__all__ = ["Built", "build", "release_step", "verify", "with_kept"]


@dataclass(frozen=True, slots=True)
class Built:
    plan: Plan
    environment: Environment


def build(work: Work, note: ReleaseNote, *, partial: bool = False) -> Built:
    """partial: only some of the release was sent; a site without an app may be sent in pieces. Raises
    PlanError, ConfigError, BuildError, RuntimeMissing, Cancelled."""
    plan = _plan(work, note)
    if note.install and _before(work, plan):
        plan = _plan(work, note)
    return _built(work, plan, deployed_without=partial and not _had_app(work))


def with_kept(work: Work, note: ReleaseNote, built: Built) -> Built:
    """The same, once the release has what the app or a person put into wwwroot: a manifest or a web.config
    among it counts as one that was deployed. Raises as `build`."""
    plan = _plan(work, note)
    if plan == built.plan:
        return built
    work.log.say("What is kept in wwwroot changes the plan.")
    held = work.workshop.confinement
    with lent(work.folder, held.user, held.group):
        return _built(work, plan, deployed_without=built.plan.start is None)


def _built(work: Work, plan: Plan, *, deployed_without: bool) -> Built:
    start_or_files(plan, deployed_without=deployed_without)
    tell_plan(work.log, plan)
    place = work.workshop
    with place.at_work():
        environment = perform(
            plan,
            work.folder,
            place.cache,
            place.told(work.log.emit),
            allow_build=True,
            runner=place.hired(work.runner),
            environ=work.environ,
            clock=work.clock,
            kept=work.home.layout(work.release).kept,
        )
    work.log.end()
    if unused := unused_layers(work.home.root, environment):
        work.log.warn(
            f"Packages that were installed in place for Python {', '.join(unused)} are not used: this "
            "release runs on another. List them in the project, or install them again."
        )
    return Built(plan, environment)


def _before(work: Work, plan: Plan) -> bool:
    place = work.workshop
    with place.at_work():
        return perform_before(
            plan,
            work.folder,
            place.cache,
            place.told(work.log.emit),
            runner=place.hired(work.runner),
            environ=work.environ,
            clock=work.clock,
        )


def _plan(work: Work, note: ReleaseNote) -> Plan:
    layout = work.home.layout(work.release)
    layout.make()
    with work.workshop.at_work():  # the files may be theirs: no link leads where they could not go
        return plan_site(layout, overrides_of(work.app, note))


def _had_app(work: Work) -> bool:
    return work.old is not None and read_note(work.home, work.old).app


def verify(work: Work, built: Built, note: ReleaseNote) -> None:
    """See that it starts, where anything is to start. Raises StartError, with more to do where nothing was
    installed."""
    if built.plan.start is None:
        return
    layout, place = work.home.layout(work.release), work.workshop
    try:
        with (
            place.at_work(),
            Verification(
                layout,
                built.plan,
                place.told(work.log.emit),
                runner=place.hired(work.runner),
                environ=work.environ,
                clock=work.clock,
                cache=place.cache,
            ) as verification,
        ):
            verification.finish(built.environment)
    except WebsteadError as error:
        if not note.install and error.kind in ("start", "runtime") and _lists_packages(work.folder):
            error.fix = (
                f"Its packages were not installed: set {BUILD_SETTING}=true and deploy again. {error.fix}"
            )
        raise


def _lists_packages(folder: Path) -> bool:
    return bool(set(MANIFESTS) & set(DiskTree(folder, IGNORED_FOLDERS).files()))


def release_step(work: Work, built: Built) -> None:
    """What the project wants done once before traffic. Raises BuildError."""
    run_release(
        built.plan,
        work.folder,
        built.environment,
        work.log.emit,
        runner=work.runner,
        environ=work.environ,
        clock=work.clock,
    )
