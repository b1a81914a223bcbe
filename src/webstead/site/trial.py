"""One process of a plan, tried: what it serves, and whether that can be loaded, found or asked.

An app that a server imports is imported, by the gateway's own loading; of a script that serves itself, which
must not be run, the modules that it imports are looked for; a program that can check its app itself is asked
to. All of them in the folder, with the variables and the module path of the instances.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.effects.processes import TimedOut
from webstead.host.failure import exit_failure
from webstead.host.launch import Launch, child_environment, resolve_words, start_words
from webstead.plan.served import App, Asked, Script, Served, served
from webstead.site.imports import Imports, find_imports
from webstead.site.loading import Loading, Programs, gateway_app
from webstead.site.verdicts import script_failure, stuck_failure, wrong_interface

__all__ = ["Trial", "trials_of"]


@dataclass(frozen=True, slots=True)
class Trial:
    """what: the app, the script, or the question to a program. root: the project's folder."""

    launch: Launch
    what: Served
    root: Path

    @property
    def summary(self) -> str:
        match self.what:
            case App(target=target):
                return f"load {target}"
            case Script(path="", modules=modules):
                return f"find what {', '.join(modules)} needs"
            case Script(path=path):
                return f"find what {path} imports"
            case Asked(words=words):
                return f"ask {' '.join(words)}"

    def run(self, programs: Programs) -> None:
        """Raises StartError, with the app's own words, when it cannot start."""
        loading = Loading(programs, self.launch.process.startup_seconds)
        match self.what:
            case App():
                self._load(self.what, loading)
            case Script():
                self._look(self.what, loading)
            case Asked():
                self._ask(self.what, loading)

    def _load(self, app: App, loading: Loading) -> None:
        error = loading.load(self.launch, app).error
        if error is None:
            return
        if app.wanted != "auto" and not error.detail:  # the object is there: what is it?
            found = loading.load(self.launch, replace(app, wanted="auto"))
            if found.error is None and found.interface != app.wanted:
                raise wrong_interface(app, found.interface)
        raise error

    def _look(self, script: Script, loading: Loading) -> None:
        found: Imports = find_imports(script, self.launch, self.root, loading)
        if error := script_failure(script, found, self.root):
            raise error

    def _ask(self, asked: Asked, loading: Loading) -> None:
        words = start_words(replace(self.launch, words=asked.words), self.launch.environment)
        command = " ".join(asked.words)
        done = loading.run(words, self.launch, {})
        if isinstance(done, TimedOut):
            raise stuck_failure(command, loading.seconds, done.tail)
        if done.code != 0:
            raise exit_failure(self.launch.process.label, command, done.code, done.tail, was_ready=False)


def trials_of(launches: Iterable[Launch], root: Path) -> list[Trial]:
    """Those of the launches that can be tried; a program that says nothing of itself cannot."""
    return [Trial(launch, what, root) for launch in launches if (what := _served_by(launch))]


def _served_by(launch: Launch) -> Served | None:
    if launch.process.foreign is not None:
        return None
    if app := gateway_app(launch):
        return app
    variables = child_environment(launch, port=None, extra={})
    words = resolve_words(launch.words, variables)
    names = os.listdir(launch.directory) if launch.directory.is_dir() else ()
    return served(words, names, variables)
