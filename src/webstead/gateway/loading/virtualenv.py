"""The virtual environment that WSGI_ALT_VIRTUALENV_ACTIVATE_THIS names, made the one of this process: what
virtualenv's activate_this.py does, also for environments that have no such file.

For web.config files of old Azure templates, whose proxy module is not needed for it. Everywhere else the
environment is the choice of who starts the gateway with that environment's Python.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import MutableMapping
from typing import NamedTuple

from webstead.gateway.failure import BAD_APP, StartFailure

__all__ = ["ACTIVATE_VARIABLE", "Environment", "activate", "find_environment", "mismatch", "read_settings"]

ACTIVATE_VARIABLE = "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS"

_CONFIG = "pyvenv.cfg"
_PROGRAM_FOLDERS = ("scripts", "bin")


class Environment(NamedTuple):
    """root: its folder. programs: of activate_this.py and python. packages: its site-packages folders."""

    root: str
    programs: str
    packages: tuple[str, ...]


def activate(named: str, variables: MutableMapping[str, str]) -> None:
    """Put the environment's packages first on `sys.path`, as its own Python would find them, `.pth` files
    included. named: the path of activate_this.py, of its Python or of its folder; a relative one is seen from
    the app's folder, the working directory. Raises StartFailure (BAD_APP).
    """
    environment = find_environment(named)
    if os.path.realpath(sys.prefix) == os.path.realpath(environment.root):
        return
    before = len(sys.path)
    for folder in environment.packages:
        site.addsitedir(folder)
    sys.path[:] = sys.path[before:] + sys.path[:before]
    sys.prefix = sys.exec_prefix = environment.root
    variables["VIRTUAL_ENV"] = environment.root
    variables["PATH"] = os.pathsep.join(filter(None, (environment.programs, variables.get("PATH", ""))))


def find_environment(named: str) -> Environment:
    """Raises StartFailure (BAD_APP): there is none, or it is for another Python."""
    path = os.path.abspath(named if os.sep == "\\" else named.replace("\\", "/"))
    programs = os.path.dirname(path)
    root = os.path.dirname(programs) if os.path.basename(programs).lower() in _PROGRAM_FOLDERS else programs
    if os.path.isdir(path):
        root, programs = path, _inside(path, *_PROGRAM_FOLDERS) or path
    if not os.path.isdir(root):
        raise _not_there(named, f"there is no folder {root}")
    settings = _settings_of(root)
    found = mismatch(settings)
    if not found:
        packages = _packages(root)
        if packages:
            return Environment(root, programs, packages)
        found = _other_python(root)
    if found:
        raise _wrong_python(root, found)
    raise _not_there(named, f"{root} has neither Lib/site-packages nor lib/{_own_folder()}/site-packages")


def read_settings(text: str) -> dict[str, str]:
    """The names, in lower case, and values of a pyvenv.cfg."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def mismatch(settings: dict[str, str]) -> str:
    """For which Python an environment was made, when it is not this one; else ""."""
    version = settings.get("version_info") or settings.get("version", "")
    made_by = settings.get("implementation", "")
    numbers = tuple(version.split(".")[:2])
    if len(numbers) == 2 and numbers != (str(sys.version_info[0]), str(sys.version_info[1])):
        return f"{made_by or 'Python'} {version}"
    if made_by and made_by.lower() != sys.implementation.name:
        return f"{made_by} {version}".rstrip()
    return ""


def _settings_of(root: str) -> dict[str, str]:
    file = _inside(root, _CONFIG)
    if not file:
        return {}
    with open(file, encoding="utf-8", errors="replace") as config:
        return read_settings(config.read())


def _packages(root: str) -> tuple[str, ...]:
    """Its site-packages, where this Python would look for them; then in the other system's layout."""
    scheme = "nt" if os.name == "nt" else "posix_prefix"
    own = sysconfig.get_paths(scheme, {"base": root, "platbase": root})
    library = _inside(root, "lib")
    windows = _inside(library, "site-packages") if library else ""
    kept: dict[str, str] = {}
    for folder in (own["purelib"], own["platlib"], windows):
        if folder and os.path.isdir(folder):
            kept.setdefault(os.path.realpath(folder), folder)
    return tuple(kept.values())


def _other_python(root: str) -> str:
    """The Python whose packages an environment without a pyvenv.cfg has; "" when it has none."""
    library = _inside(root, "lib")
    names = sorted(os.listdir(library)) if library else []
    held = (name for name in names if os.path.isdir(os.path.join(library, name, "site-packages")))
    return next(held, "")


def _own_folder() -> str:
    return os.path.basename(sysconfig.get_paths("posix_prefix")["stdlib"])


def _inside(folder: str, *names: str) -> str:
    """The entry of this name, whatever its case; "" when there is none. The first name wins."""
    entries = {entry.lower(): entry for entry in sorted(os.listdir(folder), reverse=True)}
    return next((os.path.join(folder, entries[name]) for name in names if name in entries), "")


def _not_there(named: str, found: str) -> StartFailure:
    what = f"{ACTIVATE_VARIABLE} names no virtual environment: {named}"
    fix = (
        "Set it to the environment's Scripts\\python.exe or bin/python; or leave it out, and start the "
        f"gateway with the environment's own Python, not {sys.executable}."
    )
    return StartFailure(BAD_APP, what, found, fix)


def _wrong_python(root: str, found: str) -> StartFailure:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return StartFailure(
        BAD_APP,
        f"The virtual environment {root} was made for another Python than the one that runs.",
        f"it is for {found}; {sys.executable} is {sys.implementation.name} {here}",
        f"Make it anew with {sys.executable} -m venv, and install the requirements; or start the gateway "
        "with the environment's own Python.",
    )
