"""Jobs and their runs, as Kudu's API tells of them (reference 1.13)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from webstead.services.context import SiteContext
from webstead.services.wire import Answer, Date
from webstead.site.jobs.catalogue import is_disabled
from webstead.site.jobs.continuous import LOG
from webstead.site.jobs.model import Job
from webstead.site.jobs.runs import ERRORS, OUTPUT, Run, history

__all__ = ["History", "JobItem", "RunItem", "item_of", "run_item_of", "url_of"]


class RunItem(Answer):
    """duration: `hh:mm:ss`, of what has ended. trigger: why it ran."""

    id: str
    name: str
    status: str
    start_time: Date
    end_time: Date | None
    duration: str
    output_url: str
    error_url: str
    url: str
    job_name: str
    trigger: str


class JobItem(Answer):
    """run_command: its script. error: why it does not run as it should; null for nothing. settings: its
    settings.job. status, detailed_status, log_url: of a continuous job. latest_run, history_url,
    scheduler_logs_url: of a triggered one."""

    name: str
    run_command: str
    url: str
    extra_info_url: str
    type: str
    error: str | None
    using_sdk: bool
    settings: dict[str, object]
    status: str | None = None
    detailed_status: str | None = None
    log_url: str | None = None
    latest_run: RunItem | None = None
    history_url: str | None = None
    scheduler_logs_url: str | None = None


class History(Answer):
    """The newest first."""

    runs: list[RunItem]


def item_of(site: SiteContext, job: Job) -> JobItem:
    url = url_of(site, job)
    error = job.error or None
    raw = dict(job.settings.raw)
    name, script = job.name, job.script
    if job.kind == "continuous":
        status = _status(site, job)
        logs = site.url(f"/api/vfs/data/jobs/continuous/{quote(name)}/{LOG}")
        return JobItem(
            name=name,
            run_command=script,
            url=url,
            extra_info_url=logs,
            type="continuous",
            error=error,
            using_sdk=False,
            settings=raw,
            status=status,
            detailed_status=status,
            log_url=logs,
        )
    runs = history(site.home, name)[:1]
    return JobItem(
        name=name,
        run_command=script,
        url=url,
        extra_info_url=f"{url}/history",
        type="triggered",
        error=error,
        using_sdk=False,
        settings=raw,
        latest_run=run_item_of(site, job, runs[0]) if runs else None,
        history_url=f"{url}/history",
        scheduler_logs_url=site.url(f"/api/vfs/data/jobs/triggered/{quote(name)}/"),
    )


def _status(site: SiteContext, job: Job) -> str:
    if is_disabled(site.home, job.name) or site.record.stopped or site.context.jobs is None:
        return "Stopped"
    return site.context.jobs.status(site.name, job.name)


def url_of(site: SiteContext, job: Job) -> str:
    return site.url(f"/api/{job.kind}webjobs/{quote(job.name)}")


def run_item_of(site: SiteContext, job: Job, one: Run) -> RunItem:
    url = f"{url_of(site, job)}/history/{one.id}"
    started = datetime.fromisoformat(one.started)
    ended = datetime.fromisoformat(one.ended) if one.ended else None
    seconds = int((ended - started).total_seconds()) if ended is not None else 0
    return RunItem(
        id=one.id,
        name=one.id,
        status=one.status,
        start_time=started,
        end_time=ended,
        duration=f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
        output_url=f"{url}/{OUTPUT}",
        error_url=f"{url}/{ERRORS}",
        url=url,
        job_name=job.name,
        trigger=one.trigger,
    )
