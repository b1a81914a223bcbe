"""A plan whose app is served by gunicorn, as on App Service for Linux, in place of Webstead's own servers.

A command that names its server stays as it is; what App Service's images bring is brought for it, too.
"""

from __future__ import annotations

from dataclasses import replace

from webstead.plan.commands import missing_program
from webstead.plan.model import InstallStep, Plan, Process, Start
from webstead.plan.targets import find_app
from webstead.project import Candidate, Evidence, Project
from webstead.project.frameworks import AppInterface

__all__ = ["framework_of", "under_gunicorn"]

_WORKER = ("-k", "uvicorn_worker.UvicornWorker")
_PACKAGES: dict[AppInterface, tuple[str, ...]] = {
    "wsgi": ("gunicorn",),
    "asgi": ("gunicorn", "uvicorn", "uvicorn-worker"),
}
_BROUGHT = frozenset({"gunicorn", "uvicorn"})
"""What App Service's images have, so that the requirements may lack it."""

_WHY = Evidence("oryx", 0, "gunicorn serves it, as Oryx has it")


def under_gunicorn(plan: Plan, project: Project) -> Plan:
    """The plan with gunicorn, and an overlay of what the project does not list of it."""
    start = plan.start
    process = _served(plan)
    if start is None:
        return plan
    if start.target is None or process is None:
        missing = missing_program(start.command, project)
        brought = missing in _BROUGHT and not any(step.kind == "overlay" for step in plan.install)
        return replace(plan, install=_with_overlay(plan.install, (missing,))) if missing and brought else plan
    interface = _interface(start, project)
    worker = _WORKER if interface == "asgi" else ()
    words = ("gunicorn", *worker, *_python_path(process), start.target)
    served = replace(process, protocol="http", command=words, target=None, python_path=(), threads=1)
    unlisted = tuple(name for name in _PACKAGES[interface] if not project.manifests.has(name))
    return replace(
        plan,
        start=replace(start, interface=interface, command=words, evidence=(*start.evidence, _WHY)),
        processes=tuple(served if one is process else one for one in plan.processes),
        install=_with_overlay(plan.install, unlisted),
    )


def framework_of(plan: Plan, project: Project) -> str:
    """The framework of the plan's app by its name; "" where the code does not show it."""
    start = plan.start
    found = find_app(start.target, project, (start.directory,)) if start and start.target else None
    if found is None:
        return "Django" if start and (start.target or "").startswith("django.") else ""
    return found.framework.name if isinstance(found, Candidate) else found[0].name


def _served(plan: Plan) -> Process | None:
    """The process of the app that a server imports."""
    target = plan.start.target if plan.start else None
    return next((one for one in plan.processes if target and one.foreign is None), None)


def _interface(start: Start, project: Project) -> AppInterface:
    """What the app itself is: behind FastCGI it does not matter, and the start does not say it."""
    found = find_app(start.target or "", project, (start.directory,))
    if found is None:
        return "asgi" if start.interface == "asgi" else "wsgi"
    return found.framework.interface if isinstance(found, Candidate) else found[0].interface


def _python_path(process: Process) -> tuple[str, ...]:
    return ("--pythonpath", ",".join(process.python_path)) if process.python_path else ()


def _with_overlay(steps: tuple[InstallStep, ...], words: tuple[str, ...]) -> tuple[InstallStep, ...]:
    """In place of the overlay for the server that is left out, or where it would stand."""
    bare = [step for step in steps if step.kind != "overlay"]
    if not words:
        return tuple(bare)
    summary = f"{' and '.join(words)}, behind the app's own packages"
    overlay = InstallStep("overlay", summary, words=words)
    later = ("collectstatic", "post-build", "release")
    at = next((n for n, step in enumerate(bare) if step.kind in later), len(bare))
    return (*bare[:at], overlay, *bare[at:])
