"""The record of a deployment while it goes on: each change is saved, and told."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from webstead.effects.clock import Clock
from webstead.errors import UsageError, WebsteadError
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.model import Request
from webstead.site.deploy.origins import origin_of
from webstead.site.deploy.work import ForwardClock
from webstead.site.store import Store
from webstead.site.store.activations import ensure_activation
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

_AGAIN_SECONDS = 1.0

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

    def close(self, deployment: Deployment) -> None:
        """Record its end: at once, or, when the disk does not take it now, as soon as it does."""
        self.now = deployment
        try:
            self._record_end(deployment)
        except WebsteadError:
            threading.Thread(target=self._close_later, args=(deployment,), daemon=True).start()

    def _record_end(self, deployment: Deployment) -> None:
        if deployment.status == Status.SUCCESS and deployment.ended is not None:
            ensure_activation(self._store, deployment.site, deployment.release, deployment.ended)
        self.put(deployment)

    def _close_later(self, ended: Deployment) -> None:
        """Unless it was closed by somebody else, or deployed again."""
        while True:
            time.sleep(_AGAIN_SECONDS)
            with contextlib.suppress(WebsteadError):
                known = find_deployment(self._store, ended.site, ended.id)
                if known is not None and known.started == ended.started and not known.complete:
                    self._record_end(ended)
                return

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
    try:
        record.put(replace(fresh, started=now))
    except WebsteadError as error:  # under its new name nobody else knows of it
        close_reserved(store, request.site, deployment, error, clock)
        raise
    return record


def close_reserved(store: Store, site: str, reserved: str, error: WebsteadError, clock: Clock) -> None:
    """One whose deployment could not even begin. Its log says why."""
    found = find_deployment(store, site, reserved) if reserved else None
    if found is not None and not found.complete:
        with contextlib.suppress(WebsteadError):  # a disk that is full does not take the log, either
            DeploymentLog(store, site, reserved, clock).fail(error)
        failed = replace(found, status=Status.FAILED, status_text=last_error_line(error), ended=clock.now())
        Record(store, found, lambda _: None).close(failed)


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
