"""Packages that cannot be installed, or do not run, on the target's system."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.markers import Marker, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from webstead.check.document import Place
from webstead.check.finding import Severity
from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.check.target import IIS_TARGETS
from webstead.plan.support import minor_of
from webstead.project.manifests import Listed
from webstead.project.text import decode

__all__ = ["SYSTEM_BOUND", "other_system", "without_wheel"]

System = Literal["windows", "posix"]


@dataclass(frozen=True, slots=True)
class Bound:
    """runs_on: the only system that it runs on. installs: whether it can be installed on the other all the
    same."""

    runs_on: System
    why: str
    fix: str
    installs: bool = False


SYSTEM_BOUND: Mapping[str, Bound] = {
    "uvloop": Bound("posix", "it refuses to be built on Windows", 'uvloop; sys_platform != "win32"'),
    "gunicorn": Bound(
        "posix", "it needs fcntl and fork", 'gunicorn; sys_platform != "win32", and waitress', installs=True
    ),
    "uwsgi": Bound("posix", "it has no version for Windows", "waitress"),
    "bjoern": Bound("posix", "it has no version for Windows", "waitress"),
    "meinheld": Bound("posix", "it has no version for Windows", "waitress"),
    "python-daemon": Bound(
        "posix", "it needs fork and the module pwd", "a service of Windows", installs=True
    ),
    "pyinotify": Bound("posix", "inotify is Linux's", "watchfiles"),
    "systemd-python": Bound("posix", "systemd is Linux's", 'systemd-python; sys_platform == "linux"'),
    "sh": Bound("posix", "it refuses to be imported on Windows", "subprocess", installs=True),
    "pylibmc": Bound("posix", "it has no wheels for Windows", "pymemcache"),
    "pywin32": Bound("windows", "it is the interface of Windows", 'pywin32; sys_platform == "win32"'),
    "pypiwin32": Bound("windows", "it is the interface of Windows", 'pypiwin32; sys_platform == "win32"'),
    "pywinpty": Bound("windows", "it has the consoles of Windows", 'pywinpty; sys_platform == "win32"'),
    "windows-curses": Bound("windows", "it is for Windows", 'windows-curses; sys_platform == "win32"'),
    "wmi": Bound("windows", "it is the interface of Windows", 'wmi; sys_platform == "win32"', installs=True),
    "wfastcgi": Bound(
        "windows", "it loads kernel32, and the gateway takes its place", "no wfastcgi", installs=True
    ),
}
"""Seen in the packages' own set-up and on the package index: no wheel for the other system, or imports of
modules that the other system does not have."""

_ENVIRONMENTS: Mapping[System, dict[str, str]] = {
    "windows": {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
    },
    "posix": {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
    },
}
_PLATFORMS: Mapping[System, Sequence[str]] = {
    "windows": ("win_amd64",),
    "posix": (
        *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
        *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
    ),
}
_FALLBACK = "3.12"


def system_of(subject: Subject) -> System:
    return "windows" if subject.target in IIS_TARGETS else "posix"


def other_system(subject: Subject) -> Iterator[Found]:
    system = system_of(subject)
    for item in subject.project.manifests.listed:
        bound = SYSTEM_BOUND.get(item.name)
        if bound is not None and bound.runs_on != system and _wanted(item, system, _python(subject)):
            title = "Windows" if system == "windows" else "Linux"
            severity: Severity = "warning" if bound.installs else "error"
            what = "does not run" if bound.installs else "cannot be installed"
            why = f"{item.name} {what} on {title}: {bound.why}."
            yield Found(_place(item), why, f"Write {bound.fix} in its place.", severity=severity)


def _wanted(item: Listed, system: System, python: str) -> bool:
    """Whether the entry's marker holds there."""
    try:
        marker = Requirement(item.text).marker
    except InvalidRequirement:
        return True
    return marker is None or _holds(marker, system, python)


