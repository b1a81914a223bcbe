"""From the effective `web.config` to the processes that it needs. The one way, whoever wrote the file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from webstead.formats.webconfig import (
    GATEWAY,
    AppSetting,
    Handler,
    HttpPlatform,
    Origin,
    Site,
    split_script_processor,
    windows_words,
)
from webstead.plan.commands import missing_program, port_warning, program_of
from webstead.plan.configured import MADE_PATH
from webstead.plan.foreign import (
    automatic_instances,
    how_to_install,
    label_of,
    program_word,
    requests_at_once,
)
from webstead.plan.machine import Machine
from webstead.plan.model import Foreign, PlanWarning, Process
from webstead.plan.overrides import Overrides
from webstead.plan.policies import (
    MOST_INSTANCES,
    fastcgi_instances,
    fastcgi_policies,
    platform_policies,
)
from webstead.plan.programs import python_hint, read_program
from webstead.plan.targets import colon_form, gateway_words, is_target, missing_part
from webstead.plan.windows_paths import Mapped, WindowsPaths
from webstead.policies import Policies
from webstead.project import Evidence, Project
from webstead.settings import Setting

__all__ = ["Derived", "derive_processes"]

GATEWAY_THREADS = (
    8  # as gunicorn's gthread is usually given; the gateway polls with one and runs the app on all
)
WFASTCGI_INSTANCES = (
    2  # wfastcgi runs one request per process, so apps written for it may not be safe for threads
)

_SERVERS = frozenset({"daphne", "granian", "gunicorn", "hypercorn", "uvicorn", "waitress", "waitress-serve"})
"""Programs that are given an app as `module:object`."""
_CHANGES_PATH = re.compile(r"--(?:app-dir|chdir|python-?path|working-dir)\b")

_PROXY = ("ptvs_virtualenv_proxy.", "virtualenv_proxy.")
_PROXIED = "WSGI_ALT_VIRTUALENV_HANDLER"


@dataclass(slots=True)
class Derived:
    """problems: why a handler's process cannot run. hints: Python versions that paths name. evidence: by
    pool."""

    processes: list[Process] = field(default_factory=list)
    warnings: list[PlanWarning] = field(default_factory=list)
    problems: list[PlanWarning] = field(default_factory=list)
    hints: list[tuple[str, Evidence]] = field(default_factory=list)
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Context:
    site: Site
    project: Project
    overrides: Overrides
    paths: WindowsPaths
    derived: Derived
    directory: str
    target: str | None
    machine: Machine


def derive_processes(
    site: Site,
    project: Project,
    overrides: Overrides,
    machine: Machine,
    *,
    directory: str = ".",
    target: str | None = None,
) -> Derived:
    """One process for each pool of the site's handlers. directory: where they run; target: the app when the
    file names none, or in place of the one that it names."""
    derived = Derived()
    context = _Context(
        site, project, overrides, WindowsPaths(project.files), derived, directory, target, machine
    )
    done: set[str] = set()
    for folder, handler in site.handlers():
        if handler.pool is None or handler.pool in done:
            continue
        done.add(handler.pool)
        process = _process(context, folder, handler)
        if process is not None:
            renewed_for = (*process.renewed_for, *_renewed_for(context, handler))
            derived.processes.append(replace(process, renewed_for=renewed_for))
    return derived


def _process(context: _Context, folder: str, handler: Handler) -> Process | None:
    if handler.kind == "fastcgi":
        return _fastcgi(context, folder, handler)
    return _foreign(context, handler) if handler.kind == "foreign" else _platform(context, handler)


def _evidence(origin: Origin, why: str) -> Evidence:
    return Evidence(origin.path, origin.line, why)


# FastCGI


def _fastcgi(context: _Context, folder: str, handler: Handler) -> Process | None:
    derived = context.derived
    where = _evidence(handler.origin, f"handler {handler.name} runs {handler.script_processor}")
    values = (*context.site.fastcgi_environment(handler), *context.site.app_settings(folder))
    settings = _settings(context, values)
    given = (AppSetting(each.name, each.text, Origin(each.origin, 0)) for each in context.overrides.settings)
    named = _named_target((*given, *values))  # the file's own word counts first, as with wfastcgi
    python_path = _python_path(context, settings)
    roots = [context.directory, *(_in_project(path) for path in python_path)]
    evidence: tuple[Evidence, ...] = (where,)
    if context.target is not None:
        target = context.target
    elif named is not None:
        target = colon_form(named.value.strip(), context.project, [root for root in roots if root])
        evidence = (_evidence(named.origin, f"{named.key} = {named.value}"), where)
        _check_target(context, target, [root for root in roots if root], evidence[0], _in_a_setting)
    else:
        derived.problems.append(_no_target(values, where))
        return None
    hint = python_hint(split_script_processor(handler.script_processor)[0])
    derived.hints += [(hint, where)] if hint else []
    # A handler that only follows from WSGI_HANDLER stood in the configuration of a server with wfastcgi.
    implied = any(value.key == "WSGI_HANDLER" and value.origin == handler.origin for value in values)
    written = handler.script_processor == GATEWAY and not implied
    pool = handler.pool or ""
    derived.evidence[pool] = evidence
    threads = context.overrides.threads or (GATEWAY_THREADS if written else 1)
    policies = _fastcgi_policies(context, handler, 0 if _is_asgi(context, target) else threads)
    own = fastcgi_instances(policies) or (1 if written else WFASTCGI_INSTANCES)
    return Process(
        pool=pool,
        label=_label(context, "web"),
        protocol="fastcgi",
        command=gateway_words(target),
        directory=context.directory,
        environment=_without(settings, "PYTHONPATH"),
        python_path=python_path,
        instances=context.overrides.workers or own,
        threads=threads,
        serve_on_failure=handler.origin.path != MADE_PATH,
        target=target,
        policies=policies,
    )


def _is_asgi(context: _Context, target: str) -> bool:
    """Such an app takes any number of requests, on its event loop."""
    candidates = context.project.candidates
    return any(c.framework.interface == "asgi" for c in candidates if c.target == target)


def _fastcgi_policies(context: _Context, handler: Handler, at_once: int) -> Policies:
    policies = fastcgi_policies(context.site.fastcgi_application(handler.script_processor), at_once)
    asked = policies.instances
    if context.overrides.workers:
        return replace(policies, instances=None)
    if asked is not None and asked.value > MOST_INSTANCES:
        path, _, line = asked.origin.rpartition(":")
        text = f"{asked.origin}: of {asked.shown} instances (maxInstances) {MOST_INSTANCES} are started."
        evidence = Evidence(path, int(line), f"maxInstances = {asked.shown}")
        fix = f'Give the number that you want with --workers, or write maxInstances="{MOST_INSTANCES}".'
        context.derived.warnings.append(PlanWarning(text, fix, (evidence,)))
    return policies


def _check_target(
    context: _Context, target: str, roots: Sequence[str], named: Evidence, correction: Callable[[str], str]
) -> None:
    """The app's module and its object are in the project, as far as its text tells. correction: how the file
    names an app that is there."""
    missing = missing_part(target, context.project, roots)
    if missing is None:
        return
    lacks = (
        f"{missing.path} has no {missing.name}"
        if missing.path
        else f"the project has no module {missing.name}"
    )
    text = f"{named.where} names {target}; {lacks}."
    found = next((c.target for c in context.project.candidates if c.framework.interface == "wsgi"), None)
    nothing = "Correct the name." if missing.path else "It must come from a package."
    fix = f"The code has {found}: write {correction(found)}" if found else nothing
    context.derived.warnings.append(PlanWarning(text, fix, (named,), "handler-missing"))


def _in_a_setting(target: str) -> str:
    """With dots only: so wfastcgi reads it, too."""
    return f'value="{target.replace(":", ".")}"'


def _in_arguments(target: str) -> str:
    return f"{target} in its place"


def _named_target(values: Sequence[AppSetting]) -> AppSetting | None:
    by_name = {value.key: value for value in values}
    handler = by_name.get("WSGI_HANDLER")
    if handler is not None and handler.value.strip().startswith(_PROXY):
        return by_name.get(_PROXIED)
    return handler if handler is not None and handler.value.strip() else None


def _no_target(values: Sequence[AppSetting], where: Evidence) -> PlanWarning:
    proxy = next((value for value in values if value.key == "WSGI_HANDLER"), None)
    if proxy is not None:
        evidence = _evidence(proxy.origin, f"WSGI_HANDLER = {proxy.value}")
        text = f"{evidence.where} names a virtualenv proxy, and {_PROXIED}, the app behind it, is not set."
        return PlanWarning(text, f'<add key="{_PROXIED}" value="app.app" />', (evidence,), "handler-not-set")
    return PlanWarning(
        f"{where.where} maps URLs to Python, and no WSGI_HANDLER names the app.",
        'Add to <appSettings>: <add key="WSGI_HANDLER" value="app.app" />',
        (where,),
        "handler-not-set",
    )


# FastCGI programs that are not Python


def _foreign(context: _Context, handler: Handler) -> Process:
    """It gets the environment that is declared for the program, and what the user gave; appSettings are the
    Python app's own, as on IIS, where only wfastcgi reads them."""
    where = _evidence(handler.origin, f"handler {handler.name} runs {handler.script_processor}")
    program, arguments = split_script_processor(handler.script_processor)
    word = program_word(program, context.project.files, context.paths)
    words = tuple(
        _mapped(context, context.paths.word(each), each, where) for each in windows_words(arguments)
    )
    install = how_to_install(word, program, context.paths)
    if not word.startswith("%") and context.machine.find(word) is None:
        text = f"{where.where}: handler {handler.name} runs {word}, which is not on this machine."
        context.derived.warnings.append(PlanWarning(text, install, (where,)))
    application = context.site.fastcgi_application(handler.script_processor)
    environment = _settings(context, application.environment if application else ())
    at_once = requests_at_once({setting.name: setting.text for setting in environment})
    policies = _fastcgi_policies(context, handler, at_once)
    pool = handler.pool or ""
    context.derived.evidence[pool] = (where,)
    return Process(
        pool=pool,
        label=_label(context, label_of(word)),
        protocol="fastcgi",
        command=(word, *words),
        directory=".",
        environment=environment,
        instances=context.overrides.workers
        or fastcgi_instances(policies)
        or automatic_instances(context.machine, at_once),
        serve_on_failure=True,
        foreign=Foreign(at_once, install),
        renewed_for=(word,)
        if word.startswith("%WWWROOT%/")
        else (),  # a new program takes the old one's place
        policies=policies,
    )


