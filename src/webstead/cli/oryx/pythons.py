"""Pythons for Oryx's requests: which there are, and which one a version or a range means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from webstead.build.interpreter import Interpreter
from webstead.build.runtimes import Finder
from webstead.build.uv import Uv
from webstead.cli.oryx.failure import VersionMissing
from webstead.effects.processes import run
from webstead.errors import RuntimeMissing
from webstead.formats.oryx import UnsupportedVersion, choose_version
from webstead.formats.oryx.versions import ordered_versions
from webstead.site.layout import default_cache

__all__ = ["chosen_version", "finder", "interpreter_for", "supported_versions"]

_PLAIN = re.compile(r"\d+(?:\.\d+){0,2}", re.ASCII)
"""What uv and Oryx read alike."""
_OTHER = re.compile("pypy|graalpy")


def finder(folder: Path, environ: Mapping[str, str], tell: Callable[[str], None]) -> Finder:
    uv = Uv(run, environ, folder, tell)
    return Finder(uv, run, default_cache(environ), environ, tell, download=True)


def supported_versions(pythons: Finder) -> list[str]:
    """The CPythons on this machine, the oldest first: others are asked for by their names."""
    found = pythons.installed().items()
    return ordered_versions([version for version, path in found if not _OTHER.search(Path(path).name)])


def chosen_version(request: str, pythons: Finder) -> str:
    """The version that a request of the command line means: a plain one as it is, the greatest of a range.
    Raises VersionMissing."""
    wanted = request.strip().removeprefix("v").removeprefix("=")
    if not wanted or _PLAIN.fullmatch(wanted):
        return wanted
    try:
        return choose_version(request, supported_versions(pythons))
    except UnsupportedVersion as error:
        raise VersionMissing(
            str(error), found=f"--platform-version {request}", fix="Ask for one of these, or install another."
        ) from None


def interpreter_for(version: str, implementation: str, pythons: Finder) -> Interpreter:
    """The interpreter, fetched where it is not there. Raises VersionMissing in Oryx's words."""
    try:
        return pythons.find(version, implementation)
    except RuntimeMissing as error:
        supported = ", ".join(supported_versions(pythons)) or "none"
        raise VersionMissing(
            f"Platform 'python' version '{version}' is unsupported. Supported versions: {supported}",
            found=f"{error.what}: {error.found}",
            fix=error.fix.replace("--runtime", "--platform-version"),
        ) from None
