"""Settings modules that Django is told to load, and that the project does not have or nobody can parse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webstead.project.code import Code
from webstead.project.django import SettingsChoice
from webstead.project.finding import Finding
from webstead.project.paths import folder_of

__all__ = ["django_faults"]


def django_faults(code: Code, choices: Sequence[SettingsChoice]) -> Iterator[Finding]:
    """A module that no folder on the way from the file up to the root has; one of an installed package is
    not the project's to have."""
    told: set[str] = set()
    for choice in choices:
        where, module = choice.evidence.where, choice.module
        if not module or module in told:
            continue
        path = _path_of(code, choice)
        if path is not None:
            code.module(path)
            broken = code.findings.get(path)
            if broken is not None:
                told.add(module)
                yield broken
        elif _is_own(code, choice):
            told.add(module)
            text = f"{where} chooses the settings {module}, which the project does not have."
            yield Finding(
                text, f"Add the module {module}, or name the one that is there.", (choice.evidence,)
            )


def _roots(choice: SettingsChoice) -> Iterator[str]:
    folder = folder_of(choice.evidence.path)
    while folder != ".":
        yield folder
        folder = folder_of(folder)
    yield "."


def _path_of(code: Code, choice: SettingsChoice) -> str | None:
    paths = (code.layout.path_of(root, choice.module) for root in _roots(choice))
    return next((path for path in paths if path), None)


def _is_own(code: Code, choice: SettingsChoice) -> bool:
    """Whether its first part is no package of others: a folder of the project, or nothing that is listed."""
    top = choice.module.partition(".")[0]
    return any(code.layout.has(root, top) for root in _roots(choice)) or "." in choice.module