# HTTP platform


def _platform(context: _Context, handler: Handler) -> Process | None:
    folder = (handler.pool or "").removeprefix("platform:")
    platform = context.site.http_platform(folder)
    if platform is None:
        return None
    derived = context.derived
    where = _evidence(platform.origin, f"starts {platform.process_path} {platform.arguments}".strip())
    program = read_program(platform.process_path, windows_words(platform.arguments))
    if program.problem:
        text = f"{where.where} starts {platform.process_path}: {program.problem}."
        kind = "placeholder-left" if "%" in program.problem else "program-not-python"
        fix = "Name a Python program in processPath."
        derived.problems.append(PlanWarning(text, fix, (where,), kind))
        return None
    derived.hints += [(program.hint, where)] if program.hint else []
    settings = _settings(context, (*context.site.app_settings(folder), *platform.environment))
    words = tuple(_mapped(context, context.paths.word(word), word, where) for word in program.words)
    if where.path != MADE_PATH:
        values = [setting.text for setting in settings]
        _check_words(context, words, where)
        warning = port_warning(words, values, where, f"%{platform.port_variable}%")
        derived.warnings += [warning] if warning else []
    pool = handler.pool or ""
    passes = _evidence(handler.origin, f"handler {handler.name} passes requests to it")
    derived.evidence[pool] = (where, *((passes,) if passes.path != MADE_PATH else ()))
    return Process(
        pool=pool,
        label=_label(context, "web"),
        protocol="http",
        command=words,
        directory=context.directory,
        environment=_without(settings, "PYTHONPATH"),
        python_path=_python_path(context, settings),
        instances=context.overrides.workers or platform.processes,
        threads=context.overrides.threads or 1,
        serve_on_failure=where.path != MADE_PATH,
        startup_seconds=_startup(platform),
        log_file=_log(context, platform.stdout_log),
        policies=platform_policies(platform),
    )


