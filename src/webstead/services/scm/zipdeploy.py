"""`/api/zipdeploy`: a zip becomes the site (reference 1.4)."""

from __future__ import annotations

from pathlib import Path
from shutil import disk_usage
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from webstead.errors import WebsteadError
from webstead.services.bodies import json_body
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.pushing import Pushed, accept, checked_url, in_progress, perform, pushed
from webstead.services.uploads import SPARE
from webstead.services.wire import Answer
from webstead.site.deploy.model import Request as Deployment
from webstead.site.deploy.model import Source, Url, Zip
from webstead.site.releases.partial import check_base

__all__ = ["ROUTES"]


class Wish(BaseModel):
    """The query. build: whether to build; by the settings when it is left out. folder: the zip is a folder,
    packed for the way: it is built, unless the settings say otherwise. base: the release whose files the zip
    leaves out where they have not changed; it lists them in its entry `.webstead-unchanged`."""

    isAsync: bool = False
    author: str = ""
    authorEmail: str = ""
    deployer: str = "ZipDeploy"
    message: str = "Created via a push deployment"
    trackDeploymentProgress: bool = False
    clean: bool = False
    build: bool | None = None
    folder: bool = False
    base: str = ""


class Verdict(Answer):
    """result: in words."""

    result: str


async def deploy(site: OfSite, request: Request, wish: Annotated[Wish, Query()]) -> Response:
    """The body is the zip, or `{"packageUri": "https://…", "targetPath": "…"}`. What is served changes when
    all has gone well, or not at all. isAsync: answer at once; Location says where it is asked for."""
    await run_in_threadpool(in_progress, site)
    if wish.base:
        await run_in_threadpool(check_base, site.home, wish.base)
    body = await pushed(site, request)
    wanted = Deployment(
        site=site.name,
        source=_source(body, wish),
        deployer=wish.deployer,
        author=wish.author,
        author_email=wish.authorEmail,
        message=wish.message,
        clean=wish.clean,
        build=wish.build,
    )
    if wish.isAsync:
        return await accept(site, wanted, track=wish.trackDeploymentProgress)
    return await perform(site, wanted, track=wish.trackDeploymentProgress)


def validate(
    site: OfSite,
    body: Annotated[object, Depends(json_body)],
    zipLanguage: str = "",
    zipIs64Bit: str = "",
) -> Response:
    """Whether a deployment could be taken now: the lock, the settings, the room on the disk."""
    try:
        if isinstance(body, dict) and "packageUri" in body:
            checked_url(body["packageUri"])
        in_progress(site)
        _check_disk(site)
    except WebsteadError as error:
        words = " ".join(filter(None, (error.what, error.found, error.fix)))
        return JSONResponse(Verdict(result=words).model_dump(), 400)
    return JSONResponse(Verdict(result="A deployment can be taken.").model_dump())


def _check_disk(site: SiteContext) -> None:
    free = disk_usage(site.context.temporary).free
    if free < SPARE:
        raise ApiError(507, "The disk is nearly full.", found=f"{free >> 20} MB are free")


def _source(body: Pushed, wish: Wish) -> Source:
    if isinstance(body, Path):
        return Zip(body, folder=wish.folder, base=wish.base)
    return Url(checked_url(body.get("packageUri")), "zip", path=str(body.get("targetPath") or ""))


_OTHERS = {
    202: "It has begun; Location says where to ask",
    409: "A deployment runs, the site runs from a package elsewhere, or it does not have what was left out",
    413: "The JSON is too long",
    422: "The site cannot be built, or does not start: the release before goes on serving",
    507: "The disk has no room",
}
ROUTES = (
    Route(
        "POST PUT",
        "/zipdeploy",
        deploy,
        "deploy",
        "Deploy a zip",
        takes="application/zip",
        others=_OTHERS,
    ),
    Route(
        "POST",
        "/zipdeploy/validate",
        validate,
        "deploy",
        "Could a zip be deployed?",
        gives=Verdict,
        takes="application/json",
        optional=True,
        example={"packageUri": "https://packages.example.org/shop.zip"},
    ),
)
