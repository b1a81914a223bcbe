"""`/api/vfs/{path}`: the files of the site's home, one at a time (reference 1.2).

What comes to what is a table, in site/files/conditions.py. On Windows Kudu has two names more at the root,
`SystemDrive` and `LocalSiteRoot`; here they are files that are not there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webstead.front.ranges import Part
from webstead.front.validators import Conditions
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.files.paths import PathText, check_writable, named, not_found, path_in, redirected
from webstead.services.files.sending import FileSent, file_answer, validators
from webstead.services.routes import Route
from webstead.services.uploads import receive
from webstead.services.wire import Answer
from webstead.site.files.change import (
    Fixed,
    Removed,
    Written,
    known_at,
    look,
    put_file,
    put_folder,
    remove,
)
from webstead.site.files.conditions import Known, may_write, reading
from webstead.site.files.inside import Place, find, open_file
from webstead.site.files.listing import FOLDER_TYPE, Item, items, media_type
from webstead.site.files.paths import FilePath

__all__ = ["ROUTES", "VfsItem", "delete", "read", "to_folder", "write"]

NO_CONDITION = "The If-Match header is missing: to overwrite or delete a file, its current ETag is needed."
CHANGED = "The file has changed: its ETag is not the one that If-Match names."


class VfsItem(Answer):
    """size: bytes, 0 for a folder. mtime, crtime: with an offset. mime: `inode/directory` for a folder. href:
    its address, which of a folder ends in `/`. path: on the disk."""

    name: str
    size: int
    mtime: str
    crtime: str
    mime: str
    href: str
    path: str


def read(site: OfSite, request: Request, path: PathText) -> Response:
    """A file, or what a folder holds. A folder's address ends in `/`; the other form leads there. Of a file a
    Range may be asked for; an If-None-Match that names its ETag is answered with 304."""
    asked = path_in(path)
    head = request.method == "HEAD"
    try:
        with find(site.home.root, asked.parts) as place:
            return _read(site, request, asked, place, head=head)
    except OSError:  # not there, not readable, or led out of the home: told alike
        raise not_found(site, asked) from None


def _read(site: SiteContext, request: Request, path: FilePath, place: Place, *, head: bool) -> Response:
    known = known_at(place)
    outcome = reading(known, slash=path.slash, asked=_conditions(request))
    match outcome:
        case "missing":
            raise not_found(site, path)
        case "add slash" | "drop slash":
            return redirected(site, slash=outcome == "add slash")
        case "list":
            return _listing(site, path, place)
        case "unchanged":
            return Response(status_code=304, headers=validators(known))
        case "unsatisfiable":
            headers = {"Content-Range": f"bytes */{known.size}", **validators(known)}
            raise ApiError(416, "The file has none of the bytes that Range asks for.", headers=headers)
        case _:
            parts: tuple[Part, ...] = () if isinstance(outcome, str) else outcome
            return _file(place, parts, head=head)


def _file(place: Place, parts: tuple[Part, ...], *, head: bool) -> Response:
    """Of the file as it is opened: it may have been replaced since it was looked at."""
    descriptor = open_file(place)
    info = os.fstat(descriptor)
    now = Known("file", info.st_size, info.st_mtime_ns)
    held = tuple(part for part in parts if part.end <= now.size)
    return file_answer(descriptor, FileSent(now, media_type(place.name), held), head=head)


def _listing(site: SiteContext, path: FilePath, place: Place) -> Response:
    asked = site.asked
    base = f"{asked.base}{asked.raw_path}"
    query = f"?{asked.query}" if asked.query else ""
    folder = named(site, path)
    found = [_item(item, base, query, folder) for item in items(site.home.root, place)]
    return JSONResponse(found)


def _item(item: Item, base: str, query: str, folder: str) -> dict[str, str | int]:
    slash = "/" if item.is_folder else ""
    seconds = item.info.st_mtime
    return VfsItem(
        name=item.name,
        size=0 if item.is_folder else item.info.st_size,
        mtime=_time(seconds),
        crtime=_time(min(seconds, item.info.st_ctime)),
        mime=FOLDER_TYPE if item.is_folder else media_type(item.name),
        href=f"{base}{quote(os.fsencode(item.name), safe='')}{slash}{query}",
        path=f"{folder}/{item.name}",
    ).model_dump()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


async def write(site: OfSite, request: Request, path: PathText) -> Response:
    """Create a file with the body, or replace it, which needs its ETag in If-Match (or `*`). Folders on the
    way are made. An address that ends in `/` makes a folder. The file is the old or the new one, whole, also
    for an app that reads it meanwhile."""
    asked = path_in(path)
    await run_in_threadpool(check_writable, site, asked)
    if_match = _header(request, "if-match")
    known = await run_in_threadpool(look, site.home.root, asked)
    outcome = may_write(known, slash=asked.slash, if_match=if_match)
    if outcome not in ("make folder", "create", "replace"):
        return _written(Written(outcome, known))
    if outcome == "make folder":
        return _written(await _changed(lambda: put_folder(site.home.root, asked)))
    announced = int(text) if (text := request.headers.get("content-length", "")).isdecimal() else 0
    received = await receive(request.stream(), site.context.temporary, announced=announced)
    return _written(await _changed(lambda: _moved(site.home.root, asked, received, if_match)))


def _moved(root: Path, path: FilePath, received: Path, if_match: bytes | None) -> Written:
    try:
        with received.open("rb") as file:
            os.fsync(file.fileno())
        return put_file(root, path, received, if_match)
    finally:
        received.unlink(missing_ok=True)


async def _changed(change: Callable[[], Written]) -> Written:
    """Raises ApiError 409 with the system's words."""
    try:
        return await run_in_threadpool(change)
    except OSError as error:
        raise _conflict("written", error) from None


