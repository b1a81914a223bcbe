"""Everything in a project's code that could be served: objects, factories, functions. Choosing among them is
plan's work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from webstead.project.calls import returned_app
from webstead.project.code import Code
from webstead.project.commands import serving_commands
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.frameworks import Framework
from webstead.project.mentions import DEVELOPED, Mention
from webstead.project.near_misses import (
    NearMiss,
    can_be_imported,
    inside_factory,
    misnamed,
    not_callable,
    served_elsewhere,
    unnamed,
)
from webstead.project.paths import stem_of
from webstead.project.scripts import Script, files_named, find_script, mounting
from webstead.project.source import may_ask, may_matter
from webstead.project.values import App, Binding, Function, Module, Place

__all__ = ["ENTRY_STEMS", "Candidate", "Found", "NearMiss", "find_candidates", "is_aside"]

MAX_FILES = 5000  # .py files looked at; Django itself has 2,900

ENTRY_STEMS: dict[str, int] = {
    "wsgi": 0,
    "asgi": 0,
    "passenger_wsgi": 0,
    "app": 1,
    "application": 1,
    "main": 1,
    "server": 1,
    "run": 1,
    "index": 2,
    "api": 2,
    "web": 2,
    "webapp": 2,
    "site": 2,
    "entrypoint": 2,
}
"""File names by which people mean "start here", the surer first; those of 2 may as well be a part of the
app."""

_ASIDE_FOLDERS = frozenset(
    {"test", "tests", "testing", "docs", "doc", "example", "examples", "sample", "samples", "demo", "demos"}
    | {
        "migrations",
        "benchmarks",
        "benchmark",
        "bench",
        "scripts",
        "fixtures",
        "vendor",
        "third_party",
        "alembic",
    }
)
_ASIDE_FILES = frozenset(
    {"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "gunicorn.conf.py"}
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One target. attribute: `app`, `app.server`, `create_app()`. places: where the app, and each inside it,
    is made.

    how: `made` in this module, or `imported` from another one. aside: the folder or file that speaks against
    it (tests, docs, examples). runs: the line where merely importing the module starts a development server;
    0 for none.
    """

    framework: Framework
    module: str
    attribute: str
    directory: str
    path: str
    line: int
    place: Place
    contains: frozenset[Place] = frozenset()
    factory: bool = False
    how: Literal["made", "imported"] = "made"
    aside: str = ""
    runs: int = 0
    evidence: tuple[Evidence, ...] = ()

    @property
    def target(self) -> str:
        return f"{self.module}:{self.attribute}"

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(slots=True)
class Found:
    """mentions: `module:object` strings that the code itself gives to a server, with their places. mounting:
    files that put what would serve itself into an app. adding: files that give routes or the like to an app
    that another module makes, with its place. elsewhere: code that no web server serves,
    and commands that have to be named. asking: files that
    may ask for what is installed."""

    candidates: list[Candidate] = field(default_factory=list)
    near: list[NearMiss] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    mounting: list[str] = field(default_factory=list)
    adding: list[tuple[Place, str]] = field(default_factory=list)
    elsewhere: list[NearMiss] = field(default_factory=list)
    asking: list[str] = field(default_factory=list)
    python_files: int = 0


def find_candidates(code: Code, files: Sequence[str]) -> Found:
    """Read every file that can matter, shallow ones first."""
    found = Found()
    python = sorted(
        (path for path in files if path.endswith(".py")), key=lambda path: (path.count("/"), path)
    )
    found.python_files = len(python)
    if len(python) > MAX_FILES:
        text = f"The project has {len(python)} Python files; the {MAX_FILES} nearest its root were read."
        found.findings.append(Finding(text, "Name the app: webstead up --app package.module:object"))
    for path in python[:MAX_FILES]:
        data = code.tree.read(path)
        if may_ask(data) and not is_aside(path):
            found.asking.append(path)
        if stem_of(path) in ENTRY_STEMS or path.endswith("__main__.py") or may_matter(data):
            module = code.module(path)
            if module is not None:
                _look_into(code, module, found)
    found.scripts = _without_mounted(code, found)
    found.findings += [finding for path, finding in code.findings.items() if not is_aside(path)]
    return found


