"""What an app.json asks of its host, where nobody answers: settings that are not given, a command that is
not run."""

from __future__ import annotations

import shlex

from webstead.plan.model import PlanWarning
from webstead.plan.overrides import Overrides
from webstead.project import Project
from webstead.project.app_json import NeededSetting
from webstead.settings import looks_secret

__all__ = ["app_json_warnings"]

VALUE = "…"
_MAX_NAMED = 4


def app_json_warnings(project: Project, overrides: Overrides) -> tuple[PlanWarning, ...]:
    given = {setting.name for setting in overrides.settings}
    missing = [item for item in project.app_json.needed if item.name not in given]
    found = [_not_given(missing)] if missing else []
    command = project.app_json.postdeploy
    if command and project.process("release") is None:
        said, where = command
        text = f"{where.where} runs {said} after a deployment; webstead runs only a release process."
        found.append(PlanWarning(text, f"Add a line to the Procfile: release: {said}", (where,)))
    return tuple(found)


def _not_given(missing: list[NeededSetting]) -> PlanWarning:
    names = [item.name for item in missing]
    shown = ", ".join(names[:_MAX_NAMED]) + ("…" if len(names) > _MAX_NAMED else "")
    words = [f"--env {shlex.quote(f'{i.name}={_shown(i)}')}" for i in missing[:_MAX_NAMED]]
    evidence = tuple(item.evidence for item in missing[:_MAX_NAMED])
    text = f"{evidence[0].where} says that the app needs {shown}, which {_are(names)} not set."
    return PlanWarning(text, f"Set {_them(names)}: {' '.join(words)}", evidence)


def _shown(item: NeededSetting) -> str:
    return VALUE if not item.value or looks_secret(item.name, item.value) else item.value


def _are(names: list[str]) -> str:
    return "are" if len(names) > 1 else "is"


def _them(names: list[str]) -> str:
    return "them" if len(names) > 1 else "it"