def _conflict(verb: str, error: OSError) -> ApiError:
    return ApiError(409, f"It cannot be {verb}.", found=str(error.strerror or error))


def _written(written: Written) -> Response:
    match written.outcome:
        case "make folder":
            return Response(status_code=201)
        case "create" | "replace":
            status = 201 if written.outcome == "create" else 204
            return Response(status_code=status, headers=validators(written.known))
        case "is folder":
            raise ApiError(409, "A folder or file of this name is there already.")
        case _:
            raise _unmatched(written.outcome, written.known)


def _unmatched(outcome: str, known: Known) -> ApiError:
    fix = f"Send If-Match: {known.etag} to change this version, or If-Match: * to change any."
    what = NO_CONDITION if outcome == "no condition" else CHANGED
    return ApiError(412, what, fix=fix, headers={"ETag": known.etag})


def delete(site: OfSite, request: Request, path: PathText, recursive: str = "") -> Response:
    """Remove a file, which needs its ETag in If-Match (or `*`), or a folder: one that is not empty only with
    `recursive=true`."""
    asked = path_in(path)
    check_writable(site, asked)
    everything = recursive.strip().lower() in ("true", "1")
    try:
        removed = remove(
            site.home,
            asked,
            site.context.temporary,
            if_match=_header(request, "if-match"),
            recursive=everything,
        )
    except (FileNotFoundError, NotADirectoryError):
        raise not_found(site, asked) from None
    except Fixed:
        raise _fixed(asked) from None
    except OSError as error:
        raise _conflict("removed", error) from None
    return _removed(site, asked, removed)


def _removed(site: SiteContext, path: FilePath, removed: Removed) -> Response:
    match removed.outcome:
        case "remove file" | "remove folder":
            return Response(status_code=200)
        case "missing":
            raise not_found(site, path)
        case "drop slash":
            return redirected(site, slash=False)
        case "not empty":
            raise ApiError(
                409, "The folder is not empty.", fix="Add ?recursive=true to remove all that is in it."
            )
        case _:
            raise _unmatched(removed.outcome, removed.known)


def _fixed(path: FilePath) -> ApiError:
    return ApiError(
        409,
        f"A site cannot be without /{path.text}.",
        found="It is part of every home, or the release that serves.",
        fix="Remove what is in it.",
    )


def to_folder(site: OfSite) -> Response:
    """The home is a folder: its address ends in `/`."""
    return redirected(site, slash=True)


def _conditions(request: Request) -> Conditions:
    return Conditions(
        if_none_match=_header(request, "if-none-match"),
        range=_header(request, "range"),
        if_range=_header(request, "if-range"),
    )


def _header(request: Request, name: str) -> bytes | None:
    values = request.headers.getlist(name)
    return ", ".join(values).encode("latin-1", "replace") if values else None


_ANY = "application/octet-stream"
_MISSING = {404: "There is no such file or folder"}
_FILES = "/vfs/{path:path}"

ROUTES = (
    Route(
        "GET HEAD",
        _FILES,
        read,
        scope="files",
        summary="A file, or what a folder holds",
        media=_ANY,
        others={
            206: "The parts that Range asks for",
            304: "It is the version that If-None-Match names",
            307: "To the form with, or without, `/`",
            416: "It has none of these bytes",
            **_MISSING,
        },
    ),
    Route("GET HEAD", "/vfs", to_folder, scope="files", summary="To the home's folder", status=307),
    Route(
        "PUT",
        _FILES,
        write,
        scope="files",
        summary="Create or replace a file, or make a folder",
        status=201,
        takes=_ANY,
        optional=True,
        others={
            204: "It was replaced",
            409: "A folder is there already, or the disk does not take it",
            412: "If-Match is missing, or names another version",
            507: "The disk has no room for it",
        },
    ),
    Route(
        "DELETE",
        _FILES,
        delete,
        scope="files",
        summary="Remove a file or a folder",
        others={
            307: "To the form without `/`",
            409: "The folder is not empty, or it is part of every home",
            412: "If-Match is missing, or names another version",
            **_MISSING,
        },
    ),
)
