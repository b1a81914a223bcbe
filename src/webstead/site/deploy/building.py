"""From the files of a release to what it runs in: planned, built, and seen to start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webstead.build import Environment, perform, perform_before, run_release
from webstead.build.steps import last_words
from webstead.effects.files import DiskTree, remove_tree
from webstead.effects.processes import TimedOut
from webstead.errors import BuildError, WebsteadError
from webstead.plan import Plan, start_or_error
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.deploy.decide import BUILD_SETTING
from webstead.site.deploy.settings import value_of
from webstead.site.deploy.variables import command_variables
from webstead.site.deploy.work import Work
from webstead.site.layout import default_cache
from webstead.site.prepare import plan_site
from webstead.site.releases.note import ReleaseNote
from webstead.site.served import overrides_of
from webstead.site.verify import Verification

__all__ = ["Built", "build", "release_step", "run_command", "variables_of", "verify"]

_LONGEST_COMMAND_SECONDS = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Built:
    plan: Plan
    environment: Environment


def variables_of(work: Work, settings: Mapping[str, str], commit: str) -> dict[str, str]:
    """Of commands of the user's own. Makes the folder for their temporary files; `run_command` and the end
    of the deployment remove it."""
    temporary = work.server.temporary / f"deploy-{work.release}"
    temporary.mkdir(exist_ok=True)
    return command_variables(
        work.environ,
        settings,
        home=work.home,
        folder=work.folder,
        temporary=temporary,
        previous=None if work.old is None else work.home.deployments / work.old / "manifest",
        next_manifest=work.home.deployments / work.release / "manifest",
        clean=work.request.clean,
        commit=commit,
        message=work.request.message,
    )


def run_command(work: Work, command: str, variables: Mapping[str, str]) -> None:
    """The setting COMMAND: what it says is all that is done to the files. Raises BuildError."""
    work.log.begin(f"Running custom deployment command: {command.splitlines()[0][:100]}")
    temporary = Path(variables["DEPLOYMENT_TEMP"])
    try:
        done = work.runner(
            ["bash", "-c", command],
            cwd=work.folder,
            env=variables,
            on_line=lambda _, line: work.log.line(line),
            timeout=_LONGEST_COMMAND_SECONDS,
        )
    except TimedOut as error:
        raise BuildError("The deployment command did not end.", found=str(error), fix=_COMMAND_FIX) from None
    finally:
        remove_tree(temporary)
    if done.code != 0:
        raise BuildError(
            "The deployment command failed.",
            found=f"exit code {done.code}: {last_words(done.tail) or 'it said nothing'}",
            fix=_COMMAND_FIX,
            detail="\n".join(done.tail),
        )
    work.log.end("Done.")


_COMMAND_FIX = "Correct the setting COMMAND, or take it out. The site serves what it served before."


def build(work: Work, note: ReleaseNote) -> Built:
    """Raises PlanError, ConfigError, BuildError, RuntimeMissing, Cancelled."""
    cache = default_cache()
    plan = _plan(work, note)
    if note.install and perform_before(
        plan, work.folder, cache, work.log.emit, runner=work.runner, environ=work.environ, clock=work.clock
    ):
        plan = _plan(work, note)
    start_or_error(plan)
    _tell(work, plan)
    environment = perform(
        plan,
        work.folder,
        cache,
        work.log.emit,
        allow_build=True,
        runner=work.runner,
        environ=work.environ,
        clock=work.clock,
    )
    work.log.end()
    return Built(plan, environment)


def _plan(work: Work, note: ReleaseNote) -> Plan:
    layout = work.home.layout(work.release)
    layout.make()
    return plan_site(layout, overrides_of(work.app, note))


def _tell(work: Work, plan: Plan) -> None:
    """Which Python, which start, and where that comes from; what may surprise."""
    python = plan.python
    stated = f", as {python.evidence[0].where} says" if python.evidence else ""
    work.log.say(f"Python {python.version}{stated}.")
    if plan.start is not None:
        where = f" ({plan.start.evidence[0].where})" if plan.start.evidence else ""
        work.log.say(f"It is started by: {' '.join(plan.start.command)}{where}")
    for warning in plan.warnings:
        work.log.warn(f"{warning.text} {warning.fix}".strip())


def verify(work: Work, built: Built, note: ReleaseNote) -> None:
    """See that it starts. Raises StartError, with more to do where nothing was installed."""
    layout = work.home.layout(work.release)
    try:
        with Verification(
            layout,
            built.plan,
            work.log.emit,
            runner=work.runner,
            environ=work.environ,
            clock=work.clock,
            cache=default_cache(),
        ) as verification:
            verification.finish(built.environment)
    except WebsteadError as error:
        if not note.install and error.kind in ("start", "runtime") and _lists_packages(work.folder):
            error.fix = (
                f"Its packages were not installed: set {BUILD_SETTING}=true and deploy again. {error.fix}"
            )
        raise


def _lists_packages(folder: Path) -> bool:
    from webstead.site.deploy.decide import MANIFESTS

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


def is_off(settings: Mapping[str, str], name: str) -> bool:
    return value_of(settings, name).strip().casefold() in ("0", "false")
