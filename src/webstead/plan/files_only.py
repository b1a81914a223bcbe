"""A project without an app that asks for none: a static site, WebJobs alone, an empty folder. Pure.

`up` still asks what it shall start; a site that is deployed to serves its files. What looks like an app of
Python, or of another language, is none of these: that its start was not found is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from webstead.plan.configured import Configured, made
from webstead.plan.decide import Decision
from webstead.plan.model import Plan
from webstead.plan.questions import has_index, of_another_language, start_or_error
from webstead.project import Project
from webstead.project.candidates import ENTRY_STEMS, is_aside
from webstead.project.paths import stem_of

__all__ = ["FILES_CONFIG", "is_files_only", "start_or_files", "with_placeholder"]

JOBS = "App_Data/jobs/"
"""Where WebJobs are: programs of their own, whose packages the project may list."""

FILES_CONFIG = """\
<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <system.webServer>
    <defaultDocument>
      <files>
        <add value="hostingstart.html" />
      </files>
    </defaultDocument>
    <security>
      <requestFiltering>
        <hiddenSegments>
          <add segment="App_Data" />
        </hiddenSegments>
      </requestFiltering>
    </security>
  </system.webServer>
</configuration>
"""
"""What App Service has in its own configuration: the page of a site that nothing was deployed to, and that
WebJobs and the app's data are nobody's to read."""


def is_files_only(project: Project, decision: Decision) -> bool:
    """Whether nothing was found that could be started, and nothing that asks for a start."""
    if decision.offer is not None or any(question.kind != "nothing" for question in decision.questions):
        return False
    return not decision.alternatives and next(_asks_for_a_start(project), None) is None


def _asks_for_a_start(project: Project) -> Iterator[str]:
    """The paths that do."""
    for miss in (*project.near, *project.elsewhere):
        yield from _outside_jobs(miss.evidence.path)
    for finding in project.findings:
        yield from (item.path for item in finding.evidence if "syntax" in item.why and not _is_job(item.path))
    yield from (path for script in project.scripts for path in _outside_jobs(script.path))
    yield from (entry.evidence.path for entry in project.procfile if entry.name == "web")
    index, jobs = has_index(project), any(map(_is_job, project.files))
    if project.manifests.chosen is not None and not jobs:
        yield project.manifests.chosen.path
    root = [path for path in project.files if "/" not in path and path.endswith(".py") and not is_aside(path)]
    yield from (path for path in root if stem_of(path) in ENTRY_STEMS or not index)
    if not index and not jobs:
        yield from (path for path in project.files if next(of_another_language(path), None))
        yield from (path for path in project.files if path.endswith(".ipynb"))


def _is_job(path: str) -> bool:
    return path.startswith(JOBS)


def _outside_jobs(path: str) -> Iterator[str]:
    if not _is_job(path):
        yield path


def with_placeholder(files: tuple[Configured, ...]) -> tuple[Configured, ...]:
    """The project's own configurations, over the one that every such site has."""
    return (made(FILES_CONFIG), *files)


def start_or_files(plan: Plan, *, deployed_without: bool = False) -> bool:
    """Whether the plan has a start; False for one that serves files alone. deployed_without: it was deployed
    so, piece by piece: then whatever has no app serves its files. Raises PlanError as `start_or_error`."""
    nothing = plan.start is None and all(question.kind == "nothing" for question in plan.questions)
    if nothing and (plan.files_only or deployed_without):
        return False
    start_or_error(plan)
    return True
