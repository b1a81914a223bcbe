"""`/api/siteextensions` and `/api/extensionfeed`: what is installed beside a site, and what a feed offers
(reference 1.12).

An installation of a plain call is waited for. One that comes through Azure's resource manager goes on in the
background after 15 s; who asks for it then gets 201 until it has ended.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from webstead.errors import WebsteadError
from webstead.formats.nuget import id_fault
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.extension_items import (
    KINDS,
    ExtensionItem,
    item_of,
    item_of_status,
    offered_item,
)
from webstead.services.scm.extension_packages import fetched, from_feed, place_of, setting_of_feed
from webstead.services.scm.pushing import checked_url, pushed
from webstead.site.extensions.catalogue import find_installed, installed
from webstead.site.extensions.feed import Feed, latest, open_feed
from webstead.site.extensions.install import Source, Wanted, install, uninstall, version_of
from webstead.site.extensions.operation import code_of, status_of
from webstead.site.extensions.state import Kind, Status, has_restart, take_restart

__all__ = ["ROUTES"]

GRACE_SECONDS = 15.0
_RESTART = {"X-MS-SITE-OPERATION": "restart"}


def show_feed(
    site: OfSite,
    filter: str = "",  # noqa: A002 - Kudu's name in the query
    allowPrereleaseVersions: bool = False,
    feedUrl: str = "",
) -> Response:
    """The newest version of each package that the feed has: a folder of packages in the site's home, which
    feedUrl or the setting SCM_SITEEXTENSIONS_FEED_URL names. Galleries on the network are not asked: then the
    list is empty, and the header Warning says why."""
    feed = _feed(site, feedUrl)
    items = [offered_item(each, feed) for each in latest(feed, prereleases=allowPrereleaseVersions)]
    wanted = filter.lower()
    found = [each for each in items if wanted in f"{each.id}\n{each.title}\n{each.description}".lower()]
    warning = {"Warning": f'199 - "{feed.note}"'} if feed.note else {}
    return JSONResponse([each.model_dump(mode="json") for each in found], headers=warning)


def show_offered(
    site: OfSite,
    id: str,  # noqa: A002 - the name in the path
    version: str = "",
    feedUrl: str = "",
) -> ExtensionItem:
    """A package of the feed: this version of it, else the newest."""
    feed = _feed(site, feedUrl)
    return offered_item(from_feed(feed, Wanted(id, version)), feed)


def show_all(site: OfSite, filter: str = "", checkLatest: bool = True) -> list[ExtensionItem]:  # noqa: A002
    """All that is installed."""
    feed = _known_feed(site) if checkLatest else None
    there = [each for each in installed(site.home) if each.matches(filter)]
    return [item_of(site.home, each, _status(site, each.nuspec.id), feed) for each in there]


def show(site: OfSite, id: str) -> Response:  # noqa: A002 - the name in the path
    """One of them, and how the last operation on it goes or ended. Through Azure's resource manager it is 201
    while one runs; the first answer afterwards may ask for a restart of the site, once."""
    item, status = _item(site, id)
    if status is not None and status.runs:
        return _answer(item, 201 if site.asked.arm else 200)
    if site.asked.arm is None:
        if item.version is None:
            raise _missing(id, item.comment or "")
        return _answer(item)
    return _answer(item, headers=_RESTART if take_restart(site.home, item.id) else None)


async def put(
    site: OfSite,
    request: Request,
    id: str,  # noqa: A002 - the name in the path
    version: str = "",
    type: str = "",  # noqa: A002 - Kudu's name
    installer_command_line_params: str = "",
) -> Response:
    """Install a package, or put another version in its place, also an older one. The body is the package
    itself; or JSON that names its address (packageUri), or its version in a feed; or nothing: then it is the
    newest of the feed. Whatever fails, what was installed before is installed afterwards."""
    if fault := id_fault(id):
        raise ApiError(400, "This cannot be the id of an extension.", found=f"{id[:100]!r}: {fault}")
    wanted = Wanted(id, version, _kind(type), installer_command_line_params)
    place = await run_in_threadpool(place_of, site)
    has_body = (
        request.headers.get("content-length") not in (None, "0") or "transfer-encoding" in request.headers
    )
    body = await pushed(site, request) if has_body else {}
    order = _order(site, wanted, body)
    if order.owned is None and await run_in_threadpool(_is_there, site, order.wanted):
        return _answer((await run_in_threadpool(_item, site, id))[0])

    begun = threading.Event()

    def work() -> None:
        try:
            install(place, order.wanted, order.obtain, begun.set)
        finally:
            begun.set()
            if order.owned is not None:
                order.owned.unlink(missing_ok=True)
            _look_for_jobs(site)

    return await (_begun(site, id, work, begun) if site.asked.arm else _done(site, id, work))


async def delete(site: OfSite, id: str) -> Response:  # noqa: A002 - the name in the path
    """Take it away, with its files. `true` to a plain call; 204 through Azure's resource manager, whose
    clients take nothing else."""
    place = await run_in_threadpool(place_of, site)
    try:
        await site.context.background.call(f"extension {id}", lambda: uninstall(place, id))
    except WebsteadError as error:
        raise _told(error, id) from None
    finally:
        _look_for_jobs(site)
    return Response(status_code=204) if site.asked.arm else JSONResponse(True)


@dataclass(frozen=True, slots=True)
class _Order:
    """owned: a file that is removed afterwards."""

    wanted: Wanted
    obtain: Callable[[], Source]
    owned: Path | None = None


def _order(site: SiteContext, wanted: Wanted, body: Path | dict[str, Any]) -> _Order:
    """What a body asks for. Raises ApiError."""
    if isinstance(body, Path):
        return _Order(wanted, lambda: Source(body, f"The package of {wanted.id}"), body)
    wanted = replace(
        wanted,
        version=_text(body, "version") or wanted.version,
        kind=_kind(body.get("type")) if body.get("type") is not None else wanted.kind,
        arguments=_text(body, "installer_command_line_params") or wanted.arguments,
    )
    if address := _text(body, "packageUri"):
        url = checked_url(address)
        file = site.context.temporary / f"fetched-{uuid.uuid4().hex}"
        return _Order(wanted, lambda: fetched(url, file), file)
    place = _text(body, "feed_url")

    def offered() -> Source:
        feed = _feed(site, place)
        found = from_feed(feed, wanted)
        return Source(found.file, found.file.name, feed=feed.place)

    return _Order(wanted, offered)


def _is_there(site: SiteContext, wanted: Wanted) -> bool:
    """Whether just this version is installed, so that no feed has to be asked."""
    there = find_installed(site.home, wanted.id)
    if there is None or there.settings is None or not wanted.version:
        return False
    asked = (version_of(wanted.version), wanted.kind, wanted.arguments)
    return asked == (there.nuspec.version, there.settings.kind, there.settings.arguments)


async def _done(site: SiteContext, extension: str, work: Callable[[], None]) -> Response:
    try:
        await site.context.background.call(f"extension {extension}", work)
    except WebsteadError as error:
        raise _told(error, extension) from None
    return _answer((await run_in_threadpool(_item, site, extension))[0])


async def _begun(
    site: SiteContext, extension: str, work: Callable[[], None], begun: threading.Event
) -> Response:
    """The end, when it comes soon and the site need not be restarted; else 201, and the client asks again:
    then its status is there already. begun: when that is so, or nothing comes of it."""
    working = asyncio.wrap_future(site.context.background.start(f"extension {extension}", work))
    await run_in_threadpool(begun.wait)
    ended, _ = await asyncio.wait([working], timeout=GRACE_SECONDS)
    if ended and (error := working.exception()) is not None:
        raise _told(error, extension) if isinstance(error, WebsteadError) else error
    item, _ = await run_in_threadpool(_item, site, extension)
    if ended and not has_restart(site.home, item.id):
        return _answer(item)
    return _answer(item.model_copy(update={"provisioningState": "Created"}), 201)


def _item(site: SiteContext, extension: str) -> tuple[ExtensionItem, Status | None]:
    """Raises ApiError 404 for one that nobody has ever asked for."""
    there = find_installed(site.home, extension)
    status = _status(site, extension if there is None else there.nuspec.id)
    if there is not None:
        return item_of(site.home, there, status, _known_feed(site)), status
    if status is None:
        raise _missing(extension, "")
    return item_of_status(status), status


def _status(site: SiteContext, extension: str) -> Status | None:
    return status_of(site.home, extension, site.context.temporary, site.context.clock)


def _feed(site: SiteContext, place: str) -> Feed:
    return open_feed(site.home, place or setting_of_feed(site))


def _known_feed(site: SiteContext) -> Feed | None:
    """None where the setting names none that can be read: the list is shown all the same."""
    try:
        return _feed(site, "")
    except WebsteadError:
        return None


def _look_for_jobs(site: SiteContext) -> None:
    if site.context.jobs is not None:
        site.context.jobs.look()


def _kind(value: object) -> Kind:
    """A number or a name. Raises ApiError."""
    for number, name in enumerate(KINDS):
        if value in ("", number, str(number)) or (isinstance(value, str) and value.lower() == name.lower()):
            return name
    raise ApiError(
        400, "There is no such type of extension.", found=repr(value)[:100], fix="Gallery or WebRoot."
    )


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise ApiError(400, f"{name} is no text.", found=type(value).__name__)


def _answer(item: ExtensionItem, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(item.model_dump(mode="json"), status, headers)


def _missing(extension: str, comment: str) -> ApiError:
    return ApiError(
        404,
        f"'{extension[:100]}' not found.",
        found=comment or "the site has no such extension",
        fix="See what it has: GET /api/siteextensions.",
    )


def _told(error: WebsteadError, extension: str) -> WebsteadError:
    """With what Kudu's clients look for in the body of a failed installation."""
    status = code_of(error)
    if status == 409 or isinstance(error, ApiError):
        return error
    comment = " ".join(filter(None, (error.what, error.found)))
    return ApiError(
        status,
        error.what,
        found=error.found,
        fix=error.fix,
        detail=error.detail,
        members={"id": extension, "provisioningState": "Failed", "comment": comment},
    )


