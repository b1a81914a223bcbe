"""From a plan to what a start of an output does: which process, over HTTP, by which server. Pure.

A plan's processes are made for the host: the gateway speaks FastCGI, and platform processes listen on this
machine only. An output has no front; so gunicorn serves what the gateway would, and whitenoise the static
files that the front would. Both come along behind the app's own packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from webstead.errors import PlanError
from webstead.plan.model import Plan, Process
from webstead.settings import Secret, Setting

__all__ = ["GIVEN_HOST", "Served", "given_settings", "served"]

GIVEN_HOST = "%HOST%"
"""Where the address to listen on goes in a command of the start."""

_LOOPBACK = "127.0.0.1"
_GATEWAY = ("python", "-m", "webstead.gateway")
_PORTBIND = ("python", "-m", "webstead.portbind")


@dataclass(frozen=True, slots=True)
class Served:
    """What the start runs.

    gateway: the words after `webstead.gateway` for a WSGI app that gunicorn serves; else None, and words run,
    which may hold `%NAME%`. portbind: the words are those of `webstead.portbind`. static: (URL, folder in the
    output) of collected files. packages: what the server needs besides the app's own. notes: what a start of
    the output does not do that `webstead up` does.
    """

    process: Process
    words: tuple[str, ...]
    gateway: bool = False
    portbind: bool = False
    static: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()
    release: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def needs_own_code(self) -> bool:
        """Whether modules of Webstead come along."""
        return self.gateway or self.portbind


def served(plan: Plan) -> Served:
    """Raises PlanError when there is nothing that could be started."""
    process = next((process for process in plan.processes if process.foreign is None), None)
    if process is None:
        raise PlanError(
            "There is nothing in the plan that an output could start",
            found=f"{len(plan.processes)} processes, none of them a Python app",
            fix="Name the app: --app module:object, or --command 'WORDS'.",
        )
    found = replace(_of(plan, process), release=tuple(_release(plan)))
    return replace(found, notes=tuple(_notes(plan, found)))


def _of(plan: Plan, process: Process) -> Served:
    words = process.command
    if process.protocol == "fastcgi":
        asgi = plan.start is not None and plan.start.interface == "asgi"
        if asgi:
            target = process.target or words[-1]
            command = ("python", "-m", "uvicorn", target, "--host", GIVEN_HOST, "--port", "%PORT%")
            return Served(process, command, packages=("uvicorn", "websockets"))
        static = tuple((virtual.path, ".webstead/static") for virtual in plan.virtual)
        packages = ("gunicorn", *(("whitenoise",) if static else ()))
        return Served(process, words[3:], gateway=True, static=static, packages=packages)
    if words[:3] == _PORTBIND:
        return Served(process, ("--address", GIVEN_HOST, *words[3:]), portbind=True)
    return Served(process, tuple(_for_everybody(word) for word in words))


def _for_everybody(word: str) -> str:
    """The host's own machine becomes the address that the start is given."""
    if word == _LOOPBACK or word.startswith((f"{_LOOPBACK}:%", f"http://{_LOOPBACK}:%")):
        return word.replace(_LOOPBACK, GIVEN_HOST, 1)
    return word


def _release(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    for step in plan.install:
        if step.kind == "release" and step.words:
            yield step.path, step.words


def _notes(plan: Plan, found: Served) -> Iterator[str]:
    others = [process.label for process in plan.processes if process is not found.process]
    if others:
        yield f"The start runs {found.process.label} only; {', '.join(others)}: run `webstead up`."
    if plan.virtual and not found.static:
        paths = ", ".join(virtual.path for virtual in plan.virtual)
        yield f"The start does not serve the static files of {paths}: the app or a web server before it does."
    if plan.webconfig is not None and plan.webconfig.source == "file":
        yield "The start runs the app alone: rules of web.config are applied by `webstead up` and IIS."


def given_settings(
    plan: Plan, process: Process
) -> tuple[Mapping[str, str], Mapping[str, str], tuple[str, ...]]:
    """(what the project's files set, defaults from the command line, names of its secrets).

    What the command line says is for this build: the machine that the output runs on may say otherwise, and
    its secrets are not written down.
    """
    ours: dict[str, str] = {}
    given: dict[str, str] = {}
    secret: list[str] = []
    for setting in {setting.name: setting for setting in (*plan.settings, *process.environment)}.values():
        if setting.name in ("PORT", "WSGI_HANDLER"):
            continue
        if _is_of_project(setting):
            ours[setting.name] = setting.text
        elif isinstance(setting.value, Secret):
            secret.append(setting.name)
        else:
            given[setting.name] = setting.text
    return ours, given, tuple(sorted(secret))


def _is_of_project(setting: Setting) -> bool:
    """A file of the project is named with its line; the command line and its files are not."""
    return re.search(r":\d+$", setting.origin) is not None
