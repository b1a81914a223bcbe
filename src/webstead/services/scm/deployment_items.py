"""A deployment and its log as Kudu's API tells of them (reference 1.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from webstead.services.context import SiteContext
from webstead.services.wire import Answer, Date
from webstead.site.store.model import Deployment, EntryType, LogEntry, Status

__all__ = ["DeploymentItem", "LogItem", "active_id", "item_of", "log_item_of"]

State = Literal["InProgress", "Failed", "Succeeded"]
_STATES: dict[Status, State] = {Status.FAILED: "Failed", Status.SUCCESS: "Succeeded"}


class DeploymentItem(Answer):
    """status: 0 pending, 1 building, 2 deploying, 3 failed, 4 success. status_text: when it failed, the last
    error. active: whether its release is the current one. release: that it made; ours."""

    id: str
    status: Status
    status_text: str
    author_email: str
    author: str
    deployer: str
    message: str
    progress: str
    received_time: Date
    start_time: Date | None
    end_time: Date | None
    last_success_end_time: Date | None
    complete: bool
    active: bool
    is_temp: bool
    is_readonly: bool
    url: str
    log_url: str
    site_name: str
    provisioningState: State
    release: str


class LogItem(Answer):
    """type: 0 message, 1 warning, 2 error. details_url: of the entries below; null when there are none."""

    log_time: Date
    id: str
    message: str
    type: EntryType
    details_url: str | None


def active_id(deployments: Sequence[Deployment], release: str | None) -> str | None:
    """Which of them, the newest first, is the active one: the newest that names the current release."""
    return next((each.id for each in deployments if release and each.release == release), None)


def item_of(site: SiteContext, deployment: Deployment, *, active: bool) -> DeploymentItem:
    url = site.url(f"/api/deployments/{deployment.id}")
    return DeploymentItem(
        id=deployment.id,
        status=deployment.status,
        status_text=deployment.status_text,
        author_email=deployment.author_email,
        author=deployment.author,
        deployer=deployment.deployer,
        message=deployment.message,
        progress=deployment.progress,
        received_time=deployment.received,
        start_time=deployment.started,
        end_time=deployment.ended,
        last_success_end_time=deployment.last_success,
        complete=deployment.complete,
        active=active,
        is_temp=deployment.temporary,
        is_readonly=deployment.read_only,
        url=url,
        log_url=f"{url}/log",
        site_name=site.name,
        provisioningState=_STATES.get(deployment.status, "InProgress"),
        release=deployment.release,
    )


def log_item_of(site: SiteContext, deployment: str, entry: LogEntry) -> LogItem:
    """Entries below another have no id."""
    details = site.url(f"/api/deployments/{deployment}/log/{entry.id}") if entry.has_children else None
    return LogItem(
        log_time=entry.time,
        id="" if entry.parent else entry.id,
        message=entry.message,
        type=entry.type,
        details_url=details,
    )
