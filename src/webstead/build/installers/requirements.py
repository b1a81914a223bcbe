"""Packages that uv reads from the project's file itself: requirements.txt, pyproject.toml (PEP 621)."""

from __future__ import annotations

from webstead.build.installers.work import Work
from webstead.effects.files import write_atomically
from webstead.project.manifests import pinned_names
from webstead.project.text import decode

__all__ = ["install_requirements"]


def install_requirements(work: Work) -> None:
    work.uv.install_requirements(
        work.environment.python,
        _readable(work),
        refresh=work.inputs.copied,
        pinned=pinned_names(work.inputs.listed),
    )


def _readable(work: Work) -> str:
    """The step's file as uv can read it: PowerShell writes requirements in UTF-16, which pip reads and uv
    does not.
    """
    decoded = decode(work.inputs.files[work.step.path])
    if decoded.encoding.startswith("utf-8"):
        return work.step.path
    copy = work.environment.prefix / "webstead-requirements.txt"
    write_atomically(copy, decoded.text.encode())
    return str(copy)
