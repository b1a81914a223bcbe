"""`/api/webjobs`: the jobs of a site, those that run all the time and those that are triggered (reference
1.13)."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response

from webstead.effects.files import write_atomically
from webstead.services.bodies import LONGEST_JSON, read_body
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.job_items import History, JobItem, RunItem, item_of, run_item_of, url_of
from webstead.services.scm.job_uploads import receive_job
from webstead.services.surroundings import surroundings_of
from webstead.site.jobs.catalogue import (
    data_of,
    find_job,
    find_jobs,
    folder_of,
    set_disabled,
)
from webstead.site.jobs.model import SETTINGS_FILE, Job, Kind
from webstead.site.jobs.runs import ERRORS, OUTPUT, Run, find_run, history, run_job

__all__ = ["ROUTES"]

_BEGIN_SECONDS = 30.0


def show_all(site: OfSite, request: Request) -> Response:
    """Both kinds."""
    return _listed(site, request, find_jobs(site.home))


def show_triggered(site: OfSite, request: Request) -> Response:
    """Those that run when they are asked for, or due."""
    return _listed(site, request, [job for job in find_jobs(site.home) if job.kind == "triggered"])


def show_continuous(site: OfSite, request: Request) -> Response:
    """Those that run all the time."""
    return _listed(site, request, [job for job in find_jobs(site.home) if job.kind == "continuous"])


def show_one_triggered(site: OfSite, name: str) -> JobItem:
    """With its latest run."""
    return item_of(site, _found(site, "triggered", name))


def show_one_continuous(site: OfSite, name: str) -> JobItem:
    """With its status."""
    return item_of(site, _found(site, "continuous", name))


async def run(site: OfSite, name: str, arguments: str = "") -> Response:
    """Run it now, with these arguments. Location says where the run is asked for."""
    job = await run_in_threadpool(_found, site, "triggered", name)
    begun: list[Run] = []
    started = threading.Event()

    def note(one: Run) -> None:
        begun.append(one)
        started.set()

    def work() -> Run:
        try:
            around = surroundings_of(site.context, site.record)
            who = f"External - {site.asked.user_agent[:80]}"
            return run_job(
                *(site.home, job, around, site.context.clock), trigger=who, arguments=arguments, begun=note
            )
        finally:
            started.set()

    ended = site.context.background.start(f"job {name}", work)
    await run_in_threadpool(started.wait, _BEGIN_SECONDS)
    if not begun:
        ended.result(timeout=0)  # it raises why it has not begun
    url = f"{url_of(site, job)}/history/{begun[0].id}"
    return Response(status_code=202, headers={"Location": url})


def show_history(site: OfSite, name: str) -> History:
    """All runs that are kept."""
    job = _found(site, "triggered", name)
    return History(runs=[run_item_of(site, job, one) for one in history(site.home, job.name)])


def show_run(site: OfSite, name: str, run_id: str) -> RunItem:
    """One of them."""
    job = _found(site, "triggered", name)
    return run_item_of(site, job, _found_run(site, job, run_id))


def show_output(site: OfSite, name: str, run_id: str, file: str) -> Response:
    """What it wrote: `output_log.txt` or `error_log.txt`."""
    job = _found(site, "triggered", name)
    one = _found_run(site, job, run_id)
    path = data_of(site.home, "triggered", job.name) / one.id / file.lower()
    if file.lower() not in (OUTPUT, ERRORS) or not path.is_file():
        raise ApiError(404, f"The run has no file {file[:80]}.", fix=f"It has {OUTPUT} and {ERRORS}.")
    return FileResponse(path, media_type="text/plain; charset=utf-8")


def start(site: OfSite, name: str) -> None:
    """Let a continuous job run."""
    set_disabled(site.home, _found(site, "continuous", name).name, False)
    _look(site)


def stop(site: OfSite, name: str) -> None:
    """Let it run no more, until it is started."""
    set_disabled(site.home, _found(site, "continuous", name).name, True)
    _look(site)


def show_triggered_settings(site: OfSite, name: str) -> dict[str, object]:
    """Its settings.job."""
    return dict(_found(site, "triggered", name).settings.raw)


def show_continuous_settings(site: OfSite, name: str) -> dict[str, object]:
    """Its settings.job."""
    return dict(_found(site, "continuous", name).settings.raw)


async def put_triggered_settings(site: OfSite, name: str, request: Request) -> None:
    """Write its settings.job."""
    await _put_settings(site, "triggered", name, request)


async def put_continuous_settings(site: OfSite, name: str, request: Request) -> None:
    """Write its settings.job."""
    await _put_settings(site, "continuous", name, request)


async def put_triggered(site: OfSite, name: str, request: Request) -> JobItem:
    """A zip with its files, or one script. Content-Disposition names the file."""
    return await _put(site, "triggered", name, request)


async def put_continuous(site: OfSite, name: str, request: Request) -> JobItem:
    """A zip with its files, or one script. Content-Disposition names the file."""
    return await _put(site, "continuous", name, request)


def delete_triggered(site: OfSite, name: str) -> None:
    """With the history of its runs."""
    _delete(site, "triggered", name)


def delete_continuous(site: OfSite, name: str) -> None:
    """It ends first."""
    _delete(site, "continuous", name)


def _found(site: SiteContext, kind: Kind, name: str) -> Job:
    job = find_job(site.home, kind, name)
    if job is None:
        raise ApiError(
            404, f"There is no {kind} job {name[:100]!r}.", fix="See which there are: /api/webjobs"
        )
    return job


def _found_run(site: SiteContext, job: Job, run_id: str) -> Run:
    one = find_run(site.home, job.name, run_id)
    if one is None:
        raise ApiError(404, f"{job.name} has no run {run_id[:80]!r}.", fix=f"See {url_of(site, job)}/history")
    return one


def _listed(site: SiteContext, request: Request, jobs: list[Job] | tuple[Job, ...]) -> Response:
    items = [item_of(site, job).model_dump(mode="json") for job in jobs]
    tag = f'"{hashlib.sha256(json.dumps(items).encode()).hexdigest()[:16]}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(items, headers={"ETag": tag})


def _look(site: SiteContext) -> None:
    if site.context.jobs is not None:
        site.context.jobs.look()


async def _put(site: SiteContext, kind: Kind, name: str, request: Request) -> JobItem:
    await receive_job(site, kind, name, request)
    _look(site)
    return await run_in_threadpool(lambda: item_of(site, _found(site, kind, name)))


async def _put_settings(site: SiteContext, kind: Kind, name: str, request: Request) -> None:
    job = await run_in_threadpool(_found, site, kind, name)
    body = await read_body(request, LONGEST_JSON)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The settings are no JSON.", found=str(error)) from None
    if not isinstance(value, dict):
        raise ApiError(400, "The settings are no JSON object.", fix='Send {"schedule": "0 0 * * * *"}.')
    path = folder_of(site.home, kind, job.name) / SETTINGS_FILE
    await run_in_threadpool(_replace, path, json.dumps(value, indent=1).encode())
    _look(site)


def _replace(path: Path, data: bytes) -> None:
    write_atomically(path, data)


def _delete(site: SiteContext, kind: Kind, name: str) -> None:
    job = _found(site, kind, name)
    shutil.rmtree(folder_of(site.home, kind, job.name), ignore_errors=True)
    _look(site)
    shutil.rmtree(data_of(site.home, kind, job.name), ignore_errors=True)


_MISSING = {404: "There is no such job."}


def _names(kind: Kind, rest: str) -> tuple[str, ...]:
    """The other names that Kudu has for the same."""
    before = (f"/api/{kind}jobs", f"/jobs/{kind}", f"/api/jobs/{kind}")
    return tuple(f"{each}{rest}" for each in before)


ROUTES = (
    Route(
        *("GET", "/webjobs", show_all, "read", "All jobs"),
        gives=list[JobItem],
        others={304: "As it was."},
        at="api",
        aliases=("/jobs", "/api/jobs"),
    ),
    Route(
        *("GET", "/triggeredwebjobs", show_triggered, "read", "The triggered jobs"),
        gives=list[JobItem],
        others={304: "As they were."},
        at="api",
        aliases=_names("triggered", ""),
    ),
    Route(
        *("GET", "/triggeredwebjobs/{name}", show_one_triggered, "read", "A triggered job"),
        gives=JobItem,
        others=_MISSING,
        at="api",
        aliases=_names("triggered", "/{name}"),
    ),
    Route(
        *("PUT", "/triggeredwebjobs/{name}", put_triggered, "files", "Put a triggered job"),
        gives=JobItem,
        takes="application/zip",
        others={400: "No file name, or no zip.", 409: "Nothing was deployed yet."},
        at="api",
        aliases=_names("triggered", "/{name}"),
    ),
    Route(
        *("DELETE", "/triggeredwebjobs/{name}", delete_triggered, "files", "Remove a triggered job"),
        others=_MISSING,
        at="api",
        aliases=_names("triggered", "/{name}"),
    ),
    Route(
        *("POST", "/triggeredwebjobs/{name}/run", run, "files", "Run a triggered job"),
        status=202,
        others={**_MISSING, 400: "It cannot run.", 409: "It runs already."},
        at="api",
        aliases=_names("triggered", "/{name}/run"),
    ),
    Route(
        *("GET", "/triggeredwebjobs/{name}/history", show_history, "read", "The runs of a job"),
        gives=History,
        others=_MISSING,
        at="api",
        aliases=_names("triggered", "/{name}/history"),
    ),
    Route(
        *("GET", "/triggeredwebjobs/{name}/history/{run_id}", show_run, "read", "One run of a job"),
        gives=RunItem,
        others=_MISSING,
        at="api",
        aliases=_names("triggered", "/{name}/history/{run_id}"),
    ),
    Route(
        *("GET", "/triggeredwebjobs/{name}/history/{run_id}/{file}", show_output, "logs", "What a run wrote"),
        media="text/plain",
        others=_MISSING,
        at="api",
        aliases=_names("triggered", "/{name}/history/{run_id}/{file}"),
    ),
    Route(
        *("GET", "/triggeredwebjobs/{name}/settings", show_triggered_settings, "read", "Settings of a job"),
        gives=dict[str, object],
        others=_MISSING,
        at="api",
        aliases=_names("triggered", "/{name}/settings"),
    ),
    Route(
        *("PUT", "/triggeredwebjobs/{name}/settings", put_triggered_settings, "files", "Set up a job"),
        status=204,
        takes="application/json",
        others={**_MISSING, 400: "No JSON object."},
        at="api",
        aliases=_names("triggered", "/{name}/settings"),
        example={"schedule": "0 0 * * * *"},
    ),
    Route(
        *("GET", "/continuouswebjobs", show_continuous, "read", "The continuous jobs"),
        gives=list[JobItem],
        others={304: "As they were."},
        at="api",
        aliases=_names("continuous", ""),
    ),
    Route(
        *("GET", "/continuouswebjobs/{name}", show_one_continuous, "read", "A continuous job"),
        gives=JobItem,
        others=_MISSING,
        at="api",
        aliases=_names("continuous", "/{name}"),
    ),
    Route(
        *("PUT", "/continuouswebjobs/{name}", put_continuous, "files", "Put a continuous job"),
        gives=JobItem,
        takes="application/zip",
        others={400: "No file name, or no zip.", 409: "Nothing was deployed yet."},
        at="api",
        aliases=_names("continuous", "/{name}"),
    ),
    Route(
        *("DELETE", "/continuouswebjobs/{name}", delete_continuous, "files", "Remove a continuous job"),
        others=_MISSING,
        at="api",
        aliases=_names("continuous", "/{name}"),
    ),
    Route(
        *("POST", "/continuouswebjobs/{name}/start", start, "files", "Start a continuous job"),
        others=_MISSING,
        at="api",
        aliases=_names("continuous", "/{name}/start"),
    ),
    Route(
        *("POST", "/continuouswebjobs/{name}/stop", stop, "files", "Stop a continuous job"),
        others=_MISSING,
        at="api",
        aliases=_names("continuous", "/{name}/stop"),
    ),
    Route(
        *("GET", "/continuouswebjobs/{name}/settings", show_continuous_settings, "read", "Settings of a job"),
        gives=dict[str, object],
        others=_MISSING,
        at="api",
        aliases=_names("continuous", "/{name}/settings"),
    ),
    Route(
        *("PUT", "/continuouswebjobs/{name}/settings", put_continuous_settings, "files", "Set up a job"),
        status=204,
        takes="application/json",
        others={**_MISSING, 400: "No JSON object."},
        at="api",
        aliases=_names("continuous", "/{name}/settings"),
        example={"is_singleton": True},
    ),
)
