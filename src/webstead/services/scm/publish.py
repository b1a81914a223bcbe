"""`/api/publish`, OneDeploy: a file for a place that its type names (reference 1.5)."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from webstead.errors import UsageError
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.pushing import accept, checked_url, in_progress, perform, pushed
from webstead.site.deploy.model import Published, Source, Url, Zip
from webstead.site.deploy.model import Request as Deployment
from webstead.site.deploy.onedeploy import placed, published_clean

__all__ = ["ROUTES", "Wish"]

_PLACEHOLDER = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Nothing is deployed here</title>
<body style="font: 1.1rem/1.5 system-ui; max-width: 40rem; margin: 15vh auto; padding: 0 1rem">
<h1>Nothing is deployed here</h1><p>The site runs, and waits for its content.</p>
"""


class Wish(BaseModel):
    """The query; through the resource manager the same stands in the body. clean: by the type when it is
    left out. build: whether to build; by the settings when it is left out. What else clients send, as
    `deployer`, is passed over."""

    type: str = ""
    is_async: bool = Field(default=False, alias="async")
    path: str = ""
    restart: bool = True
    clean: bool | None = None
    ignoreStack: bool = False
    trackDeploymentProgress: bool = False
    reset: bool = False
    message: str = "OneDeploy"
    build: bool | None = None


async def publish(site: OfSite, request: Request, wish: Annotated[Wish, Query()]) -> Response:
    """The body is the file, or `{"packageUri": "https://…"}`. type: zip, static, startup, script or lib."""
    await run_in_threadpool(in_progress, site)
    if site.asked.arm is None:
        _check(site, wish)
    if _resets(wish):
        return await _reset(site, wish)
    body = await pushed(site, request)
    if isinstance(body, Path):
        return await _deploy(site, wish, _received(site, wish, body), clean=_clean(wish))
    wish = _merged(wish, body) if site.asked.arm else wish
    if _resets(wish):
        return await _reset(site, wish)
    _check(site, wish)
    return await _deploy(site, wish, _fetched(site, wish, body), clean=_clean(wish))


def _resets(wish: Wish) -> bool:
    return wish.reset and not wish.type


async def _reset(site: SiteContext, wish: Wish) -> Response:
    file = await run_in_threadpool(_emptied, site.context.temporary)
    return await _deploy(site, wish, Zip(file), clean=True)


async def _deploy(site: SiteContext, wish: Wish, source: Source, *, clean: bool) -> Response:
    wanted = Deployment(
        site=site.name,
        source=source,
        deployer="OneDeploy",
        message=wish.message,
        clean=clean,
        restart=wish.restart,
        build=wish.build,
    )
    perform_it = accept if wish.is_async else perform
    return await perform_it(site, wanted, track=wish.trackDeploymentProgress)


def _check(site: SiteContext, wish: Wish) -> None:
    """Before anything is uploaded or fetched. Raises ApiError 400."""
    if not _resets(wish):
        _source(site, wish, Path())


def _source(site: SiteContext, wish: Wish, file: Path) -> Zip | Published:
    try:
        return placed(site.home, wish.type, wish.path, file, clean=wish.clean)
    except UsageError as error:
        raise ApiError(400, error.what, shape="string") from None


def _received(site: SiteContext, wish: Wish, file: Path) -> Source:
    """What has no place goes."""
    try:
        return _source(site, wish, file)
    except ApiError:
        file.unlink()
        raise


def _clean(wish: Wish) -> bool:
    return published_clean(wish.type, wish.clean)


def _fetched(site: SiteContext, wish: Wish, body: dict[str, Any]) -> Source:
    """Of any type: it is fetched when the deployment begins."""
    url, place = checked_url(body.get("packageUri")), _source(site, wish, Path())
    if isinstance(place, Published):
        return Url(url, "file", published=place)
    return Url(url, "zip", path=place.path)


def _merged(wish: Wish, properties: dict[str, Any]) -> Wish:
    """Names in the resource manager's properties are without regard to case."""
    written = {
        (member.alias or name).lower(): member.alias or name for name, member in Wish.model_fields.items()
    }
    said = {written[name.lower()]: value for name, value in properties.items() if name.lower() in written}
    try:
        return Wish.model_validate({**wish.model_dump(by_alias=True), **said})
    except ValidationError:
        raise ApiError(400, "The properties cannot be used.", shape="string") from None


def _emptied(folder: Path) -> Path:
    """A zip of the page that says that nothing is there."""
    file = folder / f"reset-{uuid4().hex}"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hostingstart.html", _PLACEHOLDER)
    return file


ROUTES = (
    Route(
        "POST PUT",
        "/publish",
        publish,
        "deploy",
        "Publish a file",
        takes="application/octet-stream",
        others={
            202: "It has begun; Location says where to ask",
            409: "A deployment runs, or the site runs from a package elsewhere",
            413: "The JSON is too long",
            422: "The site cannot be built, or does not start: the release before goes on serving",
            507: "The disk has no room",
        },
    ),
)
