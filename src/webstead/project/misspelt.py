"""Files whose name is nearly one that is read: named, with the word that renames them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.paths import folder_of, join

__all__ = ["misspelt"]

_ALIKE = 0.92  # `requirments.txt` has 0.97, `requirements-dev.txt` 0.89

_RIGHT = (
    "requirements.txt",
    "pyproject.toml",
    "environment.yml",
    "environment.yaml",
    "runtime.txt",
    "startup.txt",
    "startup.sh",
    "web.config",
    "procfile",
    "pipfile",
    "build.env",
    "appsvc.yaml",
)
"""Names that a word like them is taken for."""

_WRONG = {
    "requirement.txt": "requirements.txt",
    "requirements.text": "requirements.txt",
    "requirments.text": "requirements.txt",
    "requirements.txt.txt": "requirements.txt",
    "requirements": "requirements.txt",
    "pyproject.toml.txt": "pyproject.toml",
    "pipfile.txt": "Pipfile",
    "procfile.txt": "Procfile",
    "profile": "Procfile",
    "runtime": "runtime.txt",
    "runtime.text": "runtime.txt",
    "runtime.txt.txt": "runtime.txt",
    "python-runtime.txt": "runtime.txt",
    "python-version": ".python-version",
    "python-version.txt": ".python-version",
    "python_version.txt": ".python-version",
    ".python-version.txt": ".python-version",
    ".python_version": ".python-version",
    ".pythonversion": ".python-version",
    "startup.text": "startup.txt",
    "start-up.txt": "startup.txt",
    "start_up.txt": "startup.txt",
    "start-up.sh": "startup.sh",
    "web.config.txt": "web.config",
    "build.env.txt": "build.env",
    ".build.env": "build.env",
    "appsvc.yml": "appsvc.yaml",
}
"""By the wrong name, in lower case."""

_TITLES = {"procfile": "Procfile", "pipfile": "Pipfile"}


def misspelt(files: Mapping[str, str], read: Collection[str]) -> tuple[Finding, ...]:
    """files: of one folder, by their names in lower case. read: names that mean something as they are. A name
    whose right one is there, too, is left alone."""
    return tuple(_found(files, read))


def _found(files: Mapping[str, str], read: Collection[str]) -> Iterator[Finding]:
    for name, path in sorted(files.items()):
        right = _WRONG.get(name) or _alike(name, read)
        if right and right.lower() not in files:
            yield Finding(
                f"{path} is not read: the name is {right}.",
                f"Rename it: {shlex.join(['mv', path, join(folder_of(path), right) or right])}",
                (Evidence(path, 0, f"misspelt {right}"),),
            )


def _alike(name: str, read: Collection[str]) -> str:
    if name in read or name in _RIGHT:
        return ""
    found = get_close_matches(name, _RIGHT, 1, _ALIKE)
    return _TITLES.get(found[0], found[0]) if found else ""
