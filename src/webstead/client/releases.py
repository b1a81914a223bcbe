"""Releases: the versions of a site that are kept, and going back to one. Kudu has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webstead.client.api import Api
from webstead.client.own import own
from webstead.client.reading import Fields, fields_of, items_of
from webstead.errors import RemoteError

__all__ = ["Known", "Release", "known_files", "list_releases", "roll_back"]

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


@dataclass(frozen=True, slots=True)
class Known:
    """What a release has of a file."""

    size: int
    crc32: int
    executable: bool


def known_files(site: Api) -> tuple[str, dict[str, Known]]:
    """The release that serves, and the files of it that need not be sent again, by path; ("", {}) where there
    is none, or the server has no such answer."""
    try:
        found = fields_of(site.get("/api/releases/current/files"), "the files of the release")
    except RemoteError as error:
        if error.status in (404, 405):
            return "", {}
        raise
    files = items_of(found.members.get("files"), "the files of the release")
    return found.needed("release"), {each.needed("path"): _known(each) for each in files}


def _known(fields: Fields) -> Known:
    return Known(fields.number("size"), fields.number("crc32"), fields.flag("executable"))


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
