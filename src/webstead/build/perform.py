"""Performs the install steps of a plan: the environment at its address, built there once, and found there
ever after.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.build.absent import absent_packages
from webstead.build.address import environment_key, static_key
from webstead.build.bytecode import lend
from webstead.build.collectstatic import Collecting, Collection, collect
from webstead.build.conda import conda_python
from webstead.build.environment import Environment, environment_at, mark, read_marker
from webstead.build.hooks import HookMemory, run_hook
from webstead.build.inputs import Inputs, read_inputs
from webstead.build.installers import INSTALLERS, Work
from webstead.build.interpreter import Interpreter
from webstead.build.kept import hold
from webstead.build.os_packages import install_os_packages
from webstead.build.runtimes import Finder
from webstead.build.steps import Steps
from webstead.build.system_libraries import warn_of_libraries
from webstead.build.uv import Uv, UvFailed, with_settings
from webstead.build.uv.downloads import Downloads
from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import DiskTree, remove_tree
from webstead.effects.lock import locked
from webstead.effects.processes import Runner, run
from webstead.errors import BuildError
from webstead.events import Emit
from webstead.plan.model import InstallStep, Plan
from webstead.project.text import decode
from webstead.project.tree import IGNORED_FOLDERS

__all__ = ["perform", "perform_before"]

_ENVIRONMENT = InstallStep("environment", "Make the environment")
_BARE = InstallStep("environment", "Make a bare environment", words=("pip",))


def perform(
    plan: Plan,
    project: Path,
    cache: Path,
    emit: Emit,
    *,
    allow_build: bool,
    meanwhile: Callable[[Environment], None] | None = None,
    runtime: str | None = None,
    runner: Runner = run,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    kept: Path | None = None,
) -> Environment:
    """Build what is missing, and give the environment that the plan's processes run in.

    cache: where environments and collected static files are kept (`site.default_cache()`). meanwhile: called
    with the environment when its packages are there and a long step of the app's own code begins, to begin
    something else beside it. runtime: a version or path that overrides the plan's Python. kept: a folder that
    links of the project may lead to, as DiskTree's. When nothing changed, no program is run. The release step
    is not part of this: `run_release`. Raises BuildError, and RuntimeMissing when there is no such Python.
    """
    build = _Build(plan, project, cache, emit, runner, environ, clock or SystemClock(), kept)
    try:
        return build.perform(runtime, allow_build=allow_build, meanwhile=meanwhile or (lambda _: None))
    except OSError as error:
        if error.errno == errno.ENOSPC or str(error.filename).startswith(str(cache.absolute())):
            raise _not_writable(cache, error) from None
        raise


def perform_before(
    plan: Plan,
    project: Path,
    cache: Path,
    emit: Emit,
    *,
    runtime: str | None = None,
    runner: Runner = run,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> bool:
    """What the plan does before the packages are looked at: packages of the system, the pre-build hook. True
    when the hook ran: it may have written what a plan is made from. Raises as perform does."""
    return _Build(plan, project, cache, emit, runner, environ, clock or SystemClock()).before(runtime)


def _not_writable(cache: Path, error: OSError) -> BuildError:
    return BuildError(
        f"The folder for environments cannot be written: {cache}",
        found=str(error),
        fix="Make it writable and see that its disk has room, or set WEBSTEAD_CACHE_DIR to another folder.",
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """The environment that is wanted: who runs it, what goes in, and where it stands."""

    interpreter: Interpreter
    steps: tuple[InstallStep, ...]
    inputs: Inputs
    environment: Environment


def _is_conda(steps: Sequence[InstallStep]) -> bool:
    return any(step.kind == "conda" for step in steps)


class _Build:
    def __init__(
        self,
        plan: Plan,
        project: Path,
        cache: Path,
        emit: Emit,
        runner: Runner,
        environ: Mapping[str, str],
        clock: Clock,
        kept: Path | None = None,
    ) -> None:
        self._plan = plan
        self._project = project.resolve()
        self._cache = cache.absolute()
        self._runner = runner
        self._environ = with_settings(environ, plan.settings)
        self._clock = clock
        self._steps = Steps(emit, clock)
        self._tree = DiskTree(self._project, IGNORED_FOLDERS, kept=kept)

    def before(self, runtime: str | None) -> bool:
        """What comes before the packages. True when a hook ran, which may have changed the project."""
        ran = False
        for step in self._plan.install:
            if step.kind == "os-packages":
                install_os_packages(step, self._steps, self._runner, self._environ)
            elif step.kind == "pre-build":
                ran = self._hook(step, self._bare(runtime)) or ran
        return ran

    def _bare(self, runtime: str | None) -> Environment:
        """An environment of the site's Python with pip and nothing else: the packages are not known yet."""
        target = self._target(runtime, allow_build=True, steps=(_BARE,))
        if not read_marker(target.environment.prefix):
            self._build(target)
        return target.environment

    def _hook(self, step: InstallStep, environment: Environment) -> bool:
        memory = self._cache / "hooks" / f"{static_key(str(self._project), (), ())}-{step.kind}.json"
        return run_hook(
            step,
            self._project,
            environment,
            self._plan.settings,
            self._steps,
            self._runner,
            self._environ,
            HookMemory(memory, lambda: DiskTree(self._project, IGNORED_FOLDERS).stamps()),
        )

    def perform(
        self, runtime: str | None, *, allow_build: bool, meanwhile: Callable[[Environment], None]
    ) -> Environment:
        target = self._target(runtime, allow_build=allow_build)
        if read_marker(target.environment.prefix):
            for step in target.steps:
                self._steps.unchanged(step)
        elif not allow_build:
            raise self._not_built(target)
        else:
            self._build(target)
        environment = environment_at(target.environment.prefix)
        if allow_build:
            hold(self._cache, self._project, environment.prefix.name)
            warn_of_libraries(environment, self._steps, self._environ)
        for step in self._plan.install:
            if step.kind == "collectstatic":
                settings = self._plan.settings
                wanted = Collection(step, self._project, self._cache, environment, settings, self._tree)
                collecting = Collecting(self._steps, self._runner, self._environ, meanwhile)
                folder = collect(wanted, collecting, allow_build=allow_build)
                environment = environment.with_static(folder)
            elif step.kind == "post-build" and allow_build:
                self._hook(step, environment)
        return environment

    def _uv(self, step: InstallStep, keep: Sequence[int] = ()) -> Uv:
        downloads = Downloads(lambda: self._steps.meter(step, "Downloading", "bytes"))

        def said(line: str) -> None:
            self._steps.output(step, line)
            downloads.take(line)  # behind it: a terminal shows what came last

        return Uv(self._runner, self._environ, self._project, said, keep)

    def _target(
        self, runtime: str | None, *, allow_build: bool, steps: tuple[InstallStep, ...] = ()
    ) -> _Target:
        steps = steps or tuple(step for step in self._plan.install if step.kind in INSTALLERS)
        if not any(step.kind in ("environment", "conda") for step in steps):
            steps = (_ENVIRONMENT, *steps)
        inputs = read_inputs(steps, self._tree, self._project, self._environ)
        python = self._plan.python
        if _is_conda(steps):
            interpreter = conda_python(python.version)
        else:
            finder = self._finder(download=allow_build)
            interpreter = finder.find(runtime or python.version, python.implementation or "cpython")
        key = environment_key(interpreter, steps, inputs.files, (*inputs.facts, *self._own(steps)))
        return _Target(interpreter, steps, inputs, environment_at(self._cache / "environments" / key))

    def _finder(self, *, download: bool) -> Finder:
        uv = Uv(self._runner, self._environ, self._project, lambda line: None)
        return Finder(uv, self._runner, self._cache, self._environ, self._steps.tell, download=download)

    def _own(self, steps: Sequence[InstallStep]) -> Iterator[str]:
        """What an environment follows from, besides, that commands of the user's own work on: it is no other
        project's, and one that they make from the project's files is made anew when these change."""
        if steps == (_BARE,):
            return
        commands = [step for step in self._plan.install if step.kind in ("custom", "post-build")]
        if commands:
            yield str(self._project)
        for step in commands:
            yield from (step.kind, step.path, *step.words)
            if step.kind == "custom":
                yield from (f"{stamp}" for stamp in self._tree.stamps())
                yield from (f"{setting.name}={setting.text}" for setting in self._plan.settings)

    def _not_built(self, target: _Target) -> BuildError:
        files = ", ".join(target.inputs.files) or "no requirements"
        return BuildError(
            "The site's environment is not built, and nothing may be built",
            found=f"Python {target.interpreter.version}, {files}: there is no {target.environment.prefix}",
            fix=f"Run `webstead build {self._project}`, or leave out --no-build.",
        )

    def _build(self, target: _Target) -> None:
        """Build in place, under a lock: who comes second finds it done. What fails or is killed is
        removed.
        """
        prefix = target.environment.prefix
        with locked(prefix.with_name(prefix.name + ".lock"), self._steps.waiting) as held:
            if read_marker(prefix):
                for step in target.steps:
                    self._steps.unchanged(step)
                return
            remove_tree(prefix)
            try:
                for step in target.steps:
                    with self._steps.doing(step):
                        self._install(step, target, self._uv(step, [held]))
                lend(target.environment, self._cache)
                mark(prefix, self._made(target), target.inputs.files, self._clock.now())
            except BaseException:
                remove_tree(prefix)
                raise

    def _made(self, target: _Target) -> Interpreter:
        """The interpreter that runs the environment. Raises RuntimeMissing for one of conda's that cannot."""
        if not _is_conda(target.steps):
            return target.interpreter
        return self._finder(download=False).at(str(environment_at(target.environment.prefix).python))

    def _install(self, step: InstallStep, target: _Target, uv: Uv) -> None:
        work = Work(
            step,
            self._project,
            target.interpreter,
            target.environment,
            target.inputs,
            uv,
            self._runner,
            self._environ,
            self._plan.settings,
            lambda line: self._steps.output(step, line),
            lambda what, unit, total: self._steps.meter(step, what, unit, total),
        )
        try:
            INSTALLERS[step.kind](work)
        except UvFailed as error:
            raise self._explained(work, error) from None

    def _explained(self, work: Work, error: UvFailed) -> BuildError:
        step, inputs = work.step, work.inputs
        from webstead.build.uv.failure import Failure, explain  # its patterns take 15 ms to compile

        failure = Failure(
            error.output,
            step.path or (", ".join(step.words) if step.words else "the plan"),
            work.interpreter.version,
            str(self._project),
            inputs.listed,
            {path: decode(data).text for path, data in inputs.files.items()},
        )
        return explain(replace(failure, absent=absent_packages(work)) if failure.cut_off else failure)
