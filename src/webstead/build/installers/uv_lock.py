"""Packages that a uv.lock fixes."""

from __future__ import annotations

from webstead.build.installers.work import Work

__all__ = ["sync_lock"]


def sync_lock(work: Work) -> None:
    folder = (work.project / work.step.path).parent
    environment = work.environment
    member = work.step.words[0] if work.step.words else None
    work.uv.sync_lock(
        environment.python, folder, environment.prefix, refresh=work.inputs.copied, member=member
    )
