"""Which function performs which kind of step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webstead.build.installers.conda import install_conda
from webstead.build.installers.custom import run_own_command
from webstead.build.installers.environment import make_environment
from webstead.build.installers.locked import lock_installer
from webstead.build.installers.metadata import write_metadata
from webstead.build.installers.overlay import install_overlay
from webstead.build.installers.pylock import install_pylock
from webstead.build.installers.requirements import install_requirements
from webstead.build.installers.stated import install_stated
from webstead.build.installers.uv_lock import sync_lock
from webstead.build.installers.vendored import use_vendored
from webstead.build.installers.work import Work

__all__ = ["INSTALLERS"]

INSTALLERS: Mapping[str, Callable[[Work], None]] = {
    "environment": make_environment,
    "lock": sync_lock,
    "poetry.lock": lock_installer("poetry.lock"),
    "pdm.lock": lock_installer("pdm.lock"),
    "pipfile.lock": lock_installer("pipfile.lock"),
    "pylock": install_pylock,
    "requirements": install_requirements,
    "pyproject": install_stated,
    "poetry": install_stated,
    "pipfile": install_stated,
    "setup": install_stated,
    "conda": install_conda,
    "vendored": use_vendored,
    "custom": run_own_command,
    "overlay": install_overlay,
    "metadata": write_metadata,
}
"""By the step's kind. A kind that is not here is no part of an environment. Each raises UvFailed, or
BuildError with words of its own."""
