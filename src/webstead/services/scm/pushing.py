"""What zipdeploy and publish have in common: a deployment that is waited for, or not (reference 1.4, 1.5)."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request as HttpRequest
from starlette.responses import Response

from webstead.errors import ConfigError, HostError, UsageError, WebsteadError
from webstead.services.arm import HEADER, unwrapped
from webstead.services.bodies import LONGEST_JSON
from webstead.services.context import SiteContext
from webstead.services.errors import ApiError, status_of
from webstead.services.uploads import receive
from webstead.settings import Secret
from webstead.site.deploy.model import Request
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.package import refuse_address
from webstead.site.store.settings import read_settings

__all__ = [
    "TRACKED",
    "Pushed",
    "accept",
    "accepted",
    "checked_url",
    "failed",
    "in_progress",
    "numbered",
    "perform",
    "pushed",
]

TRACKED = "SCM-DEPLOYMENT-ID"
"""The header that tells the id of a deployment, to who asked for it."""

_RETRY_SECONDS = "30"
_MOST_SPACE = 4096

Pushed = Path | dict[str, Any]
"""What came: a file in the server's temporary folder, or the JSON that says where the package is."""


async def pushed(site: SiteContext, request: HttpRequest) -> Pushed:
    """The body of a push: JSON when it begins as an object, whatever its content type says; else bytes.
    Raises ApiError."""
    chunks = request.stream()
    first = await _first(chunks)
    if first.lstrip()[:1] == b"{":
        return await _json(request, chunks, first)
    if not first:
        raise ApiError(400, "The body is empty.", fix='Send a zip, or JSON: {"packageUri": "https://…"}.')
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdigit() else 0
    return await receive(chunks, site.context.temporary, announced=size, first=first)


async def _first(chunks: AsyncIterator[bytes]) -> bytes:
    """As much as shows what it is: more white space than this stands before no JSON."""
    first = b""
    async for chunk in chunks:
        first += chunk
        if len(first) > _MOST_SPACE or first.strip():
            break
    return first


async def _json(request: HttpRequest, chunks: AsyncIterator[bytes], first: bytes) -> dict[str, Any]:
    body = bytearray(first)
    async for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_JSON:
            raise ApiError(413, f"The body is longer than {LONGEST_JSON} bytes.")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The body is no JSON.", found=str(error)) from None
    value = unwrapped(value) if HEADER in request.headers else value
    if not isinstance(value, dict):
        raise ApiError(400, "The body is no JSON object.")
    return value


def checked_url(value: object) -> Secret:
    """Of a package. Raises ApiError 400."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        right = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        right = False
    if not right:
        raise ApiError(
            400, "packageUri is no address of http or https.", fix='Send {"packageUri": "https://…"}.'
        )
    return Secret(str(value))


def in_progress(site: SiteContext) -> None:
    """Before anything is uploaded. Raises ApiError 409 while the lock is held, and RunsFromAddress."""
    holder = site.context.deployer.holder(site.name)
    if holder is not None:
        age = int((site.context.clock.now() - holder.since).total_seconds())
        raise ApiError(
            409,
            "There is a deployment currently in progress. Please try again when it completes.",
            found=f"{holder.what}, by {holder.by or 'somebody'}, for {max(age, 0)} s",
            fix="Stop it: DELETE /api/lock.",
            shape="text",
        )
    refuse_address(read_settings(site.context.store, site.name, "app"))


def numbered(request: Request) -> Request:
    """With the id that the client is told before it begins."""
    return replace(request, id=request.id or uuid.uuid4().hex)


async def accept(site: SiteContext, request: Request, *, track: bool) -> Response:
    """202, when it has begun: what is accepted has the lock. Who comes second is told so, and sends it
    again."""
    request, context = numbered(request), site.context
    try:
        await context.background.begin(
            f"deploy {site.name}", lambda begun: context.deployer.deploy(request, begun=begun)
        )
    except WebsteadError as error:
        raise failed(site, error) from error
    return accepted(site, request, track=track)


def accepted(site: SiteContext, request: Request, *, track: bool) -> Response:
    """202, and where to ask for it."""
    headers = {"Location": _location(site, request), "Retry-After": _RETRY_SECONDS}
    return Response(status_code=202, headers={**headers, **({TRACKED: request.id} if track else {})})


async def perform(
    site: SiteContext, request: Request, *, track: bool, undo: Callable[[], None] = lambda: None
) -> Response:
    """200 when it has succeeded. It goes on when the client is gone. undo: what is done when it fails, whose
    own failure hides nothing."""
    request, context = numbered(request), site.context

    def deploy() -> None:
        try:
            context.deployer.deploy(request)
        except BaseException:
            with contextlib.suppress(WebsteadError):
                undo()
            raise

    try:
        await context.background.call(f"deploy {site.name}", deploy)
    except WebsteadError as error:
        raise failed(site, error, request.id, track=track) from error
    return Response(status_code=200, headers={TRACKED: request.id} if track else {})


def failed(
    site: SiteContext, error: WebsteadError, deployment: str = "", *, track: bool = False
) -> WebsteadError:
    """The answer, when a deployment or a release that should serve again has failed. 400 for what
    the sender can mend, 422 for a site that cannot be built or does not start: clients send everything again
    after a 5xx. 500 for what is wrong here. deployment: that there is a record of."""
    status = status_of(error)
    if status == 409 or isinstance(error, NotHere):
        return error
    if isinstance(error, UsageError | ConfigError):
        status = 400
    elif not isinstance(error, HostError | ApiError):
        status = 422
    log = {"deployment": deployment, "log_url": site.url(f"/api/deployments/{deployment}/log")}
    return ApiError(
        status,
        error.what,
        found=error.found,
        fix=error.fix,
        detail=error.detail,
        headers={TRACKED: deployment} if track else {},
        members={"ExceptionType": error.kind, **(log if deployment else {})},
    )


def _location(site: SiteContext, request: Request) -> str:
    """Where the deployment is asked for until it has ended."""
    now = site.context.clock.now()
    query = f"deployer={quote(request.deployer, safe='')}&time={now:%Y-%m-%d_%H-%M-%S}Z"
    arm = site.asked.arm
    if arm is None or not arm.base:
        return f"{site.url('/api/deployments/latest')}?{query}"
    resource = arm.path.partition("/extensions/")[0]
    return f"{arm.base}{resource}/deployments/latest?{query}"
