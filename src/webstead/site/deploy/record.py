"""The record of a deployment while it goes on: each change is saved, and told."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from webstead.effects.clock import Clock
from webstead.errors import UsageError, WebsteadError
from webstead.site.deploy.gather import origin_of
from webstead.site.deploy.model import Request
from webstead.site.deploy.work import ForwardClock
from webstead.site.store import Store
from webstead.site.store.deployments import (
    delete_deployment,
    find_deployment,
    rename_deployment,
    save_deployment,
)
from webstead.site.store.model import Deployment, Status

__all__ = ["Record", "as_kudu", "begin_record", "close_reserved", "last_error_line", "new_id", "reserve"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""It becomes the name of a folder."""

OnChange = Callable[[Deployment], None]


class Record:
    """The deployment as it is now. on_change: gets it after each change."""

    def __init__(self, store: Store, deployment: Deployment, on_change: OnChange) -> None:
        self._store = store
        self._on_change = on_change
        self.now = deployment

    def put(self, deployment: Deployment) -> None:
        self.now = deployment
        save_deployment(self._store, deployment)
        self._on_change(deployment)

    def describe(self, message: str, author: str, author_email: str) -> None:
        """What a commit says of itself, where the request does not say it."""
        now = self.now
        self.put(
            replace(
                now,
                message=now.message or message,
                author=now.author or author,
                author_email=now.author_email or author_email,
            )
        )


def new_id() -> str:
    """As Kudu's for what is no commit: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def checked_id(text: str) -> str:
    if _ID.fullmatch(text):
        return text
    raise UsageError(
        "The id of the deployment is none.", found=text[:80], fix="Take letters and digits, at most 64."
    )


def reserve(store: Store, request: Request, *, clock: Clock) -> Deployment:
    """The temporary deployment that stands before the work begins, so that who asks finds it."""
    fresh = _fresh(request, f"temp-{secrets.token_hex(4)}", ForwardClock(clock, store, request.site).now())
    reserved = replace(fresh, status_text="Receiving changes.", temporary=True)
    save_deployment(store, reserved)
    return reserved


def _fresh(request: Request, deployment: str, received: datetime) -> Deployment:
    return Deployment(
        site=request.site,
        id=deployment,
        status=Status.PENDING,
        source=origin_of(request.source),
        received=received,
        author=request.author,
        author_email=request.author_email,
        deployer=request.deployer,
        message=request.message,
    )


def begin_record(
    store: Store, request: Request, deployment: str, reserved: str, clock: Clock, on_change: OnChange
) -> Record:
    """Pending, under its id. One that is deployed again keeps who made it, and when it succeeded."""
    before = find_deployment(store, request.site, deployment)
    temporary = find_deployment(store, request.site, reserved) if reserved else None
    if temporary is not None and reserved != deployment:
        if before is None:
            rename_deployment(store, request.site, reserved, deployment)
        else:
            delete_deployment(store, request.site, reserved)
    now = clock.now()
    fresh = _fresh(request, deployment, temporary.received if temporary else now)
    if before is not None and not before.temporary:
        fresh = replace(fresh, last_success=before.last_success, release=before.release)
    record = Record(store, fresh, on_change)
    record.put(replace(fresh, started=now))
    return record


def close_reserved(store: Store, site: str, reserved: str, error: WebsteadError, clock: Clock) -> None:
    """One whose deployment could not even begin."""
    found = find_deployment(store, site, reserved) if reserved else None
    if found is not None:
        now = clock.now()
        text = last_error_line(error)
        save_deployment(store, replace(found, status=Status.FAILED, status_text=text, ended=now))


def last_error_line(error: WebsteadError) -> str:
    """What a list of deployments shows: what happened and what was found, in one line."""
    found = error.found.splitlines()[-1].strip() if error.found.strip() else ""
    return f"{error.what} {found}".strip()


def as_kudu(deployment: Deployment) -> bytes:
    """What web hooks of the event PostDeployment are sent: the fields of Kudu's deployment status."""
    times = {
        "received_time": deployment.received,
        "start_time": deployment.started,
        "end_time": deployment.ended,
        "last_success_end_time": deployment.last_success,
    }
    return json.dumps(
        {
            "id": deployment.id,
            "status": int(deployment.status),
            "status_text": deployment.status_text,
            "author_email": deployment.author_email,
            "author": deployment.author,
            "deployer": deployment.deployer,
            "message": deployment.message,
            "progress": deployment.progress,
            **{name: time and time.strftime("%Y-%m-%dT%H:%M:%S.%f0Z") for name, time in times.items()},
            "complete": deployment.complete,
            "active": deployment.status == Status.SUCCESS,
            "is_temp": deployment.temporary,
            "is_readonly": deployment.read_only,
            "site_name": deployment.site,
        }
    ).encode()
