"""Whether a folder holds a Python app, by Oryx's rules; what is more, by the plan's."""

from __future__ import annotations

from collections.abc import Sequence

from webstead.formats.oryx import Configuration, Detection
from webstead.project import Project
from webstead.project.manifests.conda import parse_conda
from webstead.project.tree import Tree

__all__ = ["detect_python"]

_REQUIREMENTS = "requirements.txt"
_CONDA = ("environment.yaml", "environment.yml")


def detect_python(tree: Tree, project: Project, configuration: Configuration) -> Detection | None:
    """What of Python is there; None when nothing is, or Python is switched off.

    Files count at the root; where none of them is, any `.py` file does, at any depth outside of the folders
    that are no code (node_modules, environments, .git).
    """
    if configuration.on("DISABLE_PYTHON_BUILD"):
        return None
    files = project.files
    requirements = configuration.text("CUSTOM_REQUIREMENTSTXT_PATH") or _REQUIREMENTS
    runtime = _runtime(tree, files)
    found = Detection(
        has_notebooks=any("/" not in path and path.lower().endswith(".ipynb") for path in files),
        has_conda=any(path in files and parse_conda(path, tree.read(path)).usable for path in _CONDA),
        has_requirements=requirements.removeprefix("./") in files,
        has_pyproject="pyproject.toml" in files,
        has_uv_lock="uv.lock" in files,
        has_setup="setup.py" in files,
        version=_version(project),
        frameworks=_frameworks(project),
    )
    flags = (found.has_notebooks, found.has_conda, found.has_requirements)
    more = (found.has_pyproject, found.has_uv_lock, found.has_setup, runtime)
    if any(flags) or any(more):
        return found
    first = _first_code(files, at_root=configuration.on("DISABLE_RECURSIVE_LOOKUP"))
    if first is None:
        return None
    return Detection(version=found.version, frameworks=found.frameworks, app_directory=first)


def _runtime(tree: Tree, files: Sequence[str]) -> bool:
    if "runtime.txt" not in files:
        return False
    return tree.read("runtime.txt").decode("utf-8-sig", "replace").strip().lower().startswith("python-")


def _first_code(files: Sequence[str], *, at_root: bool) -> str | None:
    """The folder of the first module, those of a folder before those below it."""
    code = [path for path in files if path.endswith(".py") and not (at_root and "/" in path)]
    if not code:
        return None
    return min(code, key=lambda path: (path.count("/"), path)).rpartition("/")[0]


def _version(project: Project) -> str:
    """What the project states, as node's ranges write it: `>=3.11 <3.13`."""
    stated = project.build.python or None
    if stated is not None:
        return stated.value.strip()
    return project.python[0].version.replace(",", " ") if project.python else ""


def _frameworks(project: Project) -> tuple[str, ...]:
    """Of all apps in the code, the likeliest first."""
    named = [candidate.framework.name for candidate in project.candidates]
    named += [script.framework.name for script in project.scripts if not script.framework.is_server]
    return tuple(dict.fromkeys(named))
