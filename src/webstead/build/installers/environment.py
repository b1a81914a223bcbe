"""The environment itself, still without packages."""

from __future__ import annotations

from webstead.build.installers.work import Work

__all__ = ["make_environment"]


def make_environment(work: Work) -> None:
    work.uv.make_environment(work.interpreter.base, work.environment.prefix)
