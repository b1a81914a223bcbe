"""What an oryx command does with a folder: the plan, made with the overrides that the request stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from webstead.cli.oryx.detection import detect_python
from webstead.cli.oryx.failure import NotDetected, UnsupportedPlatform
from webstead.cli.oryx.pythons import chosen_version, finder
from webstead.cli.oryx.request import Request
from webstead.errors import UsageError
from webstead.events import Emit, Note
from webstead.formats.oryx import Detection
from webstead.plan import Plan
from webstead.plan.gunicorn import framework_of, under_gunicorn
from webstead.plan.make import plan_project
from webstead.plan.overrides import Overrides
from webstead.project import Project, read_project
from webstead.project.tree import Tree
from webstead.site.prepare import this_machine

__all__ = ["Decided", "decide", "detected", "needs_platform", "plan_tree"]


@dataclass(frozen=True, slots=True)
class Decided:
    """version: what was chosen for the request; "" when the project, or Webstead, chooses."""

    plan: Plan
    framework: str
    detection: Detection | None
    version: str


def plan_tree(tree: Tree, overrides: Overrides) -> tuple[Plan, str, Project]:
    """The plan with gunicorn, and its framework."""
    project = read_project(tree, overrides.given)
    plan = plan_project(project, tree, overrides, this_machine())
    return under_gunicorn(plan, project), framework_of(plan, project), project


def decide(request: Request, emit: Emit, environ: Mapping[str, str] = os.environ, *, skip: bool) -> Decided:
    """skip: the platform is not looked for. Raises UnsupportedPlatform, NotDetected, VersionMissing."""
    version = ""
    if request.version:
        pythons = finder(request.source, environ, lambda text: emit(Note("info", text)))
        version = chosen_version(request.version, pythons)
    plan, framework, project = plan_tree(request.tree, request.overrides(version))
    detection = None if skip else detected(request, project)
    return Decided(plan, framework, detection, version)


def detected(request: Request, project: Project) -> Detection:
    """Raises UnsupportedPlatform when nothing is found, NotDetected when Python was asked for by name."""
    found = detect_python(request.tree, project, request.configuration)
    if found is not None:
        return found
    looked = (
        "requirements.txt, pyproject.toml, setup.py, uv.lock, environment.yml, runtime.txt, *.ipynb, *.py"
    )
    where = f"none of these is in {request.source}: {looked}"
    if request.platform:
        raise NotDetected(
            f"Couldn't detect a version for the platform '{request.platform}' in the repo.",
            found=where,
            fix="Name the folder of the code; or add --skip-detection.",
        )
    raise UnsupportedPlatform(
        "Could not detect the language from repo.", found=where, fix="Name the folder of the code."
    )


def needs_platform(request: Request, *, skip: bool) -> None:
    """Raises UsageError."""
    if skip and not request.platform:
        raise UsageError(
            "Cannot use --skip-detection without specifying --platform also.", fix="Add: --platform python"
        )