def _check_words(context: _Context, words: Sequence[str], where: Evidence) -> None:
    """The script that it starts is in the project, the program in the requirements."""
    script = next((word for word in words[1:2] if word.endswith(".py") and not word.startswith("-")), None)
    path = script and posixpath.normpath(script.removeprefix("%WWWROOT%/"))
    if script and path and path.startswith("../"):
        text = f"{where.where} starts {script}, which lies outside the site's folder."
        name = posixpath.basename(path)
        fix = (
            f"Write {name}."
            if name in context.project.files
            else f"Put web.config and {name} into one folder."
        )
        context.derived.warnings.append(PlanWarning(text, fix, (where,), "script-outside"))
    if path and not path.startswith(("..", "/", "%")) and path not in context.project.files:
        text = f"{where.where} starts {script}, which the project does not have."
        context.derived.warnings.append(PlanWarning(text, "Correct the name.", (where,), "script-missing"))
    target = next((word for word in words[1:] if is_target(word)), None)
    if target and program_of(words) in _SERVERS and not any(_CHANGES_PATH.match(word) for word in words):
        _check_target(context, target, [context.directory], where, _in_arguments)
    missing = missing_program(words, context.project)
    if missing is not None:
        text = f"{where.where} starts {missing}, which the requirements do not list."
        fix = f"Add {missing} to the requirements."
        context.derived.warnings.append(PlanWarning(text, fix, (where,), "package-not-listed"))


