"""`POST /deploy`: a repository tells that something was pushed to it, and it is fetched (reference 1.14)."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from webstead.errors import UsageError
from webstead.services.bodies import LONGEST_JSON, read_body
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.deferring import defer
from webstead.services.scm.git import branch_of
from webstead.services.scm.pushing import accept, perform
from webstead.services.scm.settings import setting_of
from webstead.site.deploy.model import Request as Deployment
from webstead.site.deploy.model import Url
from webstead.site.deploy.payloads import Fetch, Nothing, is_ci, read_payload

__all__ = ["ROUTES"]

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Wish(BaseModel):
    """The query."""

    isAsync: bool = False


async def deploy(site: OfSite, request: Request, wish: Annotated[Wish, Query()]) -> Response:
    """The push event of GitHub, GitLab or Bitbucket, as JSON or as the form's field `payload`; or
    `{"format": "basic", "url": "https://host/repository#commit"}`. A repository's own hook is answered at
    once."""
    payload = _payload(await read_body(request, LONGEST_JSON), request.headers.get("content-type", ""))
    automatic = is_ci(payload)
    if automatic and (await run_in_threadpool(setting_of, site, "ScmType", default="")).lower() == "none":
        raise ApiError(403, "Hooks of repositories are switched off.", found="ScmType is None")
    try:
        meaning = read_payload(payload, await run_in_threadpool(branch_of, site))
    except UsageError as error:
        raise ApiError(400, error.what, found=error.found, fix=error.fix, shape="string") from None
    if isinstance(meaning, Nothing):
        return Response(status_code=200, headers={"X-Webstead-Ignored": _in_a_header(meaning.why)})
    source = Url(meaning.url, "git", meaning.commit or meaning.branch)
    wanted = _wanted(site, meaning, source)
    if automatic:
        return await defer(site, wanted, source, meaning.branch)
    if wish.isAsync:
        return await accept(site, wanted, track=False)
    return await perform(site, wanted, track=False)


def _in_a_header(text: str) -> str:
    """Names of branches are in any script; a header is one line of ASCII."""
    return text[:200].encode("unicode_escape").decode()


def redirect(site: OfSite) -> Response:
    """To the root, as Kudu."""
    return RedirectResponse(site.url("/"), 302)


def _payload(body: bytes, content_type: str) -> bytes:
    if content_type.lower().startswith("application/x-www-form-urlencoded"):
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=100)
        return fields.get("payload", [""])[0].encode()
    return body


def _wanted(site: SiteContext, fetch: Fetch, source: Url) -> Deployment:
    return Deployment(
        site=site.name,
        source=source,
        id=fetch.commit if _OBJECT.fullmatch(fetch.commit) else "",  # as of a push, and as Kudu's
        deployer=fetch.deployer or "fetch",
        author=fetch.author,
        author_email=fetch.email,
        message=fetch.message,
    )


ROUTES = (
    Route(
        "POST",
        "/deploy",
        deploy,
        scope="deploy",
        summary="Fetch what was pushed to a repository, and deploy it",
        takes="application/json",
        media="text/plain",
        others={
            202: "It is fetched and deployed; Location tells of it.",
            400: "The payload is empty, or none that is known.",
            403: "Hooks of repositories are switched off.",
            409: "A deployment runs.",
        },
        at="root",
    ),
    Route("GET", "/deploy", redirect, scope="read", summary="To the root", status=302, at="root"),
)
