"""Packages that a project's file states in words of its own: they are given to uv as a requirements file,
or, where only the project's build backend can tell them, uv asks that.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from webstead.build.installers.requirements import install_requirements
from webstead.build.installers.work import Work
from webstead.build.uv import index_variables
from webstead.effects.files import DiskTree, remove_tree, write_atomically
from webstead.project.manifests import pinned_names
from webstead.project.tree import IGNORED_FOLDERS

__all__ = ["install_stated"]

MAX_COPIED_BYTES = 1 << 20  # of one file: what a backend reads for metadata is text

VERSION_VARIABLES = {
    "HATCH_VCS_PRETEND_VERSION": "0",
    "PBR_VERSION": "0",
    "PDM_BUILD_SCM_VERSION": "0",
    "POETRY_DYNAMIC_VERSIONING_BYPASS": "0",
    "SETUPTOOLS_SCM_PRETEND_VERSION": "0",
    "UV_DYNAMIC_VERSIONING_BYPASS": "0",
}
"""Backends that ask git for the version: there is no repository, and dependencies do not follow from it."""


def install_stated(work: Work) -> None:
    """Raises UvFailed."""
    manifest = work.inputs.manifest
    if manifest is not None and manifest.computed:
        _install_computed(work)
    elif manifest is None or manifest.lines is None:
        install_requirements(work)
    elif manifest.lines:
        file = work.environment.prefix / "webstead-requirements.txt"
        write_atomically(file, "\n".join([*manifest.lines, ""]).encode())
        pinned = pinned_names(work.inputs.listed)
        variables = index_variables(work.step.path, manifest.indexes, work.environ, hashed=False)
        work.uv.install_requirements(
            work.environment.python,
            str(file),
            refresh=work.inputs.copied,
            pinned=pinned,
            variables=variables,
        )


def _install_computed(work: Work) -> None:
    """The backend runs in a copy: some write beside what they read."""
    copy = work.environment.prefix / "webstead-metadata"
    try:
        _copy_text(work.project, copy)
        file = str(copy / work.step.path)
        variables = {name: value for name, value in VERSION_VARIABLES.items() if name not in work.environ}
        work.uv.install_requirements(work.environment.python, file, refresh=True, variables=variables)
    finally:
        remove_tree(copy)


def _copy_text(project: Path, copy: Path) -> None:
    for stamp in DiskTree(project, IGNORED_FOLDERS).stamps():
        if stamp.size <= MAX_COPIED_BYTES:
            target = copy / stamp.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project / stamp.path, target)
