"""After a build: whether what it is for can start. Remembered, so that an unchanged site is not asked again.

It can begin while Django still collects the static files, since both mostly import the same packages. What it
finds then counts only when it is good: an app may want the files at import. What failed is tried again when
they are there, and that counts.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from webstead.build import Environment
from webstead.build.address import static_key, verified_key
from webstead.build.bytecode import keep
from webstead.build.steps import Steps
from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import DiskTree, write_atomically
from webstead.effects.plain_files import LARGEST_NOTE, read_plain
from webstead.effects.processes import Runner, Stream, run
from webstead.errors import WebsteadError
from webstead.events import Emit
from webstead.host.launch import Launch
from webstead.plan.model import Plan
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.in_place import in_place_facts
from webstead.site.layout import SiteLayout, default_cache
from webstead.site.loading import Programs
from webstead.site.prepare import build_site, prepared
from webstead.site.trial import Trial, trials_of

__all__ = ["Verification", "build_verified", "verify_site"]

MEMORY_VERSION = 1

_PAUSE_SECONDS = 0.02


def build_verified(layout: SiteLayout, plan: Plan, emit: Emit) -> Environment:
    """Build, and see that each process of the plan can start. Raises what `build_site` and `verify_site`
    raise."""
    with Verification(layout, plan, emit) as verification:
        environment = build_site(layout, plan, emit, meanwhile=verification.begin)
        verification.finish(environment)
    return environment


def verify_site(
    layout: SiteLayout,
    plan: Plan,
    environment: Environment,
    emit: Emit,
    *,
    runner: Runner = run,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> None:
    """See that each process of the plan can start. Raises StartError with the app's own words when one
    cannot, RuntimeMissing when its program is not there."""
    with Verification(layout, plan, emit, runner=runner, environ=environ, clock=clock) as verification:
        verification.finish(environment)


@dataclass(frozen=True, slots=True)
class _Step:
    summary: str
    kind: str = "verify"


@dataclass(frozen=True, slots=True)
class _Question:
    """key: what the answer follows from; None when that cannot be known."""

    trials: tuple[Trial, ...]
    key: str | None


class Verification:
    """Of one build. Left by an exception, it ends what it has begun. cache: by default as environ says."""

    def __init__(
        self,
        layout: SiteLayout,
        plan: Plan,
        emit: Emit,
        *,
        runner: Runner = run,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        cache: Path | None = None,
    ) -> None:
        self._layout = layout
        self._plan = plan
        self._steps = Steps(emit, clock or SystemClock())
        self._runner = runner
        self._environ = environ
        self._cache = cache or default_cache(environ)
        self._memory = _Memory(layout.wwwroot, self._cache)
        self._ahead: _Ahead | None = None

    def __enter__(self) -> Verification:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ahead is not None:
            self._ahead.close()

    @property
    def running(self) -> bool:
        """Whether what was begun has not ended yet."""
        return self._ahead is not None and self._ahead.running

    def begin(self, environment: Environment) -> None:
        """In the background, and silently: its packages are there, other steps still run. A command of the
        user's own that comes after them may change everything: then nothing is done yet."""
        if any(step.kind == "post-build" for step in self._plan.install):
            return
        try:
            question = self._question(environment)
        except WebsteadError:  # finish says it
            return
        if question.trials and not self._memory.holds(question.key):
            self._ahead = _Ahead(question.trials, self._runner)

    def finish(self, environment: Environment) -> None:
        """Raises StartError, RuntimeMissing."""
        question = self._question(environment)
        if not question.trials:
            self._nothing_to_verify()
            return
        step = _Step(f"Verify: {', '.join(dict.fromkeys(trial.summary for trial in question.trials))}")
        if self._memory.holds(question.key):
            self._steps.unchanged(step)
            return
        with self._steps.doing(step):
            ahead = self._ahead.output() if self._ahead is not None else None
            if ahead is None:
                self._try(question, step)
            for line in ahead or ():
                self._steps.output(step, line)
            keep(environment, self._cache)
        self._memory.keep(question.key)

    def _question(self, environment: Environment) -> _Question:
        launches = prepared(self._layout, self._plan, environment, self._environ).launches
        trials = tuple(trials_of(launches, self._layout.wwwroot))
        tree = DiskTree(self._layout.wwwroot, IGNORED_FOLDERS, kept=self._layout.kept)
        starts = (*map(_start_of, launches), *in_place_facts(self._layout.home, environment))
        key = verified_key(environment.prefix.name, tree.stamps(), self._plan.settings, starts)
        return _Question(trials, key if tree.complete else None)

    def _try(self, question: _Question, step: _Step) -> None:
        def tell(_: Stream, line: str) -> None:
            self._steps.output(step, line)

        for trial in question.trials:
            trial.run(Programs(self._runner, tell))

    def _nothing_to_verify(self) -> None:
        """A project without a start is built, as a library is; but that it cannot be served is said."""
        if self._plan.start is None:
            questions = self._plan.questions
            reason = questions[0].text.partition("\n")[0] if questions else "no start command"
            self._steps.warn(f"Nothing was verified: {reason} `webstead plan` says more.")


def _start_of(launch: Launch) -> str:
    """Everything of a launch that the project itself decides."""
    settings = [(setting.name, setting.text) for setting in launch.process.environment]
    return json.dumps([launch.words, str(launch.directory), launch.python_path, settings])


class _Ahead:
    """The trials, made by a thread of its own."""

    def __init__(self, trials: tuple[Trial, ...], runner: Runner) -> None:
        self._trials = trials
        self._lines: list[str] = []
        self._programs = Programs(runner, lambda _, line: self._lines.append(line))
        self._passed = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for trial in self._trials:
            if self._closed:
                return
            try:
                trial.run(self._programs)
            except (WebsteadError, OSError):  # tried again when all is there, and told then
                return
        self._passed = True

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def output(self) -> list[str] | None:
        """What the programs have printed, when all is well; None when it is not. Waits for the end."""
        self._thread.join()
        return self._lines if self._passed else None

    def close(self) -> None:
        self._closed = True
        while self.running:
            self._programs.end()
            self._thread.join(_PAUSE_SECONDS)


class _Memory:
    """What was verified last, of each project."""

    def __init__(self, project: Path, cache: Path) -> None:
        self._note = cache / "verified" / f"{static_key(str(project), (), ())}.json"

    def holds(self, key: str | None) -> bool:
        try:
            data = json.loads(read_plain(self._note, LARGEST_NOTE))
        except (OSError, ValueError, RecursionError):
            return False
        known = isinstance(data, dict) and data.get("version") == MEMORY_VERSION
        return known and key is not None and data.get("key") == key

    def keep(self, key: str | None) -> None:
        if key is None:
            return
        self._note.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._note, json.dumps({"version": MEMORY_VERSION, "key": key}).encode())
