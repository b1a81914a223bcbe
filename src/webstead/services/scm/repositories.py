"""`/git/{path}`: any repository below the site's home, by git itself (reference 1.14). A push deploys
nothing.

git reads the configuration of such a repository, which may name programs: it runs as the site's user, and
asks for what a command asks for.
"""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import Request as HttpRequest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.files.paths import path_in
from webstead.services.routes import Route
from webstead.services.scm.git_process import NOT_CACHED, Streamed, passed, refs_answer, smart, started
from webstead.services.surroundings import confinement_of
from webstead.site.deploy.repository import Repository

__all__ = ["ROUTES"]


async def refs(site: OfSite, path: str, request: HttpRequest, service: str = "") -> Response:
    """The refs of the repository, for a fetch or a push."""
    smart(service)
    repository = await run_in_threadpool(_found, site, path)
    return await refs_answer(request, repository, service)


async def upload_pack(site: OfSite, path: str, request: HttpRequest) -> Response:
    """What a fetch or a clone asks for."""
    return await _answer(site, path, request, "upload-pack")


async def receive_pack(site: OfSite, path: str, request: HttpRequest) -> Response:
    """A push. The site's own repository is pushed to as `/NAME.git`."""
    return await _answer(site, path, request, "receive-pack")


async def _answer(site: SiteContext, path: str, request: HttpRequest, service: str) -> Response:
    repository = await run_in_threadpool(_found, site, path)
    process = await started(request, repository, service)
    kind = f"application/x-git-{service}-result"
    return Streamed(passed(process, request), media_type=kind, headers=NOT_CACHED)


def _found(site: SiteContext, path: str) -> Repository:
    """A bare repository, or the `.git` of a working copy. Links lead where they lead within the home. Raises
    ApiError 404, StartError."""
    root = os.path.realpath(site.home.root)
    for folder in (site.home.root.joinpath(*path_in(path).parts), Path(path_in(path).text, ".git")):
        real = Path(os.path.realpath(site.home.root / folder))
        if not real.is_relative_to(root) or not (real / "HEAD").is_file() or not (real / "objects").is_dir():
            continue
        if real == Path(os.path.realpath(site.home.repository)):
            break  # a push to it would move a branch that is not deployed
        return Repository(site.home, real, confinement_of(site.context, site.record))
    raise ApiError(
        404,
        f"There is no repository {path[:200]}.",
        fix=f"Make it: git init --bare {path[:200]}. The site's own is {site.url(f'/{site.name}.git')}",
    )


_OTHERS = {403: "Not git's smart protocol.", 404: "No such repository."}
_MISSING = {404: "No such repository."}

ROUTES = (
    Route(
        "GET",
        "/git/{path:path}/info/refs",
        refs,
        scope="files",
        summary="The refs of a repository below the home, for git",
        media="application/x-git-upload-pack-advertisement",
        others=_OTHERS,
        at="root",
    ),
    Route(
        "POST",
        "/git/{path:path}/git-upload-pack",
        upload_pack,
        scope="files",
        summary="A fetch or a clone of a repository below the home",
        takes="application/x-git-upload-pack-request",
        media="application/x-git-upload-pack-result",
        others=_MISSING,
        at="root",
    ),
    Route(
        "POST",
        "/git/{path:path}/git-receive-pack",
        receive_pack,
        scope="files",
        summary="A push to a repository below the home: it deploys nothing",
        takes="application/x-git-receive-pack-request",
        media="application/x-git-receive-pack-result",
        others=_MISSING,
        at="root",
    ),
)
