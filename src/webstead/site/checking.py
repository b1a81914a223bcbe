"""What a check reads of a site, beyond its files: the app imported in the site's own environment, and what
the package index says."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

from webstead.build.wheels import package_without_wheel
from webstead.check import Change, Imported, Subject, Target, read_subject
from webstead.check.target import IIS_TARGETS
from webstead.effects.files import DiskTree, write_atomically
from webstead.effects.processes import Runner, run
from webstead.errors import BuildError, RuntimeMissing, StartError, UsageError
from webstead.host.launch import Launch
from webstead.plan.model import Plan
from webstead.plan.served import App, served
from webstead.plan.support import minor_of
from webstead.project.manifests import LOCK_KINDS
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.layout import SiteLayout
from webstead.site.loading import Loading, Programs, gateway_app
from webstead.site.prepare import build_site, prepared, this_machine

__all__ = ["IMPORT_SECONDS", "import_apps", "read_site", "write_change"]

IMPORT_SECONDS = 30.0
"""How long an app may take to be imported. Django with many apps takes a few seconds."""

_PYTHON = "3.12"
"""Whose wheels are looked for when the plan names a range."""


def read_site(
    layout: SiteLayout, target: Target, today: date, *, imports: bool = True, online: bool = False
) -> Subject:
    """What the rules look at. imports: import the app where the environment is built; online: ask the package
    index. Raises BuildError when that cannot say."""
    subject = read_subject(DiskTree(layout.wwwroot, IGNORED_FOLDERS), target, today, this_machine())
    if imports:
        subject = replace(subject, imported=import_apps(layout, subject.plan))
    return replace(subject, unresolved=_unresolved(subject, layout)) if online else subject


def import_apps(
    layout: SiteLayout, plan: Plan, *, runner: Runner = run, environ: Mapping[str, str] = os.environ
) -> dict[str, Imported]:
    """Each app of the plan's processes, imported by the gateway in a process of its own. Empty when the
    site's environment is not built."""
    try:
        environment = build_site(layout, plan, lambda event: None, allow_build=False)
        launches = prepared(layout, plan, environment, environ).launches
    except (BuildError, RuntimeMissing):
        return {}
    found = {app: launch for launch in launches if (app := _app(launch))}
    return {app.target: _import(app, launch, layout.wwwroot, runner) for app, launch in found.items()}


def _app(launch: Launch) -> App | None:
    """The app that a process serves, for the gateway or for a server of its own."""
    found = gateway_app(launch) or served(launch.words, (), launch.environment)
    return found if isinstance(found, App) else None


def _import(app: App, launch: Launch, wwwroot: Path, runner: Runner) -> Imported:
    error = Loading(Programs(runner), IMPORT_SECONDS).load(launch, replace(app, wanted="auto")).error
    return Imported(app.target) if error is None else _failed(app.target, error, launch.directory, wwwroot)


_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)')


def _failed(target: str, error: StartError, directory: Path, wwwroot: Path) -> Imported:
    """With the last line of the project's own in the traceback."""
    said = f"{error.what} {error.found.partition(chr(10))[0]}".strip()
    fix = error.fix.partition("\n")[0]
    for file, line in reversed(_FRAME.findall(error.detail)):
        path = Path(os.path.realpath(directory / file))
        if path.is_relative_to(wwwroot):
            return Imported(target, said, fix, path.relative_to(wwwroot).as_posix(), int(line))
    return Imported(target, said, fix)


def _unresolved(subject: Subject, layout: SiteLayout) -> tuple[tuple[str, str], ...]:
    """Of a project without a lock file, which says it itself."""
    manifests = subject.project.manifests
    if manifests.chosen and manifests.chosen.kind in LOCK_KINDS:
        return ()
    named = manifests.of("requirements") or manifests.of("pyproject")
    system: Literal["windows", "linux"] = "windows" if subject.target in IIS_TARGETS else "linux"
    python = minor_of(subject.plan.python.version) or _PYTHON
    if named is None or named.lines is not None or named.computed:
        return ()  # uv does not read the file itself
    found = package_without_wheel(named.path, layout.wwwroot, system, python)
    return (found,) if found else ()


def write_change(layout: SiteLayout, change: Change, data: bytes, before: bytes | None) -> None:
    """Put a changed file in the place of the one that was read. before: its bytes then; None where it was not
    there. Raises UsageError when it is another by now."""
    path = Path(os.path.realpath(layout.wwwroot / change.path))
    now = path.read_bytes() if path.is_file() else None
    if not path.is_relative_to(os.path.realpath(layout.wwwroot)) or now != before:
        raise UsageError(
            f"{change.path} is not what was checked",
            found="it has changed meanwhile, or lies outside of the project",
            fix="Run the check again.",
        )
    mode = path.stat().st_mode & 0o777 if now is not None else 0o644
    write_atomically(path, data, mode)
