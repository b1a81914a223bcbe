"""A command that names a server of its own: kept word by word, but for what cannot work here.

What cannot work: a port of its own (the host gives one), a server or a worker class that calls apps by
another interface than the app has, and an app that is not there any more."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from webstead.plan.commands import config_of_gunicorn
from webstead.plan.listening import before_target, give_port, give_program_port, without
from webstead.plan.model import PlanWarning
from webstead.plan.targets import find_app, missing_part
from webstead.project import Candidate, Evidence, Project
from webstead.project.distributions import distribution_of
from webstead.project.frameworks import AppInterface, Framework
from webstead.project.paths import join
from webstead.project.servers import Option, ServerCommand, interface_of_worker, read_server
from webstead.project.source import module_level

__all__ = ["Instead", "Settled", "settle"]

_WORKER_OPTIONS = ("-k", "--worker-class")
_UVICORN_WORKERS = {
    "uvicorn-worker": "uvicorn_worker.UvicornWorker",
    "uvicorn": "uvicorn.workers.UvicornWorker",
}
"""The worker classes for ASGI, with the package that has each."""


@dataclass(frozen=True, slots=True)
class Instead:
    """An app that Webstead's own server serves, as the one that is named cannot."""

    interface: AppInterface
    target: str
    directory: str


@dataclass(frozen=True, slots=True)
class Settled:
    """words: the command that runs. stale: what it names and is not there."""

    words: tuple[str, ...]
    warnings: tuple[PlanWarning, ...] = ()
    instead: Instead | None = None
    stale: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """One command under consideration. configured: the strings of gunicorn's configuration file, with what
    they are as what the evidence says."""

    command: ServerCommand
    words: tuple[str, ...]
    project: Project
    where: Evidence
    root: str
    configured: dict[str, Evidence]

    @property
    def target(self) -> str:
        return f"{self.command.module}:{self.command.attribute}"


def settle(words: tuple[str, ...], project: Project, where: Evidence, directory: str) -> Settled:
    """What becomes of a start command that stands at `where` and runs in directory."""
    command = read_server(words)
    if command is None:
        ported, warnings = give_program_port(words, where)
        return Settled(ported, (*_development(words, where), *warnings))
    root = join(directory, command.folder or ".") or directory
    binds = [option for option in command.options if option.name in command.server.address]
    config = join(directory, config_of_gunicorn(without(words, binds)) or "") or ""
    case = _Case(command, words, project, where, root, _strings(project, config))
    fitted = replace(_fit_interface(case), stale=_stale(case))
    if fitted.instead:
        return fitted
    ported, warnings = give_port(fitted.words, where, case.configured.get("bind"))
    return replace(fitted, words=ported, warnings=(*fitted.warnings, *warnings))


def _development(words: Sequence[str], where: Evidence) -> tuple[PlanWarning, ...]:
    flask = "flask" in words and "run" in words
    if "runserver" not in words and not flask:
        return ()
    name = "Flask's development server (flask run)" if flask else "Django's development server (runserver)"
    fix = f"Take the line out of {where.path}: then Webstead serves the app itself."
    return (PlanWarning(f"{where.where} starts {name}.", fix, (where,)),)


def _stale(case: _Case) -> str:
    """That a module or an object is neither the project's nor a package's."""
    module = case.command.module
    top = module.partition(".")[0]
    missing = missing_part(case.target, case.project, (case.root,))
    if missing is None:
        own = case.project.code.layout.has(case.root, top)
        listed = case.project.manifests.has(distribution_of(top).lower().replace("_", "-"))
        if own or listed or top == "django" or not case.project.candidates:
            return ""
    there = (
        f"{missing.path} has no {missing.name}"
        if missing and missing.path
        else f"there is no module {module}"
    )
    return f"{case.where.where} starts {case.command.target}, but {there}"


def _strings(project: Project, path: str) -> dict[str, Evidence]:
    module = project.code.module(path) if path in project.files else None
    found: dict[str, Evidence] = {}
    for statement, _ in module_level(module.source.body) if module else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                found[name] = Evidence(path, statement.lineno, value)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found.pop(name, None)
            case _:
                continue
    return found


def _fit_interface(case: _Case) -> Settled:
    """Another worker class, or another server, where the one that is named calls apps by another
    interface."""
    found = find_app(case.target, case.project, (case.root,))
    framework = found.framework if isinstance(found, Candidate) else found[0] if found else None
    gunicorn = case.command.server.name == "gunicorn"
    worker, where = _worker_class(case)
    speaks = interface_of_worker(worker) if gunicorn else case.command.interface
    if framework is None or not speaks or speaks == framework.interface:
        return Settled(case.words)
    if not gunicorn:
        return _other_server(case, framework, speaks)
    if framework.interface == "wsgi":
        return _wsgi_worker(case, framework, worker, where)
    return _asgi_worker(case, framework, worker, where)


def _worker_class(case: _Case) -> tuple[str, Evidence]:
    own, configured = case.command.value(*_WORKER_OPTIONS), case.configured.get("worker_class")
    if own or configured is None:
        return own or "sync", case.where
    return configured.why, configured


def _described(case: _Case, framework: Framework) -> str:
    return f"{case.target} is a {framework.name} app ({framework.interface.upper()})"


def _other_server(case: _Case, framework: Framework, speaks: AppInterface) -> Settled:
    name = case.command.server.name
    ours = "uvicorn" if framework.interface == "asgi" else "Webstead's gateway"
    text = (
        f"{case.where.where} starts {name}, which calls apps by {speaks.upper()}, but "
        f"{_described(case, framework)}: {ours} serves it."
    )
    fix = f"Take the line out of {case.where.path}, or name a server for {framework.interface.upper()}."
    instead = Instead(framework.interface, case.target, case.root)
    return Settled(case.words, (PlanWarning(text, fix, (case.where,)),), instead)


def _wsgi_worker(case: _Case, framework: Framework, worker: str, where: Evidence) -> Settled:
    options = _worker_options(case)
    words = (
        without(case.words, options)
        if options
        else before_target(case.words, case.command.target, _WORKER_OPTIONS[0], "sync")
    )
    text = (
        f"{where.where} has gunicorn's worker class {worker}, which calls apps by ASGI, but "
        f"{_described(case, framework)}: gunicorn's own workers (sync) serve it."
    )
    return Settled(words, (PlanWarning(text, f"Take the worker class {worker} out.", (where,)),))


def _asgi_worker(case: _Case, framework: Framework, worker: str, where: Evidence) -> Settled:
    text = (
        f"{where.where} runs gunicorn with the worker class {worker}, which calls apps by WSGI, but "
        f"{_described(case, framework)}"
    )
    listed = (name for package, name in _UVICORN_WORKERS.items() if case.project.manifests.has(package))
    better = next(listed, "")
    if not better:
        fix = f"Add uvicorn to the requirements, and to the command: -k {_UVICORN_WORKERS['uvicorn']}"
        instead = Instead("asgi", case.target, case.root)
        return Settled(case.words, (PlanWarning(f"{text}: uvicorn serves it.", fix, (where,)),), instead)
    bare = without(case.words, _worker_options(case))
    words = before_target(bare, case.command.target, _WORKER_OPTIONS[0], better)
    fix = f"Write it into the command: -k {better}"
    return Settled(words, (PlanWarning(f"{text}: {better} takes its place.", fix, (where,)),))


def _worker_options(case: _Case) -> Sequence[Option]:
    return [option for option in case.command.options if option.name in _WORKER_OPTIONS]
