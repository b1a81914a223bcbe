"""Making a plan: the project is read, a start is decided, and all that it needs is derived. Pure: nothing is
started, nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from webstead.plan.app_json import app_json_warnings
from webstead.plan.choice import choose
from webstead.plan.configured import Configured, lay_over, made, read_own
from webstead.plan.decide import Decision, decide
from webstead.plan.env_files import env_file_warnings
from webstead.plan.files_only import is_files_only, with_placeholder
from webstead.plan.install import install_steps, manifest_warnings
from webstead.plan.machine import Machine
from webstead.plan.model import Plan, PlanWarning, PythonChoice, Start, VirtualDirectory
from webstead.plan.overrides import Overrides
from webstead.plan.own_file import OwnFile, notes_as_warnings, read_own_file
from webstead.plan.processes import Derived, derive_processes
from webstead.plan.python import choose_python, hint_warning, with_agreeing_hints
from webstead.plan.sources import Offer
from webstead.plan.static import collect_static, django_of, settings_warnings, uncollected_warning
from webstead.plan.targets import find_app
from webstead.plan.unbuilt import without_build
from webstead.plan.written import write_web_config
from webstead.project import Candidate, Project, read_project
from webstead.project.tree import Tree
from webstead.settings import Setting

__all__ = ["make_plan", "plan_project"]

_NO_OVERRIDES = Overrides()
_NO_MACHINE = Machine()


def make_plan(tree: Tree, overrides: Overrides = _NO_OVERRIDES, machine: Machine = _NO_MACHINE) -> Plan:
    """Everything that will be done with the project in tree.

    The start comes from, in this order: --command, --app, the project's own web.config, Procfile's `web:`,
    the code. Without one, `start` is None and `questions` says why. Raises ConfigError for a malformed
    web.config and UsageError for an override that cannot be read; nothing else that a project may hold.
    """
    return plan_project(read_project(tree, overrides.given), tree, overrides, machine)


def plan_project(
    project: Project, tree: Tree, overrides: Overrides = _NO_OVERRIDES, machine: Machine = _NO_MACHINE
) -> Plan:
    """The plan of a project that has been read from tree. Raises as make_plan does."""
    files = read_own(tree, project.files)
    own = read_own_file(files, project, overrides, machine) if files else None
    verdict = choose(project)
    decision = decide(project, overrides, own, verdict)
    python, python_warnings = choose_python(project, overrides, machine.day)
    plan = _without_start(project, python, overrides, own, decision)
    if decision.offer is not None:
        plan = _with_start(plan, decision.offer, decision, project, overrides, machine, own)
    early = (*_findings(project), *python_warnings, *decision.warnings)
    plan = plan if overrides.install else without_build(plan, overrides.packages)
    return replace(plan, warnings=_once((*early, *plan.warnings, *settings_warnings(project))))


def _findings(project: Project) -> tuple[PlanWarning, ...]:
    return tuple(PlanWarning(f.text, f.fix, f.evidence, "project") for f in project.findings)


def _once(warnings: Sequence[PlanWarning]) -> tuple[PlanWarning, ...]:
    return tuple({warning.text: warning for warning in warnings}.values())


def _without_start(
    project: Project, python: PythonChoice, overrides: Overrides, own: OwnFile | None, decision: Decision
) -> Plan:
    files = own.files if own else ()
    files_only = is_files_only(project, decision)
    if files_only:
        files = with_placeholder(files)
    return Plan(
        python=python,
        install=install_steps(project, python, None, None),
        start=None,
        questions=decision.questions,
        alternatives=decision.alternatives,
        webconfig=files[0].config if files else None,
        nested=tuple(file.config for file in files[1:]),
        settings=overrides.settings,
        warnings=manifest_warnings(project, None),
        files_only=files_only,
    )


def _with_start(
    plan: Plan,
    offer: Offer,
    decision: Decision,
    project: Project,
    overrides: Overrides,
    machine: Machine,
    own: OwnFile | None,
) -> Plan:
    django = django_of(project, offer.start)
    if decision.from_file and own is not None:
        collect, virtual = collect_static(None)
        files: Sequence[Configured] = own.files
    else:
        collect, virtual = collect_static(django if overrides.install else None, project.build)
        files = _layered(offer, virtual, own, project, overrides, machine)
    site = lay_over(files)
    target = offer.start.target if decision.retarget else None
    directory = offer.start.directory
    derived = derive_processes(site, project, overrides, machine, directory=directory, target=target)
    start = offer.start
    chosen = offer.candidate or _candidate(start, project)
    uncollected = uncollected_warning(project, django, own.path) if decision.from_file and own else None
    warnings = (
        *notes_as_warnings(site),
        *derived.warnings,
        *_hints(derived, plan.python, machine.day),
        *_without_websockets(derived, project),
        *((uncollected,) if uncollected else ()),
        *manifest_warnings(project, chosen, start),
        *env_file_warnings(project, overrides),
        *app_json_warnings(project, overrides),
    )
    return replace(
        plan,
        python=with_agreeing_hints(plan.python, derived.hints),
        install=install_steps(project, plan.python, start, collect),
        start=start,
        processes=tuple(derived.processes),
        webconfig=files[0].config,
        nested=tuple(file.config for file in files[1:]),
        virtual=virtual,
        settings=_settings(derived, overrides),
        warnings=warnings,
    )


def _layered(
    offer: Offer,
    virtual: Sequence[VirtualDirectory],
    own: OwnFile | None,
    project: Project,
    overrides: Overrides,
    machine: Machine,
) -> Sequence[Configured]:
    """The plan's file, with what the project has of its own laid over it: rules, headers, nested files. A
    root file that starts something else is left out; one that clears all handlers is laid under the
    plan's."""
    written = made(write_web_config(offer.start, virtual, dict(offer.variables)))
    if own is None:
        return (written,)
    replaces = own.starts or own.derived.problems
    files = [file for file in own.files if file.config.source == "file" and (file.folder or not replaces)]
    over = (written, *files)
    roots = [file for file in files if not file.folder]
    derived = derive_processes(lay_over(over), project, overrides, machine)
    if not roots or any(process.foreign is None for process in derived.processes):
        return over
    return (*roots, written, *(file for file in files if file.folder))


