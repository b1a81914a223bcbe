"""Django's static files, collected into the cache, so that nothing is written into the project."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.build.address import static_key
from webstead.build.bytecode import ONLY_INTO_THE_ENVIRONMENT, keep
from webstead.build.environment import Environment
from webstead.build.static_root import follow_static_root
from webstead.build.steps import Steps, last_words, step_environment
from webstead.effects.files import DiskTree, remove_tree, write_atomically
from webstead.effects.flushing import flush_file_system
from webstead.effects.lock import locked
from webstead.effects.processes import Runner, TimedOut
from webstead.errors import BuildError
from webstead.plan.model import InstallStep
from webstead.settings import Setting

__all__ = ["Collection", "collect"]

MARKER_VERSION = 1
KEPT = 3  # collections of one project: the newest, and those that a site still running may serve
TIMEOUT_SECONDS = 600.0  # a manifest storage with compression needs minutes for thousands of files


@dataclass(frozen=True, slots=True)
class Collection:
    """What to collect. manage: manage.py's path in the project."""

    step: InstallStep
    project: Path
    cache: Path
    environment: Environment
    settings: Sequence[Setting]
    tree: DiskTree

    @property
    def home(self) -> Path:
        """The folder of all collections of this project."""
        words = json.dumps([str(self.project), self.step.path])
        return self.cache / "static" / static_key(words, (), ())

    @property
    def folder(self) -> Path:
        """Where the files as they are now are collected."""
        return self.home / static_key(self.environment.prefix.name, self.tree.stamps(), self.settings)


@dataclass(frozen=True, slots=True)
class Collecting:
    """How it is done. meanwhile: called with the environment as Django begins, to do something beside it."""

    steps: Steps
    runner: Runner
    environ: Mapping[str, str]
    meanwhile: Callable[[Environment], None]


def collect(collection: Collection, how: Collecting, *, allow_build: bool) -> Path:
    """The folder with the collected files; Django runs only when a file or a setting changed.

    When nothing may be built, the newest earlier collection does. Raises BuildError.
    """
    steps, folder = how.steps, collection.folder
    follow_static_root(collection.environment)
    if collection.tree.complete and _is_whole(folder):
        with contextlib.suppress(PermissionError):  # a cache that another user filled
            os.utime(_marker(folder))
        steps.unchanged(collection.step)
        return folder
    if not allow_build:
        return _newest(collection, steps)
    with locked(collection.home / "lock", steps.waiting), steps.doing(collection.step):
        if not (collection.tree.complete and _is_whole(folder)):
            _run(collection, folder, how)
            _drop_old(collection.home)
    return folder


def _marker(folder: Path) -> Path:
    return folder.with_name(folder.name + ".json")


def _is_whole(folder: Path) -> bool:
    return _marker(folder).is_file() and folder.is_dir()


def _newest(collection: Collection, steps: Steps) -> Path:
    earlier = _by_age(collection.home)
    if not earlier:
        raise BuildError(
            "The static files are not collected yet, and nothing may be built",
            found=f"nothing in {collection.home}",
            fix=f"Run `webstead build {collection.project}`.",
        )
    steps.unchanged(collection.step)
    steps.warn(
        "Files of the project changed since its static files were collected; the earlier ones are served."
    )
    return earlier[0]


def _by_age(home: Path) -> list[Path]:
    """Whole collections, the last used first."""
    markers = sorted(home.glob("*.json"), key=lambda marker: marker.stat().st_mtime_ns, reverse=True)
    return [folder for marker in markers if (folder := marker.with_suffix("")).is_dir()]


def _run(collection: Collection, folder: Path, how: Collecting) -> None:
    _marker(folder).unlink(missing_ok=True)
    remove_tree(folder)
    folder.mkdir(parents=True)
    manage = collection.project / collection.step.path
    environment = collection.environment.with_static(folder)
    alone = ["-c", ONLY_INTO_THE_ENVIRONMENT]  # not even its byte code is written into the project
    words = [str(environment.python), *alone, manage.name, "collectstatic", "--noinput"]
    how.meanwhile(environment)
    try:
        done = how.runner(
            words,
            cwd=manage.parent,
            env=step_environment(environment, collection.settings, how.environ),
            on_line=lambda _, line: how.steps.output(collection.step, line),
            timeout=TIMEOUT_SECONDS,
        )
        code, tail = done.code, done.tail
    except TimedOut as error:
        code, tail = -1, (*error.tail, str(error))
    if code != 0:
        failure = _failed(collection, tail)
        if not collection.step.may_fail:
            raise failure
        how.steps.warn(f"{failure.what}; the build goes on without them, as it was told to. {failure.found}")
        return
    keep(environment, collection.cache)
    record = {"version": MARKER_VERSION, "project": str(collection.project), "collected": time.time()}
    flush_file_system(folder)  # a marker after a loss of power, too, is that of a whole collection
    write_atomically(_marker(folder), json.dumps(record).encode())


def _failed(collection: Collection, tail: Sequence[str]) -> BuildError:
    said = last_words(tail) or "Django said nothing"
    fix = "Correct what Django names below. Settings that it misses can be given with --env or --env-file."
    if said.endswith("No module named 'django'"):
        fix = "echo django >> requirements.txt"
    return BuildError(
        "Django could not collect the static files",
        found=f"{collection.step.path} collectstatic: {said}",
        fix=fix,
        detail="\n".join(tail),
    )


def _drop_old(home: Path) -> None:
    for folder in _by_age(home)[KEPT:]:
        _marker(folder).unlink(missing_ok=True)
        remove_tree(folder)
