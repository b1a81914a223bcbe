"""What was sent, as the folder of a release: gathered, and the part of it that is the site in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from webstead.effects.plain_files import read_up_to
from webstead.site.deploy.gather import Gathered, gather
from webstead.site.deploy.settings import LARGEST_DEPLOYMENT_FILE, merged, read_deployment_file, value_of
from webstead.site.deploy.tree import arrange, checked_path
from webstead.site.deploy.work import Work

__all__ = ["Received", "receive"]


@dataclass(frozen=True, slots=True)
class Received:
    """settings: merged, with those of the `.deployment` that came along."""

    gathered: Gathered
    settings: dict[str, str]


def receive(work: Work) -> Received:
    """Fill `work.folder`. Raises as `gather`, and UsageError for settings that lead out of what was sent."""
    gathered = gather(work)
    settings = merged(work.scm, work.app, _deployment_file(work.raw))
    gathered = _arranged(work, gathered, settings)
    work.raw.rename(work.folder)
    return Received(gathered, settings)


def _deployment_file(folder: Path) -> dict[str, str]:
    """A link in its place is none: what was sent says where it leads."""
    try:
        return read_deployment_file(read_up_to(folder / ".deployment", LARGEST_DEPLOYMENT_FILE + 1))
    except OSError:
        return {}


def _arranged(work: Work, gathered: Gathered, settings: dict[str, str]) -> Gathered:
    if gathered.partial:
        return gathered
    project = checked_path(value_of(settings, "PROJECT"), "The setting PROJECT")
    target = checked_path(value_of(settings, "SCM_TARGET_PATH"), "The setting SCM_TARGET_PATH")
    if not project and not target:
        return gathered
    brought = arrange(work.raw, gathered.brought, project, target)
    return replace(gathered, brought=brought, listed=brought)
