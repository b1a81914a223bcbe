"""`/api/webjobs`: the jobs of a site, those that run all the time and those that are triggered (reference
1.13)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from webstead.host.confinement import as_owner_of
from webstead.services.bodies import LONGEST_JSON, read_body
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.job_items import JobItem, item_of
from webstead.services.scm.job_routes import found_job, job_route, look_again
from webstead.services.scm.job_runs import RUN_ROUTES
from webstead.services.scm.job_uploads import put_settings_of, receive_job, remove_own
from webstead.site.jobs.catalogue import data_of, find_jobs, set_disabled
from webstead.site.jobs.model import Job, Kind

__all__ = ["ROUTES"]


def show_all(site: OfSite, request: Request) -> Response:
    """Both kinds."""
    return _listed(site, request, find_jobs(site.home))


def start(site: OfSite, name: str) -> None:
    """Let a continuous job run."""
    _set_disabled(site, name, False)


def stop(site: OfSite, name: str) -> None:
    """Let it run no more, until it is started."""
    _set_disabled(site, name, True)


def _set_disabled(site: SiteContext, name: str, disabled: bool) -> None:
    set_disabled(site.home, found_job(site, "continuous", name).name, disabled)
    look_again(site)


@dataclass(frozen=True, slots=True)
class _Jobs:
    """The endpoints of one kind."""

    kind: Kind

    def show(self, site: OfSite, request: Request) -> Response:
        """All of this kind."""
        return _listed(site, request, [job for job in find_jobs(site.home) if job.kind == self.kind])

    def show_one(self, site: OfSite, name: str) -> JobItem:
        """With its latest run, or its status."""
        return item_of(site, found_job(site, self.kind, name))

    async def put(self, site: OfSite, name: str, request: Request) -> JobItem:
        """A zip with its files, or one script. Content-Disposition names the file."""
        await receive_job(site, self.kind, name, request)
        look_again(site)
        return await run_in_threadpool(self.show_one, site, name)

    def delete(self, site: OfSite, name: str) -> None:
        """It ends first. The history of its runs goes with it."""
        job = found_job(site, self.kind, name)
        remove_own(site, self.kind, job.name)
        look_again(site)
        with as_owner_of(site.home.data):
            shutil.rmtree(data_of(site.home, self.kind, job.name), ignore_errors=True)

    def show_settings(self, site: OfSite, name: str) -> dict[str, object]:
        """Its settings.job."""
        return dict(found_job(site, self.kind, name).settings.raw)

    async def put_settings(self, site: OfSite, name: str, request: Request) -> None:
        """Write its settings.job."""
        job = await run_in_threadpool(found_job, site, self.kind, name)
        value = _object_of(await read_body(request, LONGEST_JSON))
        await run_in_threadpool(
            put_settings_of, site, self.kind, job.name, json.dumps(value, indent=1).encode()
        )
        look_again(site)


def _object_of(body: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()  # what holds half a character is none
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The settings are no JSON.", found=str(error)) from None
    if not isinstance(value, dict):
        raise ApiError(400, "The settings are no JSON object.", fix='Send {"schedule": "0 0 * * * *"}.')
    return value


def _listed(site: SiteContext, request: Request, jobs: Sequence[Job]) -> Response:
    items = [item_of(site, job).model_dump(mode="json") for job in jobs]
    tag = f'"{hashlib.sha256(json.dumps(items).encode()).hexdigest()[:16]}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(items, headers={"ETag": tag})


_SETTINGS: Mapping[Kind, Mapping[str, object]] = {
    "triggered": {"schedule": "0 0 * * * *"},
    "continuous": {"is_singleton": True},
}
"""Examples."""


def _routes(kind: Kind) -> Iterator[Route]:
    jobs, one, settings = _Jobs(kind), "/{name}", "/{name}/settings"
    yield job_route(
        *(kind, "GET", "", jobs.show, "read", f"The {kind} jobs"),
        gives=list[JobItem],
        others={304: "As they were."},
    )
    yield job_route(*(kind, "GET", one, jobs.show_one, "read", f"A {kind} job"), gives=JobItem)
    yield job_route(
        *(kind, "PUT", one, jobs.put, "files", f"Put a {kind} job"),
        gives=JobItem,
        takes="application/zip",
        others={400: "No file name, or no zip.", 409: "Nothing was deployed yet."},
    )
    yield job_route(kind, "DELETE", one, jobs.delete, "files", f"Remove a {kind} job")
    yield job_route(
        *(kind, "GET", settings, jobs.show_settings, "read", f"Settings of a {kind} job"),
        gives=dict[str, object],
    )
    yield job_route(
        *(kind, "PUT", settings, jobs.put_settings, "files", f"Set up a {kind} job"),
        status=204,
        takes="application/json",
        others={400: "No JSON object.", 404: "There is no such job."},
        example=_SETTINGS[kind],
    )


ROUTES = (
    Route(
        *("GET", "/webjobs", show_all, "read", "All jobs"),
        gives=list[JobItem],
        others={304: "As it was."},
        at="api",
        aliases=("/jobs", "/api/jobs"),
    ),
    *_routes("triggered"),
    *RUN_ROUTES,
    *_routes("continuous"),
    job_route("continuous", "POST", "/{name}/start", start, "files", "Start a continuous job"),
    job_route("continuous", "POST", "/{name}/stop", stop, "files", "Stop a continuous job"),
)
