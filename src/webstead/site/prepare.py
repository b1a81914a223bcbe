"""From a folder to what the supervisor starts: layout, plan, build, launches."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from webstead.build import Environment, perform, perform_before, program_path, run_release
from webstead.effects.clock import SystemClock
from webstead.effects.files import DiskTree
from webstead.errors import BuildError, RuntimeMissing
from webstead.events import Emit, Planned
from webstead.formats.webconfig import compile_site, fastcgi_config, parse
from webstead.host.confinement import FREE
from webstead.host.launch import Launch, expand
from webstead.plan import Machine, Overrides, Plan, as_json, make_plan, start_or_error
from webstead.plan.model import Process
from webstead.project.tree import IGNORED_FOLDERS, Tree
from webstead.site.in_place import in_place
from webstead.site.layout import SiteLayout, default_cache
from webstead.site.workshop import Workshop, workshop_of
from webstead.site_table import SiteFiles

__all__ = [
    "Prepared",
    "as_built",
    "before_build",
    "build_site",
    "decide",
    "error_site",
    "files_of",
    "plan_site",
    "plan_tree",
    "prepare",
    "without_release",
]

NOT_INHERITED = frozenset({"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"})
"""Variables of the Python that runs Webstead, which would lead the app's Python astray."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything is decided and built; nothing is started."""

    plan: Plan
    launches: tuple[Launch, ...]
    files: SiteFiles

    @property
    def serves_on_failure(self) -> bool:
        return any(launch.process.serve_on_failure for launch in self.launches)


def plan_site(layout: SiteLayout, overrides: Overrides) -> Plan:
    """The plan of the site's wwwroot. Starts nothing, writes nothing."""
    return plan_tree(DiskTree(layout.wwwroot, IGNORED_FOLDERS, kept=layout.kept), overrides)


def plan_tree(tree: Tree, overrides: Overrides) -> Plan:
    """The plan of a project, wherever its files are read from."""
    return make_plan(tree, overrides, this_machine())


def this_machine() -> Machine:
    """Looks when it is asked: a program may be installed while a site is up."""
    return Machine(os.cpu_count() or 1, shutil.which, SystemClock().now().date())


def build_site(
    layout: SiteLayout,
    plan: Plan,
    emit: Emit,
    *,
    allow_build: bool = True,
    meanwhile: Callable[[Environment], None] | None = None,
    workshop: Workshop | None = None,
) -> Environment:
    """The environment that the plan asks for, built if it is not there. meanwhile: as perform's. workshop:
    None for our own user's."""
    place = workshop or workshop_of(FREE)
    with place.at_work():
        return perform(
            *(plan, layout.wwwroot, place.cache, place.told(emit)),
            allow_build=allow_build,
            meanwhile=meanwhile,
            runner=place.runner,
            environ=place.of_our_own(os.environ),
            kept=layout.kept,
        )


def decide(layout: SiteLayout, overrides: Overrides, emit: Emit) -> Plan:
    """The plan, told, when it has a start. Raises PlanError, ConfigError."""
    plan = plan_site(layout, overrides)
    emit(Planned(as_json(plan)))
    start_or_error(plan)
    return plan


def before_build(layout: SiteLayout, plan: Plan, overrides: Overrides, emit: Emit) -> Plan:
    """What the plan does before the packages are looked at; then the plan of the project as it is now."""
    if not perform_before(plan, layout.wwwroot, default_cache(), emit):
        return plan
    return decide(layout, overrides, emit) if plan.start else plan_site(layout, overrides)


def prepare(
    layout: SiteLayout,
    plan: Plan,
    emit: Emit,
    *,
    allow_build: bool,
    environ: Mapping[str, str] = os.environ,
    workshop: Workshop | None = None,
) -> Prepared:
    """Build, and run the release step. Raises BuildError, RuntimeMissing."""
    layout.make()
    environment = build_site(layout, plan, emit, allow_build=allow_build, workshop=workshop)
    runner = (workshop or workshop_of(FREE)).runner
    run_release(plan, layout.wwwroot, environment, emit, runner=runner, environ=environ)
    return prepared(layout, plan, environment, environ)


