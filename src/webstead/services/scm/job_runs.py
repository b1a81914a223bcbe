"""Runs of triggered jobs: begun, listed, and what they wrote."""

from __future__ import annotations

import threading

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.scm.job_items import History, RunItem, run_item_of, url_of
from webstead.services.scm.job_routes import found_job, job_route
from webstead.services.surroundings import surroundings_of
from webstead.site.jobs.model import Job
from webstead.site.jobs.runs import ERRORS, OUTPUT, Run, find_run, history, output_of, run_job

__all__ = ["RUN_ROUTES"]

_BEGIN_SECONDS = 30.0


async def run(site: OfSite, name: str, arguments: str = "") -> Response:
    """Run it now, with these arguments. Location says where the run is asked for."""
    job = await run_in_threadpool(found_job, site, "triggered", name)
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
    job = found_job(site, "triggered", name)
    return History(runs=[run_item_of(site, job, one) for one in history(site.home, job.name)])


def show_run(site: OfSite, name: str, run_id: str) -> RunItem:
    """One of them."""
    job = found_job(site, "triggered", name)
    return run_item_of(site, job, _found_run(site, job, run_id))


def show_output(site: OfSite, name: str, run_id: str, file: str) -> Response:
    """What it wrote: `output_log.txt` or `error_log.txt`."""
    job = found_job(site, "triggered", name)
    one = _found_run(site, job, run_id)
    found = output_of(site.home, one, file.lower()) if file.lower() in (OUTPUT, ERRORS) else None
    if found is None:
        raise ApiError(404, f"The run has no file {file[:80]}.", fix=f"It has {OUTPUT} and {ERRORS}.")
    return Response(found, media_type="text/plain; charset=utf-8")


def _found_run(site: SiteContext, job: Job, run_id: str) -> Run:
    one = find_run(site.home, job.name, run_id)
    if one is None:
        raise ApiError(404, f"{job.name} has no run {run_id[:80]!r}.", fix=f"See {url_of(site, job)}/history")
    return one


_ONE = "/{name}/history/{run_id}"

RUN_ROUTES = (
    job_route(
        *("triggered", "POST", "/{name}/run", run, "files", "Run a triggered job"),
        status=202,
        others={400: "It cannot run.", 409: "It runs already."},
    ),
    job_route(
        *("triggered", "GET", "/{name}/history", show_history, "read", "The runs of a job"), gives=History
    ),
    job_route(*("triggered", "GET", _ONE, show_run, "read", "One run of a job"), gives=RunItem),
    job_route(
        *("triggered", "GET", f"{_ONE}/{{file}}", show_output, "logs", "What a run wrote"), media="text/plain"
    ),
)
