"""uv's command lines. Pure: each function gives the words after `uv`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_name

__all__ = [
    "Words",
    "export_lock",
    "find_python",
    "install_overlay",
    "install_pylock",
    "install_python",
    "install_requirements",
    "list_packages",
    "list_pythons",
    "make_environment",
    "parse_installed",
    "parse_locked",
    "parse_packages",
    "parse_pythons",
    "resolve_wheels",
    "sync_lock",
    "try_requirement",
    "without_wheel",
]

Words = tuple[str, ...]


def find_python(request: str) -> Words:
    """Prints the path of an installed interpreter; never that of an environment which happens to be
    active.
    """
    return ("python", "find", "--no-project", "--system", request)


def install_python(request: str) -> Words:
    """Downloads an interpreter into uv's own folder, and puts nothing on PATH."""
    return ("python", "install", "--no-bin", request)


def list_pythons() -> Words:
    return ("python", "list", "--only-installed", "--output-format", "json")


def make_environment(base: str, prefix: Path, *, seed: bool = False) -> Words:
    """seed: with pip in it."""
    words = ("venv", "--quiet", "--no-project", "--python", base)
    return (*words, *(("--seed",) if seed else ()), str(prefix))


def install_requirements(python: Path, file: str, *, refresh: bool, alone: bool = False) -> Words:
    """file: a requirements file, or a pyproject.toml, of which the PEP 621 dependencies are installed.

    refresh: build local folders anew; uv looks only at their metadata to see whether they changed. alone: the
    file names all that is needed.
    """
    anew = ("--refresh",) if refresh else ()
    no_more = ("--no-deps",) if alone else ()
    return ("pip", "install", "--python", str(python), *anew, *no_more, "-r", file)


def install_pylock(python: Path, file: str, *, refresh: bool) -> Words:
    """file: a pylock.toml of PEP 751."""
    anew = ("--refresh",) if refresh else ()
    return ("pip", "install", "--python", str(python), "--preview-features", "pylock", *anew, "-r", file)


def sync_lock(python: Path, folder: Path, *, refresh: bool, member: str | None = None) -> Words:
    """Needs UV_PROJECT_ENVIRONMENT. Never writes into the project: the lock is used as it is or refused.
    member: of the workspace, whose packages are installed; else those of its root."""
    return (
        *("sync", "--project", str(folder), "--python", str(python), "--locked", "--inexact"),
        *("--no-default-groups", "--no-install-project"),
        *(("--package", member) if member else ()),
        *(("--refresh",) if refresh else ()),
    )


def export_lock(folder: Path, *, member: str | None = None) -> Words:
    """Prints what `sync_lock` installs, as lines of a requirements file. Asks nobody."""
    return (
        *("export", "--project", str(folder), "--frozen", "--offline", "--no-default-groups"),
        *(
            "--no-emit-project",
            "--no-hashes",
            "--no-header",
            "--no-annotate",
            *(("--package", member) if member else ()),
        ),
    )


def try_requirement(python: Path, folder: Path, requirement: str) -> Words:
    """Installs into a folder to throw away, without what it needs: a dry run looks for no file."""
    words = ("pip", "install", "--python", str(python), "--target", str(folder), "--no-deps", "--quiet")
    return (*words, requirement)


def resolve_wheels(file: str, system: Literal["windows", "linux"], python: str) -> Words:
    """Finds versions that have a wheel for another system, and installs nothing. file: requirements or
    pyproject.toml; python: `3.12`."""
    return (
        *("pip", "compile", file, "--only-binary", ":all:", "--python-platform", system),
        *(
            "--python-version",
            python,
            "--no-python-downloads",
            "--no-header",
            "--no-annotate",
            "--no-progress",
        ),
    )


_WHEELLESS = re.compile(r"hint: Wheels are required for `([^`]+)`")


def without_wheel(output: Sequence[str]) -> str | None:
    """The package for which `resolve_wheels` found no wheel; None when it failed for another reason."""
    return next((found[1] for line in output if (found := _WHEELLESS.search(line))), None)


def list_packages(python: Path) -> Words:
    return ("pip", "list", "--python", str(python), "--format", "json")


def install_overlay(python: Path, folder: Path, constraints: Path, requirements: Sequence[str]) -> Words:
    """Installs beside the environment, in versions that agree with what it holds."""
    return (
        *("pip", "install", "--python", str(python)),
        *("--target", str(folder), "--constraints", str(constraints), *requirements),
    )


_INSTALLED = re.compile(r"^ *[+~] ([A-Za-z0-9._-]+)==")


def parse_installed(output: Sequence[str]) -> frozenset[str]:
    """The normalised names of the packages that an install put in place."""
    return frozenset(canonicalize_name(found[1]) for line in output if (found := _INSTALLED.match(line)))


def parse_locked(text: str) -> tuple[str, ...]:
    """The `name==version` in what export_lock prints; without what is a folder or an address."""
    words = (line.partition(";")[0].strip() for line in text.splitlines())
    return tuple(word for word in words if "==" in word and not word.startswith(("#", "-")))


def parse_packages(text: str) -> dict[str, str]:
    """Name to version, from list_packages; the editable ones are left out, a constraint cannot name them."""
    return {
        str(item["name"]): str(item["version"])
        for item in json.loads(text)
        if isinstance(item, dict) and "editable_project_location" not in item
    }


def parse_pythons(text: str) -> tuple[tuple[str, str], ...]:
    """(version, path) of each installation, from list_pythons, newest first as uv gives them; () for other
    text.
    """
    try:
        items = json.loads(text)
    except ValueError:
        return ()
    if not isinstance(items, list):
        return ()
    return tuple(
        (str(item["version"]), str(item["path"]))
        for item in items
        if isinstance(item, dict) and item.get("version") and item.get("path")
    )
