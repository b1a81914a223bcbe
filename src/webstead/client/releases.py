"""Releases: the versions of a site that are kept, and going back to one. Kudu has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webstead.client.api import Api
from webstead.client.own import own
from webstead.client.reading import Fields, fields_of, items_of

__all__ = ["Release", "list_releases", "roll_back"]

_SECONDS = 300.0
"""A rollback waits for the instances that take over."""


@dataclass(frozen=True, slots=True)
class Release:
    """size: in bytes; None where it is not known. current: it serves now."""

    id: str
    deployment: str
    message: str
    deployer: str
    created: datetime | None
    current: bool
    size: int | None

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "deployment": self.deployment,
            "message": self.message,
            "deployer": self.deployer,
            "created": None if self.created is None else self.created.isoformat(),
            "current": self.current,
            "size": self.size,
        }


def list_releases(site: Api) -> tuple[Release, ...]:
    """Newest first."""
    with own("releases"):
        return tuple(map(_release, items_of(site.get("/api/releases"), "the list of releases")))


def roll_back(site: Api, release: str | None) -> Release:
    """To that release, or the one before the current. The release that is current now."""
    with own("releases to go back to"):
        answer = site.ask("POST", "/api/releases/rollback", {"release": release}, seconds=_SECONDS)
    return _release(fields_of(answer, "the release"))


def _release(fields: Fields) -> Release:
    size = fields.members.get("size")
    return Release(
        id=fields.needed("id"),
        deployment=fields.text("deployment"),
        message=fields.text("message"),
        deployer=fields.text("deployer"),
        created=fields.time("created"),
        current=fields.flag("current"),
        size=size if isinstance(size, int) else None,
    )
