"""Loads an app in the environment, the folder and the variables that its instances will have, in a process of
its own that ends: by the gateway's own loading, which tells whose fault a failure is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webstead.effects.processes import Completed, OnLine, Runner, TimedOut
from webstead.errors import StartError
from webstead.host.failure import report_failure
from webstead.host.launch import GATEWAY_FOLDER, Launch, child_environment
from webstead.plan.served import App

__all__ = ["Loaded", "Loading", "check_environment", "gateway_app"]

_NOT_FOR_A_CHECK = (
    "APPINSIGHTS_INSTRUMENTATIONKEY",
    "PYTHONDONTWRITEBYTECODE",
    "WSGI_LOG",
    "WSGI_PTVSD_SECRET",
)
"""What would report the check as the site's own start, open a port, or leave the packages uncompiled for the
start that follows (a check writes no byte code elsewhere)."""

_SPARE_SECONDS = 3.0
"""For the gateway to say where an import stands, before it is killed."""

_PORT = 8000
"""A port to read for who reads one at import; nobody listens on it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """interface: `wsgi` or `asgi`; "" with an error."""

    interface: str = ""
    error: StartError | None = None


def gateway_app(launch: Launch) -> App | None:
    """The app of a process that the gateway runs."""
    process = launch.process
    if process.protocol != "fastcgi" or process.target is None:
        return None
    return App(process.target, "auto", "gateway")


def check_environment(launch: Launch, extra: Mapping[str, str]) -> dict[str, str]:
    """The variables of an instance, without those that would make the check known as one."""
    port = _PORT if launch.process.protocol == "http" else None
    own = child_environment(launch, port=port, extra=extra)
    return {name: value for name, value in own.items() if name.upper() not in _NOT_FOR_A_CHECK}


def _new_tag() -> str:
    from webstead.host.isolation import tag_of  # only where something is checked: it costs 20 ms to load

    return tag_of("verify")


@dataclass(frozen=True, slots=True)
class Programs:
    """How the programs of a check are run. on_line: gets what they print. tag: what all that they start
    carries (host/isolation.py)."""

    runner: Runner
    on_line: OnLine | None = None
    tag: str = field(default_factory=_new_tag)

    def end(self) -> None:
        """Kill those that run, and all that they have started."""
        from webstead.host.isolation import end_tagged

        end_tagged(self.tag)


@dataclass(frozen=True, slots=True)
class Loading:
    """seconds: how long an import may take."""

    programs: Programs
    seconds: float

    def load(self, launch: Launch, app: App) -> Loaded:
        """What the app is, or why it cannot be loaded."""
        directory = Path(os.path.normpath(launch.directory / app.directory))
        words = (
            *(str(launch.python), str(GATEWAY_FOLDER), "--check", "--web-config", "none", "--log", ""),
            *("--directory", str(directory), "--check-timeout", f"{self.seconds:g}"),
            *("--interface", app.wanted),
            *(word for folder in launch.python_path for word in ("--path", folder)),
            app.target,
        )
        with tempfile.TemporaryFile() as report:
            variables = {"WEBSTEAD_REPORT_FD": str(report.fileno())}
            first = [str(directory / folder) for folder in app.path]
            done = self.run(words, launch, variables, first=first, keep=(report.fileno(),))
            report.seek(0)
            line = report.readline()
        if isinstance(done, TimedOut):
            return Loaded(error=_stuck(app, self.seconds, done))
        if error := report_failure(line, done.tail):
            return Loaded(error=error)
        interface = _interface(line)
        return Loaded(interface) if interface else Loaded(error=_ended(app, done))

    def run(
        self,
        words: tuple[str, ...],
        launch: Launch,
        extra: Mapping[str, str],
        *,
        first: list[str] | None = None,
        keep: tuple[int, ...] = (),
    ) -> Completed | TimedOut:
        """Words to their end, as an instance; what they have started ends with them. first: folders for the
        beginning of the module path."""
        from webstead.host.isolation import TAG, adopt_orphans

        variables = check_environment(launch, {**extra, TAG: self.programs.tag})
        if first:
            paths = [*first, *filter(None, [variables.get("PYTHONPATH")])]
            variables["PYTHONPATH"] = os.pathsep.join(paths)
        adopt_orphans()  # what has detached itself is found by its tag, and ended with the rest
        try:
            return self.programs.runner(
                words,
                cwd=launch.directory,
                env=variables,
                on_line=self.programs.on_line,
                timeout=self.seconds + _SPARE_SECONDS,
                keep=keep,
            )
        except TimedOut as late:
            return late
        finally:
            self.programs.end()


def _ended(app: App, done: Completed) -> StartError:
    last = done.tail[-1] if done.tail else "it said nothing"
    return StartError(
        f"Importing {app.target} ended the process with code {done.code}.",
        found=last,
        fix="Import the app by hand to see why: a crash of a compiled package is often the reason.",
        detail="\n".join(done.tail),
    )


def _stuck(app: App, seconds: float, late: TimedOut) -> StartError:
    return StartError(
        f"{app.target} was not loaded within {seconds:g} s.",
        found="The import does not end, in compiled code that nothing can look into.",
        fix="Do slow work at the first request, not at import.",
        detail="\n".join(late.tail),
    )


def _interface(line: bytes) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return ""
    return str(said.get("interface", "")) if isinstance(said, dict) else ""
