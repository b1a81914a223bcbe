"""The step of a conda environment, whose Python is one of its packages."""

from __future__ import annotations

import re

from webstead.plan.model import InstallStep, PythonChoice
from webstead.project.evidence import Evidence
from webstead.project.manifests import Manifest

__all__ = ["ANY_PYTHON", "conda_step"]

ANY_PYTHON = ">=3.9"
"""What the gateway runs on: asked for where nothing names a Python."""

_EXACT = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


def conda_step(manifest: Manifest, python: PythonChoice) -> InstallStep:
    """words: what is asked of conda besides what the file says: the plan's Python, so that there is one."""
    evidence = (Evidence(manifest.path, 0, manifest.why),)
    locked = bool(manifest.locked)
    words = () if locked else _asked(python.version)
    summary = f"packages locked in {manifest.path}" if locked else f"conda environment of {manifest.path}"
    return InstallStep("conda", summary, manifest.path, words, manifest.files, evidence)


def _asked(version: str) -> tuple[str, ...]:
    """In conda's language; nothing for an interpreter's path."""
    if _EXACT.fullmatch(version):
        return (f"python={version}",)
    return (f"python{version}",) if version[:1] in "<>=!~" else ()
