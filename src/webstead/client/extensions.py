"""Site extensions, over `/api/siteextensions` (reference 1.12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from webstead.client.api import Api
from webstead.client.own import is_own
from webstead.client.reading import Fields, fields_of, items_of
from webstead.errors import RemoteError

__all__ = ["Extension", "install_extension", "list_extensions", "remove_extension"]

_SECONDS = 3600.0
"""The answer comes when the package is installed; the server ends a script that stays silent."""


@dataclass(frozen=True, slots=True)
class Extension:
    """state: as `Succeeded`. comment: what is to be known of the last operation. path: on the server.
    installed: None where nobody knows."""

    id: str
    title: str
    version: str
    state: str
    comment: str
    path: str
    installed: datetime | None

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "title": self.title,
            "version": self.version,
            "state": self.state,
            "comment": self.comment,
            "path": self.path,
            "installed": None if self.installed is None else self.installed.isoformat(),
        }


def list_extensions(site: Api) -> tuple[Extension, ...]:
    """By id."""
    return tuple(map(_extension, items_of(site.get("/api/siteextensions"), "the list of extensions")))


def install_extension(
    site: Api, extension: str, content: Iterable[bytes], size: int, arguments: str
) -> Extension:
    """Send a package; it is installed when this returns. extension: its id. content: its bytes, of that size.
    arguments: of its install script. Raises RemoteError, and what the server tells; of a Kudu before anything
    is sent: it takes no package, and would install whatever its gallery has by that id."""
    if not is_own(site):
        raise RemoteError(
            "This server is a Kudu, as App Service has it: it takes no package from a file.",
            found=site.place.words,
            fix='Let it fetch the package: PUT /api/siteextensions/ID with {"packageUri": "https://…"}.',
        )
    site.send(
        "PUT",
        _path(extension),
        query={"installer_command_line_params": arguments} if arguments else {},
        content=content,
        headers={"Content-Type": "application/octet-stream", "Content-Length": f"{size}"},
        seconds=_SECONDS,
    )
    return _extension(fields_of(site.get(_path(extension)), "the extension"))


def remove_extension(site: Api, extension: str) -> None:
    site.ask("DELETE", _path(extension), seconds=_SECONDS)


def _path(extension: str) -> str:
    return f"/api/siteextensions/{quote(extension, safe='')}"


def _extension(fields: Fields) -> Extension:
    return Extension(
        id=fields.needed("id"),
        title=fields.text("title"),
        version=fields.text("version"),
        state=fields.text("provisioningState"),
        comment=fields.text("comment"),
        path=fields.text("local_path"),
        installed=fields.time("installed_date_time"),
    )
