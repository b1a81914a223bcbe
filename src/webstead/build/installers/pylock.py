"""Packages that a pylock.toml (PEP 751) fixes. uv reads it itself."""

from __future__ import annotations

from webstead.build.installers.work import Work

__all__ = ["install_pylock"]


def install_pylock(work: Work) -> None:
    work.uv.install_pylock(work.environment.python, work.step.path, refresh=work.inputs.copied)