def _candidate(start: Start, project: Project) -> Candidate | None:
    found = find_app(start.target, project, (start.directory,)) if start.target else None
    return found if isinstance(found, Candidate) else None


def _hints(derived: Derived, python: PythonChoice, day: date) -> list[PlanWarning]:
    found = (hint_warning(hint, python, evidence, day) for hint, evidence in dict(derived.hints).items())
    return [warning for warning in found if warning is not None]


def _without_websockets(derived: Derived, project: Project) -> list[PlanWarning]:
    """An ASGI app behind FastCGI, which carries requests and answers only."""
    found = []
    for process in derived.processes:
        app = find_app(process.target, project) if process.target and process.protocol == "fastcgi" else None
        framework = app.framework if isinstance(app, Candidate) else app[0] if app else None
        if framework is not None and framework.interface == "asgi":
            text = f"{process.target} is an ASGI app ({framework.name}); WebSockets do not pass FastCGI."
            command = f"python -m uvicorn {process.target} --port %HTTP_PLATFORM_PORT%"
            fix = f"If it uses WebSockets, use httpPlatform with: {command}"
            evidence = derived.evidence.get(process.pool, ())
            found.append(PlanWarning(text, fix, evidence, "asgi-behind-fastcgi"))
    return found


def _settings(derived: Derived, overrides: Overrides) -> tuple[Setting, ...]:
    """The settings of all processes; the user's own win and come last."""
    found = {setting.name: setting for process in derived.processes for setting in process.environment}
    own = {setting.name: setting for setting in overrides.settings}
    return (*(setting for name, setting in found.items() if name not in own), *own.values())
