"""`.env` and `.flaskenv`: settings that some tools read by themselves, and Webstead only when told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webstead.plan.model import PlanWarning
from webstead.plan.overrides import Overrides
from webstead.project import Evidence, Project
from webstead.project.text import decode

__all__ = ["env_file_warnings"]

_NAMES = (".env", ".flaskenv")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=")
_FOR_FLASK_RUN = "FLASK_"  # what `flask run` is told, not the app
_READS = re.compile(rb"dotenv|decouple|env_file|read_env|\.env['\"]")
_MAX_NAMED = 3


def env_file_warnings(project: Project, overrides: Overrides) -> tuple[PlanWarning, ...]:
    """A file of settings that nobody reads: neither the code, nor the user's --env-file."""
    given = {setting.name for setting in overrides.settings}
    found = []
    for path in (name for name in _NAMES if name in project.files):
        names = dict(_assigned(project, path))
        missing = {name: line for name, line in names.items() if name not in given}
        if missing and not _is_read(project):
            listed = ", ".join([*missing][:_MAX_NAMED]) + ("…" if len(missing) > _MAX_NAMED else "")
            text = (
                f"{path} sets {listed}; the code does not read that file, and webstead does only when told."
            )
            evidence = Evidence(path, next(iter(missing.values())), f"sets {listed}")
            found.append(PlanWarning(text, f"To use it: --env-file {path}", (evidence,)))
    return tuple(found)


def _assigned(project: Project, path: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(decode(project.code.tree.read(path)).lines, 1):
        match = _ASSIGNMENT.match(line)
        if match and not match[1].startswith(_FOR_FLASK_RUN):
            yield match[1], number


def _is_read(project: Project) -> bool:
    python = (path for path in project.files if path.endswith(".py"))
    return any(_READS.search(project.code.tree.read(path)) for path in python)