def _startup(platform: HttpPlatform) -> float:
    """startupTimeLimit="0" means no wait at all with IIS; nobody means that."""
    return platform.startup_seconds or 120.0


# Both


def _label(context: _Context, name: str) -> str:
    """A name of its own for each process: `web`, `web-2`."""
    taken = {process.label for process in context.derived.processes}
    numbered = (f"{name}-{count}" for count in range(2, len(taken) + 3))
    return next(label for label in (name, *numbered) if label not in taken)


def _settings(context: _Context, values: Sequence[AppSetting]) -> tuple[Setting, ...]:
    """Later ones win, then what the user gave. Known Windows places in values are mapped; `PYTHONPATH` is
    kept for `_python_path`."""
    found: dict[str, Setting] = {}
    for value in values:
        name = "PYTHONPATH" if value.key.upper() == "PYTHONPATH" else value.key
        text = value.value if name == "PYTHONPATH" else context.paths.value(value.value)
        text = _log(context, text) or "" if name == "WSGI_LOG" else text
        found[name] = Setting.of(name, text, str(value.origin))
    found |= {setting.name: setting for setting in context.overrides.settings}
    return tuple(found.values())


def _renewed_for(context: _Context, handler: Handler) -> tuple[str, ...]:
    """The files that the program's declaration names for it: one of fastCgi, any number of httpPlatform."""
    if handler.kind == "platform":
        platform = context.site.http_platform((handler.pool or "").removeprefix("platform:"))
        written = platform.recycle_on if platform else ()
    else:
        application = context.site.fastcgi_application(handler.script_processor)
        written = (application.monitor_changes_to,) if application else ()
    return tuple(_below_root(context.paths.map(path.strip()).text) for path in written if path.strip())


def _without(settings: Sequence[Setting], name: str) -> tuple[Setting, ...]:
    """The settings but for one that came from the file; the user's own is passed on as it is."""
    return tuple(s for s in settings if s.name != name or not _from_file(s))


def _from_file(setting: Setting) -> bool:
    return setting.origin.rpartition(":")[0].lower().endswith("web.config")


def _python_path(context: _Context, settings: Sequence[Setting]) -> tuple[str, ...]:
    setting = next((s for s in settings if s.name == "PYTHONPATH" and _from_file(s)), None)
    if setting is None:
        return ()
    return tuple(dict.fromkeys(_folders(context, setting)))


def _folders(context: _Context, setting: Setting) -> Iterator[str]:
    path, _, line = setting.origin.rpartition(":")
    where = Evidence(path, int(line), f"PYTHONPATH = {setting.text}")
    for part in filter(None, (part.strip() for part in setting.text.split(";"))):
        if part.lower().endswith((".exe", ".py")):
            text = f"{where.where}: PYTHONPATH names a file, {part}; it takes folders."
            context.derived.warnings.append(
                PlanWarning(text, "Name the folder with the app's modules.", (where,), "path-is-a-file")
            )
            continue
        mapped = _below_root(_mapped(context, context.paths.map(part), part, where))
        # `C:\\Sites\\shop` is the site's own folder, although Django puts a package `shop` into it.
        package = f"{_in_project(mapped)}/__init__.py" in context.project.files
        yield "%WWWROOT%" if package else mapped


def _below_root(path: str) -> str:
    """A relative path is seen from the site's own folder, as the process starts there."""
    if path.startswith(("%", "/")):
        return path
    return "%WWWROOT%" if path in (".", "") else f"%WWWROOT%/{path}"


def _in_project(path: str) -> str:
    """A mapped folder as one of the project: `.` for its root, empty when it is outside."""
    return (
        "."
        if path == "%WWWROOT%"
        else path.removeprefix("%WWWROOT%/")
        if path.startswith("%WWWROOT%/")
        else ""
    )


def _mapped(context: _Context, mapped: Mapped, written: str, where: Evidence) -> str:
    if mapped.guess:
        inside = mapped.text.removeprefix("%WWWROOT%").strip("/")
        place = f"{inside} in the site's folder" if inside else "the site's folder"
        text = f"{where.where}: {written} is not on this machine and not in the project; {place} is taken."
        fix = (
            f"Write {mapped.text.replace('%WWWROOT%', '%HOME%/site/wwwroot')} or a path relative to the site."
        )
        context.derived.warnings.append(PlanWarning(text, fix, (where,), "path-elsewhere"))
    return mapped.text


def _log(context: _Context, written: str | None) -> str | None:
    """The place of a log. One at an unknown place goes to LogFiles without more ado: nothing depends on
    it."""
    return _below_root(context.paths.map_log(written).text) if written else None
