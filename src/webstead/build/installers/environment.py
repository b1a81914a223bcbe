"""The environment itself, still without packages; with pip where commands of the user's own will run."""

from __future__ import annotations

from webstead.build.installers.work import Work

__all__ = ["make_environment"]


def make_environment(work: Work) -> None:
    seed = "pip" in work.step.words
    work.uv.make_environment(work.interpreter.base, work.environment.prefix, seed=seed)
