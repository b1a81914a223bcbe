"""The plan as a value: everything that will be done with a project. `up` performs exactly this.

JSON_VERSION is the version of `as_json()`: it grows when a field changes its meaning or goes; new fields
leave it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from webstead.plan.support import PythonSupport, Status
from webstead.policies import NO_POLICIES, Policies
from webstead.project.evidence import Evidence
from webstead.project.manifests import Kind
from webstead.settings import Setting

__all__ = [
    "JSON_VERSION",
    "Alternative",
    "Foreign",
    "InstallStep",
    "Interface",
    "Plan",
    "PlanWarning",
    "Process",
    "PythonChoice",
    "Question",
    "Start",
    "Supported",
    "VirtualDirectory",
    "WebConfig",
]

JSON_VERSION = 1

Interface = Literal["wsgi", "asgi", "command"]


@dataclass(frozen=True, slots=True)
class Supported:
    """What support a Python has on a day: a row of the table, and its status then."""

    table: PythonSupport
    status: Status


@dataclass(frozen=True, slots=True)
class PythonChoice:
    """version: what uv is asked for: `3.12`, `>=3.11,<3.13`, or a path. Empty evidence: nothing in the
    project states one. support: until when that version gets fixes, and what its status is on the day of the
    plan; None for a range, a path, another implementation than CPython or a version that nobody knows."""

    version: str
    implementation: str
    evidence: tuple[Evidence, ...] = ()
    support: Supported | None = None


@dataclass(frozen=True, slots=True)
class InstallStep:
    """One step of the build, in order.

    kind: `environment` (the interpreter's own; words are packages that it has from the start),
    `requirements` (a requirements file: path), `pyproject` (PEP 621 dependencies of path), `lock`
    (uv.lock at path; the word is a member of its workspace), `poetry.lock`, `pdm.lock`, `pipfile.lock`,
    `pylock` (the lock of that tool, or of PEP 751, at path), `poetry`, `pipfile` and `setup` (Poetry's
    table, a Pipfile, setup.py or setup.cfg at path, as requirement lines), `conda` (an environment file or
    lock at path, whose Python is one of its packages; words are asked of conda besides), `vendored` (a
    folder of installed packages: path), `overlay` (packages that Webstead adds behind the app's: words are
    requirement strings), `metadata` (what the project calls itself, for code that asks: words are name,
    version and the lines of entry_points.txt), `collectstatic` (Django; path is manage.py), `release` (words
    run once before traffic), `os-packages` (words are their names), `pre-build`, `custom` (in place of the
    manifests) and `post-build` (path is a script, or the one word is a text for the shell). summary: one line
    for people. inputs: the files whose bytes address the environment. may_fail: the build goes on when it
    does.
    """

    kind: (
        Kind
        | Literal[
            "os-packages",
            "pre-build",
            "environment",
            "custom",
            "overlay",
            "metadata",
            "collectstatic",
            "post-build",
            "release",
        ]
    )
    summary: str
    path: str = ""
    words: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    may_fail: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """How the app is started.

    target: `package.module:object` or `package.module:factory()`; None for the interface `command`.
    command: the words that run. A leading `python` is the environment's interpreter; `-m webstead.gateway` is
    started by its file, so that nothing of Webstead comes onto the app's path.
    directory: relative to the project, `.` for its root; the working directory, and first on `sys.path`.
    """

    interface: Interface
    target: str | None
    command: tuple[str, ...]
    directory: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A start that lost, and why."""

    start: Start
    why_not: str


@dataclass(frozen=True, slots=True)
class Question:
    """Why there is no start: two fit equally, or none fits. text: lines, the first says what. answers: the
    words to type, one an option. fix: what to change in the project instead. kind: nothing was found, several
    fit, or what a web.config names cannot run."""

    text: str
    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    kind: Literal["nothing", "several", "unusable"] = "nothing"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The effective `web.config`. source `file`: the project's own at path; `plan`: text was made by the
    plan. beside: (path, text) of the files that it takes sections from (configSource, appSettings file)."""

    source: Literal["file", "plan"]
    path: str
    text: str
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class VirtualDirectory:
    """A URL path that is served from a folder of the build rather than of the site (as IIS's
    virtualDirectory)."""

    path: str
    kind: Literal["collectstatic"]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A FastCGI program that is not our gateway: php-cgi, or one of the site's own. Nothing is agreed with it
    but what the FastCGI specification says: its listening socket is descriptor 0.

    at_once: requests that one of its processes answers at the same time. install: what to type when it is not
    there."""

    at_once: int = 1
    install: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """A pool of equal processes that a handler of the effective `web.config` needs.

    pool: the key that `formats.webconfig` gives the handler. command, environment, python_path and log_file
    may hold `%NAME%`: `%HOME%` and `%WWWROOT%` are the site's folders, `%HTTP_PLATFORM_PORT%` the instance's
    port, other names come from the environment, unknown ones stay as written. directory: relative to wwwroot.
    serve_on_failure: this handler's failure is answered (500, 502.5) by a site that serves on, as IIS does.
    renewed_for: files whose change renews the instances (monitorChangesTo, recycleOnFileChange).
    foreign: None for an app of the project, which the gateway runs or which serves HTTP itself.
    """

    pool: str
    label: str
    protocol: Literal["fastcgi", "http"]
    command: tuple[str, ...]
    directory: str
    environment: tuple[Setting, ...] = ()
    python_path: tuple[str, ...] = ()
    instances: int = 1
    threads: int = 1
    startup_seconds: float = 60.0
    log_file: str | None = None
    serve_on_failure: bool = False
    target: str | None = None
    foreign: Foreign | None = None
    renewed_for: tuple[str, ...] = ()
    policies: Policies = NO_POLICIES


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something that the user should know. It never stops the plan. kind: names a mistake that it also is on
    other servers than this; "" for all else."""

    text: str
    fix: str = ""
    evidence: tuple[Evidence, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """files_only: there is no start, and nothing asks for one: who hosts it can serve its files."""

    python: PythonChoice
    install: tuple[InstallStep, ...]
    start: Start | None
    questions: tuple[Question, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    processes: tuple[Process, ...] = ()
    webconfig: WebConfig | None = None
    nested: tuple[WebConfig, ...] = ()
    virtual: tuple[VirtualDirectory, ...] = ()
    settings: tuple[Setting, ...] = ()
    warnings: tuple[PlanWarning, ...] = field(default=())
    files_only: bool = False