_MISSING = {404: "There is no such extension"}
_FAILED = {
    **_MISSING,
    409: "Another operation on the site's extensions runs",
    413: "The JSON is too long",
    422: "It cannot be fetched, or its script fails: what was installed before is there",
    507: "The disk has no room",
}

ROUTES = (
    Route(
        *("GET", "/extensionfeed", show_feed, "read", "What the feed offers"),
        gives=list[ExtensionItem],
        at="api",
        arm=True,
    ),
    Route(
        *("GET", "/extensionfeed/{id}", show_offered, "read", "A package of the feed"),
        gives=ExtensionItem,
        others=_MISSING,
        at="api",
        arm=True,
    ),
    Route(
        *("GET", "/siteextensions", show_all, "read", "The site's extensions"),
        gives=list[ExtensionItem],
        at="api",
        arm=True,
    ),
    Route(
        *("GET", "/siteextensions/{id}", show, "read", "An extension"),
        gives=ExtensionItem,
        others={**_MISSING, 201: "Through Azure's resource manager: it is being installed"},
        at="api",
        arm=True,
    ),
    Route(
        *("PUT", "/siteextensions/{id}", put, "files", "Install an extension"),
        gives=ExtensionItem,
        takes="application/octet-stream",
        optional=True,
        others={**_FAILED, 201: "Through Azure's resource manager: it is being installed"},
        at="api",
        arm=True,
        example={"packageUri": "https://example.org/hello.1.0.0.nupkg"},
    ),
    Route(
        *("DELETE", "/siteextensions/{id}", delete, "files", "Remove an extension"),
        gives=bool,
        others={**_FAILED, 204: "Through Azure's resource manager"},
        at="api",
        arm=True,
    ),
)
