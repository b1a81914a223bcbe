"""What a check reads of a site, beyond its files: the app imported in the site's own environment, and what
the package index says."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

from webstead.build.wheels import package_without_wheel
from webstead.check import Change, Imported, Subject, Target, read_subject
from webstead.check.target import IIS_TARGETS
from webstead.effects.files import DiskTree, write_atomically
from webstead.effects.processes import Runner, TimedOut, run
from webstead.errors import BuildError, RuntimeMissing, StartError, UsageError
from webstead.host import Launch
from webstead.host.failure import report_failure
from webstead.host.launch import GATEWAY_FOLDER, child_environment
from webstead.plan.model import Plan
from webstead.plan.support import minor_of
from webstead.plan.targets import is_target
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.layout import SiteLayout
from webstead.site.prepare import build_site, prepared, this_machine

__all__ = ["IMPORT_SECONDS", "import_apps", "read_site", "write_change"]

IMPORT_SECONDS = 30.0
"""How long an app may take to be imported. Django with many apps takes a few seconds."""

_NOT_FOR_A_CHECK = ("APPINSIGHTS_INSTRUMENTATIONKEY", "WSGI_LOG", "WSGI_PTVSD_SECRET")
"""What would report the check as the site's own start, or open a port."""
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
    found = {_target(launch): launch for launch in launches}
    return {
        target: _import(target, launch, layout.wwwroot, runner) for target, launch in found.items() if target
    }


def _target(launch: Launch) -> str:
    """Of a command, the word that names an app: `uvicorn main:app`."""
    process = launch.process
    return process.target or next((word for word in process.command[1:] if is_target(word)), "")


def _import(target: str, launch: Launch, wwwroot: Path, runner: Runner) -> Imported:
    words = (
        *(str(launch.python), str(GATEWAY_FOLDER), "--check", "--web-config", "none", "--log", ""),
        *("--directory", str(launch.directory)),
        *(word for folder in launch.python_path for word in ("--path", folder)),
        target,
    )
    with tempfile.TemporaryFile() as report:
        own = child_environment(launch, port=None, extra={"WEBSTEAD_REPORT_FD": str(report.fileno())})
        variables = {name: value for name, value in own.items() if name.upper() not in _NOT_FOR_A_CHECK}
        try:
            done = runner(
                words, cwd=launch.directory, env=variables, timeout=IMPORT_SECONDS, keep=(report.fileno(),)
            )
        except TimedOut:
            failure = f"Importing {target} took longer than {IMPORT_SECONDS:g} s."
            return Imported(target, failure, "Let it start nothing while it is imported.")
        report.seek(0)
        error = report_failure(report.readline(), done.tail)
    if error is not None:
        return _failed(target, error, launch.directory, wwwroot)
    if done.code != 0:
        last = done.tail[-1] if done.tail else "it said nothing"
        return Imported(target, f"Importing {target} ended the process with code {done.code}: {last}")
    return Imported(target)


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
    if manifests.of("lock"):
        return ()
    named = manifests.of("requirements") or manifests.of("pyproject")
    system: Literal["windows", "linux"] = "windows" if subject.target in IIS_TARGETS else "linux"
    python = minor_of(subject.plan.python.version) or _PYTHON
    found = package_without_wheel(named.path, layout.wwwroot, system, python) if named else None
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
