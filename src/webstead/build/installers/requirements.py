"""Packages that uv reads from the project's file itself: requirements.txt, pyproject.toml (PEP 621)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from webstead.build.installers.work import Work
from webstead.effects.files import write_atomically
from webstead.project.manifests import pinned_names
from webstead.project.manifests.uv_dialect import in_uvs_words
from webstead.project.paths import folder_of, join, name_of
from webstead.project.text import decode

__all__ = ["install_requirements"]

_COPIES = "webstead-requirements"
"""In the environment: the project's files, in the words that uv reads."""


def install_requirements(work: Work) -> None:
    """uv reads `[tool.uv]` of the folder that it works in: that of the pyproject.toml. Raises UvFailed."""
    folder = folder_of(work.step.path) if work.step.kind == "pyproject" else "."
    work.uv.install_requirements(
        work.environment.python,
        _readable(work) if folder == "." else name_of(work.step.path),
        folder=folder,
        refresh=work.inputs.copied,
        pinned=pinned_names(work.inputs.listed),
    )


def _readable(work: Work) -> str:
    """The step's file as uv can read it. PowerShell writes UTF-16 and editors latin-1, which pip reads and uv
    does not; and pip has options that uv has not. If one of the files needs it, all are copied.
    """
    manifest = work.inputs.manifest
    if manifest is None or manifest.kind != "requirements":
        return work.step.path
    own = [p for p in manifest.files if p in work.inputs.files and not p.endswith((".py", ".cfg"))]
    decoded = {path: decode(work.inputs.files[path]) for path in own}
    folder = work.environment.prefix / _COPIES
    texts = {
        path: in_uvs_words(decoded[path].text, _located(work.project, folder, path, own)) for path in own
    }
    plain = all(text.encoding.startswith("utf-8") and not _links(text.text) for text in decoded.values())
    if plain and not any(notes for _, notes in texts.values()):
        return work.step.path
    for path, (text, _) in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / path, text.encode())
    return str(folder / work.step.path)


def _links(text: str) -> bool:
    """Whether it names folders of wheels as pip reads them: without `./`."""
    return "--find-links" in text or any(line.lstrip().startswith("-f") for line in text.splitlines())


def _located(project: Path, copies: Path, path: str, own: list[str]) -> Callable[[str, bool], str]:
    """Where what a file names is: an included file among the copies, all else where it was."""

    def locate(place: str, included: bool) -> str:
        inside = join(folder_of(path), place)
        if included and inside in own:
            return str(copies / inside)
        beside = Path(os.path.normpath(project / folder_of(path) / place))
        return str(beside if beside.exists() else Path(os.path.normpath(project / place)))

    return locate
