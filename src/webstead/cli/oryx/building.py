"""An Oryx build: the plan performed in a working copy, verified, and written out with its manifest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from webstead.build import Environment, perform, perform_before
from webstead.build.interpreter import Interpreter
from webstead.build.steps import Steps
from webstead.cli.oryx.contents import collected_files
from webstead.cli.oryx.decision import Decided, decide
from webstead.cli.oryx.manifest import built_manifest
from webstead.cli.oryx.pythons import finder, interpreter_for
from webstead.cli.oryx.request import Request
from webstead.cli.oryx.shape import Shape
from webstead.cli.oryx.working_copy import check_places, copy_up_to_date
from webstead.cli.oryx.writing import Output, write_output
from webstead.effects.clock import SystemClock
from webstead.effects.files import DiskTree, remove_tree
from webstead.errors import BuildError
from webstead.events import Emit, Note
from webstead.plan import Plan
from webstead.plan.conda import ANY_PYTHON
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.layout import SiteLayout, default_cache, default_state, find_layout
from webstead.site.verify import verify_site

__all__ = ["Job", "build_app"]

_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Job:
    """destination: the source itself when nothing else is asked for. manifest_dir: where the manifest goes,
    if not there. skip: the platform is not looked for."""

    request: Request
    shape: Shape
    destination: Path
    operation: str
    intermediate: Path | None = None
    manifest_dir: Path | None = None
    skip: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    summary: str
    kind: str = "output"


def build_app(job: Job, emit: Emit, environ: Mapping[str, str] = os.environ) -> Plan:
    """Everything that `oryx build` does. Raises what the parts raise, BuildError for a disk that is full; a
    failure leaves the destination as it was, but for one inside the source, which goes first, as in Oryx."""
    try:
        return _Building(job, emit, _with_folders(job, environ)).build()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise BuildError(
            "The output could not be written",
            found=f"{where}{error.strerror or error}",
            fix="See that the folders may be written and that the disk has room.",
        ) from None


def _with_folders(job: Job, environ: Mapping[str, str]) -> dict[str, str]:
    """What hooks are told."""
    return {**environ, "DESTINATION_DIR": str(job.destination)}


@dataclass(slots=True)
class _Building:
    job: Job
    emit: Emit
    environ: Mapping[str, str]
    work: Path = field(init=False)

    def build(self) -> Plan:
        request = self._working_copy()
        self.emit(Note("info", "Detecting platforms..."))
        decided = decide(request, self.emit, self.environ, skip=self.job.skip)
        python = self._python(decided.plan)
        self._told(decided, python)
        decided = self._before(request, decided)
        plan = decided.plan
        environment = perform(plan, self.work, self._cache, self.emit, allow_build=True, environ=self.environ)
        self._verify(plan, environment)
        version = python.version if python else self._version_of(environment)
        self._write(request, decided, environment, version)
        return plan

    @property
    def _cache(self) -> Path:
        return default_cache(self.environ)

    @property
    def _in_place(self) -> bool:
        return self.job.destination == self.job.request.source

    def _working_copy(self) -> Request:
        """The request for the folder that the build works in: the source, or its copy."""
        source, copy = self.job.request.source, self.job.intermediate
        check_places(source, copy)
        if not self._in_place and self.job.destination.is_relative_to(source):
            remove_tree(self.job.destination)
        self.work = source
        if copy is None:
            return self.job.request
        name = self.job.shape.virtualenv
        packed = [f"{name}{ending}" for ending in ("", ".zip", ".tar.gz", ".tar.zst")] if name else []
        steps = Steps(self.emit, SystemClock())
        with steps.doing(_Step(f"copy to {copy}", "copy")):
            copy_up_to_date(source, copy, (".git", "__oryx_packages__", *packed))
        self.work = copy.resolve()
        return replace(self.job.request, source=self.work, tree=DiskTree(self.work, IGNORED_FOLDERS))

    def _python(self, plan: Plan) -> Interpreter | None:
        """The interpreter; None where conda brings it."""
        if plan.python.version == ANY_PYTHON or any(step.kind == "conda" for step in plan.install):
            return None
        pythons = finder(self.work, self.environ, lambda text: self.emit(Note("info", text)))
        return interpreter_for(plan.python.version, plan.python.implementation, pythons)

    def _told(self, decided: Decided, python: Interpreter | None) -> None:
        self.emit(Note("info", "Detected following platforms:"))
        self.emit(Note("info", f"  python: {python.version if python else 'conda'}"))
        for warning in decided.plan.warnings:
            fix = f" Fix: {warning.fix}" if warning.fix else ""
            self.emit(Note("warning", f"{warning.text}{fix}"))
        self._told_start(decided.plan)

    def _told_start(self, plan: Plan) -> None:
        if plan.start is not None:
            self.emit(Note("info", f"Start command: {' '.join(plan.start.command)}"))
            return
        question = plan.questions[0].text.partition("\n")[0] if plan.questions else "nothing was found"
        fix = (
            "oryx create-script needs -userStartupCommand, or let the code say it; `webstead plan` says more."
        )
        self.emit(Note("warning", f"There is no start command: {question} {fix}"))

    def _before(self, request: Request, decided: Decided) -> Decided:
        """The pre-build hook; then the plan of what it left."""
        if not perform_before(decided.plan, self.work, self._cache, self.emit, environ=self.environ):
            return decided
        anew = replace(request, tree=DiskTree(self.work, IGNORED_FOLDERS))
        return decide(anew, self.emit, self.environ, skip=self.job.skip)

    def _verify(self, plan: Plan, environment: Environment) -> None:
        if self.environ.get("WEBSTEAD_VERIFY", "").lower() in _FALSE - {""}:
            return
        if plan.start is not None:
            layout: SiteLayout = find_layout(self.work, default_state(self.environ))
            verify_site(layout, plan, environment, self.emit, environ=self.environ)

    def _version_of(self, environment: Environment) -> str:
        pythons = finder(self.work, self.environ, lambda text: None)
        return pythons.at(str(environment.python)).version

    def _write(self, request: Request, decided: Decided, environment: Environment, version: str) -> None:
        collected = collected_files(decided.plan, self.work, environment, self.environ)
        output = Output(
            self.work,
            self.job.destination,
            self.job.manifest_dir or self.job.destination,
            environment,
            self.job.shape,
            self.job.shape.folder(version),
            collected,
            request.configuration.text("CUSTOM_REQUIREMENTSTXT_PATH"),
            in_place=self._in_place and self.job.intermediate is None,
            source=self.job.request.source,
        )
        manifest = built_manifest(decided, output, version, self.job.operation)
        steps = Steps(self.emit, SystemClock())
        with steps.doing(step := _Step(f"write {self.job.destination}")):
            meter = steps.meter(step, "Writing", "bytes")
            write_output(output, manifest, meter.advance)
            meter.finish()