def is_aside(path: str) -> str:
    """What in a path says that it is not the app itself: `tests/`, `conftest.py`; empty when nothing does."""
    *folders, name = path.split("/")
    folder = next((part for part in folders if part.lower() in _ASIDE_FOLDERS), "")
    if folder:
        return f"{folder}/"
    test = name.startswith("test_") or name.endswith("_test.py") or name in ("test.py", "tests.py")
    return name if test or name in _ASIDE_FILES else ""


def _look_into(code: Code, module: Module, found: Found) -> None:
    found.mentions += [
        Mention(target, Evidence(module.path, line, f"starts {target}"), DEVELOPED)
        for target, line in module.targets
    ]
    _scripts(code, module, found)
    aside = is_aside(module.path)
    found.adding += [] if aside else [(place, module.path) for place in sorted(module.adds)]
    found.near += [] if aside else unnamed(module)
    found.elsewhere += [] if aside else [*served_elsewhere(module), *serving_commands(module, code.layout)]
    for name, value in sorted(module.scope.items()):
        binding = module.bindings.get(name)
        if binding is None:
            continue
        if isinstance(value, App) and _counts(module, value, binding):
            if can_be_imported(module):
                found.candidates.append(_object(module, name, value, binding))
            elif not aside:
                found.near.append(misnamed(module, name, value, binding.line))
        elif isinstance(value, Function) and value.path == module.path and value.bound is None:
            _factory(code, module, name, value, found)


def _counts(module: Module, app: App, binding: Binding) -> bool:
    """An imported object is a start only in a file that is meant to be one, that runs it, or without which it
    has not all of its routes."""
    if app.place in module.mounted:
        return False
    used = app.place in module.adds or any(run.place == app.place for run in module.runs)
    return binding.how != "imported" or stem_of(module.path) in ENTRY_STEMS or used


def _object(module: Module, name: str, app: App, binding: Binding) -> Candidate:
    imported = binding.how == "imported"
    verb = "is imported here from" if imported else "is made here"
    why = f"{name} {verb}" + (f" {app.place.path}:{app.place.line}" if imported else "")
    label = f"{app.framework.name} app" if app.framework.distribution else f"{app.framework.name} function"
    evidence = [Evidence(module.path, binding.line, f"{label}: {why}")]
    runs = [run for run in module.runs if run.place in (app.place, *app.contains)]
    evidence += [Evidence(module.path, run.line, f"runs {name} as a program") for run in runs if run.guarded]
    return Candidate(
        app.framework,
        module.name.name,
        name + app.framework.attribute,
        module.name.directory,
        module.path,
        binding.line,
        app.place,
        app.contains,
        how="imported" if imported else "made",
        aside=is_aside(module.path),
        runs=next((run.line for run in module.runs if not run.guarded), 0),
        evidence=tuple(evidence),
    )


def _factory(code: Code, module: Module, name: str, function: Function, found: Found) -> None:
    app = returned_app(function, code)
    if app is None:
        return
    node = function.node
    label = f"{name}() returns a {app.framework.name} app"
    evidence = Evidence(module.path, node.lineno, label)
    miss = not_callable(module, name, node, evidence, code.layout.files) or inside_factory(
        name, app, evidence
    )
    if miss is not None:
        found.near += [] if is_aside(module.path) else [miss]
        return
    found.candidates.append(
        Candidate(
            app.framework,
            module.name.name,
            f"{name}()" + app.framework.attribute,
            module.name.directory,
            module.path,
            node.lineno,
            app.place,
            app.contains,
            factory=True,
            aside=is_aside(module.path),
            runs=next((run.line for run in module.runs if not run.guarded), 0),
            evidence=(evidence,),
        )
    )


def _scripts(code: Code, module: Module, found: Found) -> None:
    script = find_script(code, module)
    if script is not None:
        found.scripts.append(replace(script, aside=is_aside(module.path)))
    if mounting(code, module):
        found.mounting += [module.path, *sorted(files_named(code, module))]


def _without_mounted(code: Code, found: Found) -> list[Script]:
    """A script that the file of an app mounts, or that such a file imports, is a part of that app."""
    inside = {path for mounting in found.mounting for path in (mounting, *code.reach(mounting))}
    return [script for script in found.scripts if script.path not in inside]
