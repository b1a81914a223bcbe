"""`/api/zip/{path}`: a folder of the site's home as a zip, and a zip over a folder (reference 1.3)."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.files.archive import ZIP, zip_answer
from webstead.services.files.paths import PathText, check_writable, not_found, path_in, redirected
from webstead.services.routes import Route
from webstead.services.scm.pushing import pushed
from webstead.services.wire import Json
from webstead.settings import Secret
from webstead.site.deploy.fetch import download
from webstead.site.files.change import look
from webstead.site.files.packing import Branch
from webstead.site.files.paths import FilePath
from webstead.site.files.unpacking import unpack_over

__all__ = ["ROUTES", "to_folder", "unzip", "zipped"]


def zipped(site: OfSite, path: PathText, fileName: str = "") -> Response:
    """All that lies in the folder; empty folders are entries. It is made while it is sent. fileName: what the
    client is told to name it."""
    asked = path_in(path)
    if look(site.home.root, asked).kind != "folder":
        raise not_found(site, asked)
    if not asked.slash:
        return redirected(site, slash=True)
    name = fileName or f"{asked.parts[-1] if asked.parts else site.name}.zip"
    try:
        return zip_answer(site.home.root, [Branch(asked.parts)], name)
    except OSError:
        raise not_found(site, asked) from None


async def unzip(site: OfSite, request: Request, path: PathText) -> Response:
    """Unpack a zip over the folder: nothing that is there is removed. A folder that is missing is made when
    the address ends in `/`. With JSON, `{"packageUri": address, "path": folder in it}`, whatever its content
    type says, the zip is fetched. An archive that is damaged, or that would write elsewhere, is refused
    before anything changes."""
    asked = path_in(path)
    await run_in_threadpool(check_writable, site, asked)
    kind = (await run_in_threadpool(look, site.home.root, asked)).kind
    if kind == "file" or (kind == "missing" and not asked.slash):
        raise not_found(site, asked)
    body = await pushed(site, request)
    if isinstance(body, dict):
        return await _fetched(site, asked, body)
    await site.context.background.call("unzip", lambda: _unpacked(site, asked, body))
    return Response(status_code=200)


async def _fetched(site: SiteContext, asked: FilePath, given: dict[str, Any]) -> Response:
    address, below = given.get("packageUri"), given.get("path")
    if not isinstance(address, str) or not address or not isinstance(below, str | None):
        raise ApiError(
            400, "The JSON names no package.", fix='Send {"packageUri": "https://…", "path": "…"}.'
        )
    target = FilePath((*asked.parts, *path_in(below or "").parts), slash=True)
    file = site.context.temporary / f"fetched-{uuid.uuid4().hex}"

    def work() -> None:
        try:
            download(Secret(address), file)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        _unpacked(site, target, file)

    await site.context.background.call("unzip", work)
    if site.asked.arm is None:
        return Response(status_code=200)
    return Json({**given, "provisioningState": "Succeeded"})


def _unpacked(site: SiteContext, path: FilePath, file: Path) -> None:
    try:
        unpack_over(site.home.root, path.parts, file, site.context.temporary)
    except OSError as error:
        found = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
        raise ApiError(409, "The zip cannot be unpacked here.", found=found) from None
    finally:
        file.unlink(missing_ok=True)


def to_folder(site: OfSite) -> Response:
    """The home is a folder: its address ends in `/`."""
    return redirected(site, slash=True)


_FOLDER = "/zip/{path:path}"

ROUTES = (
    Route(
        "GET HEAD",
        _FOLDER,
        zipped,
        scope="files",
        summary="A folder as a zip",
        media=ZIP,
        others={307: "To the form with `/`", 404: "There is no such folder"},
    ),
    Route("GET HEAD", "/zip", to_folder, scope="files", summary="To the home's folder", status=307),
    Route(
        "PUT",
        _FOLDER,
        unzip,
        scope="files",
        summary="Unpack a zip over a folder",
        takes=ZIP,
        others={
            404: "There is no such folder",
            409: "A file has a folder's name in the zip, or a folder a file's",
            413: "The JSON is too long",
            507: "The disk has no room for it",
        },
        arm=True,
    ),
)