def without_release(
    layout: SiteLayout, plan: Plan, emit: Emit, environ: Mapping[str, str], workshop: Workshop
) -> Prepared:
    """As `prepare`, for what was released before: nothing is built but what has gone from the cache since."""
    layout.make()
    return prepared(layout, plan, build_site(layout, plan, emit, workshop=workshop), environ)


def error_site(layout: SiteLayout) -> tuple[SiteFiles, str]:
    """A site that sends every URL to one pool, and that pool's key: what serves the error of a plan."""
    text = fastcgi_config("none", {})
    ((_, handler),) = compile_site([("", parse(text.encode(), "web.config"))]).handlers()
    return SiteFiles(str(layout.wwwroot), (("", text),)), handler.pool or ""


def prepared(
    layout: SiteLayout, plan: Plan, environment: Environment, environ: Mapping[str, str]
) -> Prepared:
    """The plan's processes and files, with this machine's folders for `%HOME%` and `%WWWROOT%`, and with the
    packages that were installed in place."""
    environment = in_place(layout.home, environment)
    base = environment.variables({k: v for k, v in environ.items() if not _withheld(k)})
    launches = tuple(_launch(layout, process, environment, base) for process in plan.processes)
    return Prepared(plan, launches, _files(layout, plan, environment))


def _withheld(name: str) -> bool:
    return name in NOT_INHERITED or name.startswith("WEBSTEAD_")


def _launch(
    layout: SiteLayout, process: Process, environment: Environment, base: Mapping[str, str]
) -> Launch:
    folders = {"HOME": str(layout.home), "WWWROOT": str(layout.wwwroot)}
    directory = layout.wwwroot / process.directory

    def absolute(path: str) -> Path:
        return Path(os.path.normpath(directory / expand(path, folders)))

    words = tuple(expand(word, folders) for word in process.command)
    if process.foreign is None:  # a program of the app that is not there is said before anything starts
        program_path(environment, words[0], base)
    return Launch(
        process=process,
        words=words,
        directory=directory,
        environment={**base, **{s.name: expand(s.text, folders) for s in process.environment}},
        python_path=tuple(str(absolute(path)) for path in process.python_path),
        log_file=absolute(process.log_file) if process.log_file else None,
        python=environment.python,
        renewed_for=tuple(absolute(path) for path in process.renewed_for),
    )


def as_built(
    layout: SiteLayout,
    plan: Plan,
    environ: Mapping[str, str] = os.environ,
    workshop: Workshop | None = None,
) -> Prepared | None:
    """What `prepare` gives when there is nothing to build and no release to run; None when there is. Raises
    what `prepared` raises."""
    environment = _built(layout, plan, workshop)
    return None if environment is None else prepared(layout, plan, environment, environ)


def files_of(layout: SiteLayout, plan: Plan) -> SiteFiles:
    """The plan's files, with what was collected for it when it was last built; builds nothing."""
    return _files(layout, plan, _built(layout, plan))


def _built(layout: SiteLayout, plan: Plan, workshop: Workshop | None = None) -> Environment | None:
    try:
        return build_site(layout, plan, lambda event: None, allow_build=False, workshop=workshop)
    except (BuildError, RuntimeMissing):
        return None


def _files(layout: SiteLayout, plan: Plan, environment: Environment | None) -> SiteFiles:
    configs = [("", plan.webconfig.text)] if plan.webconfig else []
    configs += [(posixpath.dirname(nested.path), nested.text) for nested in plan.nested]
    beside = tuple(
        other for config in (plan.webconfig, *plan.nested) if config is not None for other in config.beside
    )
    collected = environment.static if environment else None
    virtual = tuple((v.path, str(collected)) for v in plan.virtual) if collected else ()
    return SiteFiles(
        *(str(layout.wwwroot), tuple(configs), virtual, beside, str(layout.failed_requests)),
        kept=str(layout.kept or ""),
    )
