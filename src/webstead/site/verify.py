"""After a build: whether what it is for can start. Remembered, so that an unchanged site is not asked again.

An app that a server imports is imported, by the gateway's own loading; of a script that serves itself, which
must not be run, the modules that it imports are looked for; a program that can check its app itself is asked
to. All of them in the folder, with the variables and the module path of the instances.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.build import Environment
from webstead.build.address import static_key, verified_key
from webstead.build.bytecode import keep
from webstead.build.steps import Steps
from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import DiskTree, write_atomically
from webstead.effects.processes import Runner, Stream, TimedOut, run
from webstead.events import Emit
from webstead.host import Launch
from webstead.host.failure import exit_failure
from webstead.host.launch import child_environment, resolve_words, start_words
from webstead.plan.model import Plan
from webstead.plan.served import App, Asked, Script, Served, served
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.imports import Imports, find_imports
from webstead.site.layout import SiteLayout, default_cache
from webstead.site.loading import Loading, gateway_app
from webstead.site.prepare import prepared
from webstead.site.verdicts import script_failure, stuck_failure, wrong_interface

__all__ = ["verify_site"]

MEMORY_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Step:
    summary: str
    kind: str = "verify"


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
    steps = Steps(emit, clock or SystemClock())
    launches = prepared(layout, plan, environment, environ).launches
    wanted = [(launch, what) for launch in launches if (what := _served(launch))]
    if not wanted:
        _nothing_to_verify(plan, steps)
        return
    step = _Step(f"Verify: {', '.join(dict.fromkeys(_summary(what) for _, what in wanted))}")
    tree = DiskTree(layout.wwwroot, IGNORED_FOLDERS)
    memory = _Memory(layout.wwwroot, default_cache(environ))
    key = verified_key(environment.prefix.name, tree.stamps(), plan.settings, map(_start_of, launches))
    if tree.complete and memory.holds(key):
        steps.unchanged(step)
        return
    with steps.doing(step):
        for launch, what in wanted:
            _Verifying(launch, layout, runner, steps, step).verify(what)
        keep(environment, default_cache(environ))
    if tree.complete:
        memory.keep(key)


def _served(launch: Launch) -> Served | None:
    if launch.process.foreign is not None:
        return None
    if app := gateway_app(launch):
        return app
    variables = child_environment(launch, port=None, extra={})
    words = resolve_words(launch.words, variables)
    names = os.listdir(launch.directory) if launch.directory.is_dir() else ()
    return served(words, names, variables)


def _nothing_to_verify(plan: Plan, steps: Steps) -> None:
    """A project without a start is built, as a library is; but that it cannot be served is said."""
    if plan.start is None:
        reason = plan.questions[0].text.partition("\n")[0] if plan.questions else "no start command"
        steps.warn(f"Nothing was verified: {reason} `webstead plan` says more.")


def _summary(what: Served) -> str:
    match what:
        case App():
            return f"load {what.target}"
        case Script(path="", modules=modules):
            return f"find what {', '.join(modules)} needs"
        case Script():
            return f"find what {what.path} imports"
        case Asked():
            return f"ask {' '.join(what.words)}"


def _start_of(launch: Launch) -> str:
    """Everything of a launch that the project itself decides."""
    settings = [(setting.name, setting.text) for setting in launch.process.environment]
    return json.dumps([launch.words, str(launch.directory), launch.python_path, settings])


@dataclass(frozen=True, slots=True)
class _Verifying:
    launch: Launch
    layout: SiteLayout
    runner: Runner
    steps: Steps
    step: _Step

    def verify(self, what: Served) -> None:
        match what:
            case App():
                self._load(what)
            case Script():
                self._look(what)
            case Asked():
                self._ask(what)

    def _loading(self) -> Loading:
        return Loading(self.runner, self.launch.process.startup_seconds, self._tell)

    def _tell(self, _: Stream, line: str) -> None:
        self.steps.output(self.step, line)

    def _load(self, app: App) -> None:
        loading = self._loading()
        error = loading.load(self.launch, app).error
        if error is None:
            return
        if app.wanted != "auto" and not error.detail:  # the object is there: what is it?
            found = loading.load(self.launch, replace(app, wanted="auto"))
            if found.error is None and found.interface != app.wanted:
                raise wrong_interface(app, found.interface)
        raise error

    def _look(self, script: Script) -> None:
        found: Imports = find_imports(script, self.launch, self.layout.wwwroot, self._loading())
        if error := script_failure(script, found, self.layout.wwwroot):
            raise error

    def _ask(self, asked: Asked) -> None:
        loading = self._loading()
        words = start_words(replace(self.launch, words=asked.words), self.launch.environment)
        command = " ".join(asked.words)
        done = loading.run(words, self.launch, {})
        if isinstance(done, TimedOut):
            raise stuck_failure(command, loading.seconds, done.tail)
        if done.code != 0:
            raise exit_failure(self.launch.process.label, command, done.code, done.tail, was_ready=False)


class _Memory:
    """What was verified last, of each project."""

    def __init__(self, project: Path, cache: Path) -> None:
        self._note = cache / "verified" / f"{static_key(str(project), (), ())}.json"

    def holds(self, key: str) -> bool:
        try:
            data = json.loads(self._note.read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(data, dict) and data.get("version") == MEMORY_VERSION and data.get("key") == key

    def keep(self, key: str) -> None:
        self._note.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._note, json.dumps({"version": MEMORY_VERSION, "key": key}).encode())
