"""Tell IIS of the gateway, or that it is gone: run appcmd, and read what it says."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PureWindowsPath

from webstead.effects import Runner, Stream, TimedOut
from webstead.errors import BuildError, RuntimeMissing, UsageError
from webstead.formats.appcmd import (
    ALREADY_THERE,
    Application,
    add_words,
    change_words,
    command_text,
    list_words,
    read_applications,
    remove_words,
)

__all__ = ["appcmd_words", "disable", "enable"]

_APPCMD = ("System32", "inetsrv", "appcmd.exe")

SECONDS = 60.0
"""appcmd answers within one; an IIS that is being installed holds its configuration for longer."""


def appcmd_words(
    asked: Sequence[str],
    environ: Mapping[str, str],
    *,
    dry_run: bool = False,
    platform: str = sys.platform,
) -> list[str]:
    """The words that stand before every command for appcmd.

    asked: the user's own, for IIS Express `appcmd.exe /apphostconfig:FILE`. Raises UsageError where there is
    no IIS to ask.
    """
    if asked:
        return list(asked)
    if dry_run:
        return [str(PureWindowsPath("%SystemRoot%", *_APPCMD))]
    if platform != "win32":
        raise UsageError(
            "IIS is on Windows, and this is not.",
            found=f"the system {platform}, and no --appcmd",
            fix="Add --dry-run to see the commands, and run them in an administrator's prompt over there.",
        )
    return [str(PureWindowsPath(environ.get("SystemRoot", r"C:\Windows"), *_APPCMD))]


def enable(application: Application, appcmd: Sequence[str], run: Runner) -> str:
    """Register an application, or give one that is registered the values wanted. Returns what was done."""
    there = _registered(application, appcmd, run)
    if there is None:
        return "registered" if _call(appcmd, add_words(application), run, ALREADY_THERE) == 0 else "unchanged"
    has = dict(there.settings)
    changes = [(name, value) for name, value in application.settings if has.get(name) != value]
    if not changes:
        return "unchanged"
    _call(appcmd, change_words(there, changes), run)
    return "changed"


def disable(application: Application, appcmd: Sequence[str], run: Runner) -> str:
    """Take an application out of the list. Returns what was done."""
    there = _registered(application, appcmd, run)
    if there is None:
        return "unchanged"
    _call(appcmd, remove_words(there), run)
    return "removed"


def _registered(application: Application, appcmd: Sequence[str], run: Runner) -> Application | None:
    lines: list[str] = []
    _call(appcmd, list_words(), run, on_line=lines.append)
    found = read_applications("\n".join(lines))
    return next((entry for entry in found if entry.key == application.key), None)


def _call(
    appcmd: Sequence[str],
    words: Sequence[str],
    run: Runner,
    allowed: int = 0,
    on_line: Callable[[str], None] = lambda line: None,
) -> int:
    """Run one command. allowed: the exit code that is no failure, beside 0. on_line gets the lines of its
    standard output.
    """
    command = [*appcmd, *words]

    def told(stream: Stream, line: str) -> None:
        if stream == "stdout":
            on_line(line)

    try:
        done = run(command, cwd=Path.cwd(), env=os.environ, on_line=told, timeout=SECONDS)
    except RuntimeMissing as missing:
        raise _no_appcmd(appcmd[0], missing.found) from None
    except TimedOut as late:
        raise _failed(command, str(late), late.tail) from None
    if done.code not in (0, allowed):
        raise _failed(command, f"exit code {done.code}", done.tail)
    return done.code


def _no_appcmd(program: str, found: str) -> RuntimeMissing:
    return RuntimeMissing(
        "IIS's tool appcmd is not there.",
        found=found or program,
        fix="Install IIS with its CGI feature (Web-Server, Web-CGI), or say where appcmd is: "
        r'--appcmd "C:\Program Files\IIS Express\appcmd.exe" --appcmd /apphostconfig:FILE',
    )


def _failed(command: Sequence[str], found: str, tail: Sequence[str]) -> BuildError:
    return BuildError(
        "appcmd did not do what it was asked.",
        found=f"{found} of {command_text(command)}",
        fix="Run it in an administrator's prompt, where the CGI feature of IIS is installed.",
        detail="\n".join(tail),
    )