def _holds(marker: Marker, system: System, python: str) -> bool:
    environment = {
        **_ENVIRONMENTS[system],
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    try:
        return marker.evaluate(environment)
    except UndefinedEnvironmentName:
        return True


def _place(item: Listed) -> Place:
    return Place(item.evidence.path, item.evidence.line, 1 if item.evidence.line else 0, 0, 0)


def _python(subject: Subject) -> str:
    return minor_of(subject.plan.python.version) or _FALLBACK


def without_wheel(subject: Subject) -> Iterator[Found]:
    """Of a uv.lock, by the names of its wheels; and what uv said, when it was asked."""
    manifests = subject.project.manifests
    for name, words in subject.unresolved:
        item = manifests.lists(name)
        place = _place(item) if item else Place(_manifest(subject), 0, 0, 0, 0)
        yield Found(place, f"uv says: {words}", _fix_wheel(name))
    lock = manifests.of("lock")
    if lock is not None:
        yield from _in_lock(subject, lock.path, decode(subject.tree.read(lock.path)).text)


def _manifest(subject: Subject) -> str:
    manifests = subject.project.manifests
    named = manifests.of("requirements") or manifests.of("pyproject")
    return named.path if named else "."


def _in_lock(subject: Subject, path: str, text: str) -> Iterator[Found]:
    system, python = system_of(subject), _python(subject)
    tags = _tags(system, python)
    lines = text.splitlines()
    for name, version, files, has_source in _locked(text):
        fits = any(tag in tags for file in files for tag in _tags_of(file))
        if fits or not (files or has_source) or _only_elsewhere(subject, name, system, python):
            continue
        line = next((n for n, each in enumerate(lines, 1) if each == f'name = "{name}"'), 0)
        title = "Windows" if system == "windows" else "Linux"
        if not files:
            severity: Severity = "note"
            why = f"{name} {version} has no wheel at all: it is built when the site is built."
        else:
            severity = "warning" if has_source else "error"
            what = "it is compiled there" if has_source else "it cannot be installed"
            why = f"{name} {version} has no wheel for {title} and Python {python}: {what}."
        yield Found(Place(path, line, 1 if line else 0, 0, 0), why, _fix_wheel(name), severity=severity)


def _fix_wheel(name: str) -> str:
    return f"Take a version of {name} (or a Python) that has one: uv lock --upgrade-package {name}"


def _only_elsewhere(subject: Subject, name: str, system: System, python: str) -> bool:
    """Whether the project asks for it on other systems only, or it is known to be bound to one."""
    entries = [item for item in subject.project.manifests.listed if item.name == name]
    bound = SYSTEM_BOUND.get(name)
    unlisted = not entries and bound is not None
    return unlisted or (bool(entries) and not any(_wanted(item, system, python) for item in entries))


def _locked(text: str) -> Iterator[tuple[str, str, list[str], bool]]:
    """(name, version, names of its wheels, whether it has a source) of the packages from an index."""
    try:
        packages = tomllib.loads(text).get("package", [])
    except tomllib.TOMLDecodeError:
        return  # uv's to complain of
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            wheels = package.get("wheels", [])
            urls = [str(w.get("url", w.get("filename", ""))) for w in wheels if isinstance(w, dict)]
            name = canonicalize_name(package["name"])
            source = package.get("source")
            if not (isinstance(source, dict) and "registry" in source):
                continue
            yield (
                name,
                str(package.get("version", "")),
                [url.rpartition("/")[2] for url in urls],
                "sdist" in package,
            )


def _tags(system: System, python: str) -> frozenset[Tag]:
    major, minor = (int(part) for part in python.split("."))
    version, platforms = (major, minor), _PLATFORMS[system]
    interpreter = f"cp{major}{minor}"
    return frozenset(
        (*cpython_tags(version, platforms=platforms), *compatible_tags(version, interpreter, platforms))
    )


def _tags_of(file: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(file)[3]
    except InvalidWheelFilename:
        return frozenset()
