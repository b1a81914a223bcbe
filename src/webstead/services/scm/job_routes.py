"""The addresses of jobs, each under all the names that Kudu has for it, and the job that one means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webstead.services.context import SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.site.jobs.catalogue import find_job
from webstead.site.jobs.model import Job, Kind
from webstead.site.store.model import Scope

__all__ = ["found_job", "job_route", "look_again"]


def job_route(
    kind: Kind,
    method: str,
    rest: str,
    endpoint: Callable[..., object],
    scope: Scope,
    summary: str,
    *,
    gives: object = None,
    status: int = 200,
    takes: str | None = None,
    media: str = "",
    others: Mapping[int, str] | None = None,
    example: object = None,
) -> Route:
    """rest: behind the kind, as `/{name}/run`; "" for all jobs of it."""
    missing = {404: "There is no such job."} if rest and method != "PUT" else {}
    return Route(
        method,
        f"/{kind}webjobs{rest}",
        endpoint,
        scope,
        summary,
        gives=gives,
        status=status,
        takes=takes,
        media=media,
        others={**missing, **(others or {})},
        at="api",
        aliases=(f"/api/{kind}jobs{rest}", f"/jobs/{kind}{rest}", f"/api/jobs/{kind}{rest}"),
        example=example,
    )


def found_job(site: SiteContext, kind: Kind, name: str) -> Job:
    """Raises ApiError 404."""
    job = find_job(site.home, kind, name)
    if job is None:
        raise ApiError(
            404, f"There is no {kind} job {name[:100]!r}.", fix="See which there are: /api/webjobs"
        )
    return job


def look_again(site: SiteContext) -> None:
    """What runs jobs sees at once what has changed."""
    if site.context.jobs is not None:
        site.context.jobs.look()
