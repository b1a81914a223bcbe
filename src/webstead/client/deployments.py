"""Deployments: asked for, listed, and their logs, as Kudu has them (reference 1.4 to 1.6)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from webstead.client.api import Api, Reply
from webstead.client.failures import LOCKED
from webstead.client.own import is_own, own
from webstead.client.reading import Fields, fields_of, items_of, time_of
from webstead.client.releases import Release, list_releases
from webstead.client.short_ids import whole_id
from webstead.errors import RemoteError

__all__ = [
    "STATES",
    "Accepted",
    "Deployment",
    "Holder",
    "Line",
    "Wanted",
    "cancel",
    "check_ready",
    "deployment_of",
    "fetch",
    "find_deployment",
    "holder",
    "list_deployments",
    "log_lines",
    "read_deployment",
    "upload",
]

STATES = ("pending", "building", "deploying", "failed", "success")
"""By Kudu's numbers."""

_TYPES = ("message", "warning", "error")

_DEPLOYER = "Webstead"

_UPLOAD_SECONDS = 600.0
"""Until the answer to an upload: a server writes what it takes to its disk first."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """state: one of STATES. received, ended: None where the server does not say."""

    id: str
    state: str
    status_text: str
    progress: str
    author: str
    deployer: str
    message: str
    received: datetime | None
    ended: datetime | None
    active: bool
    temporary: bool
    site: str

    @property
    def complete(self) -> bool:
        return self.state in ("failed", "success")

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "state": self.state,
            "status_text": self.status_text,
            "author": self.author,
            "deployer": self.deployer,
            "message": self.message,
            "received": None if self.received is None else self.received.isoformat(),
            "ended": None if self.ended is None else self.ended.isoformat(),
            "active": self.active,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """Of a deployment's log. type: `message`, `warning`, `error`. details: the id below which more stands, ""
    for none. depth: 1 for such a line."""

    id: str
    time: str
    type: str
    text: str
    details: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a deployment is asked for. clean: remove what no deployment brought, too. build: None for what the
    settings say. type, path: of OneDeploy; both "" for a zip of the whole site. folder: the zip is a folder,
    packed for the way: a Webstead builds those, unless its settings say otherwise. base: the release whose
    files are left out where they have not changed, "" for none."""

    message: str = ""
    clean: bool = False
    build: bool | None = None
    type: str = ""
    path: str = ""
    folder: bool = False
    base: str = ""

    @property
    def route(self) -> str:
        return "/api/publish" if self.type or self.path else "/api/zipdeploy"

    def query(self) -> dict[str, str | bool]:
        """Kudu's names; `build` is ours, and no Kudu is asked it; `folder` is ours, and says nothing to
        one. `clean` is always said to OneDeploy, which cleans before a zip when nothing is said."""
        one = self.route == "/api/publish"
        mine: Mapping[str, str | bool | None] = {
            "async" if one else "isAsync": True,
            "deployer": _DEPLOYER,
            "message": self.message or None,
            "clean": self.clean if one or self.clean else None,
            "build": self.build,
            "folder": True if self.folder and not one else None,
            "base": self.base or None,
            "type": (self.type or "zip") if one else None,
            "path": self.path or None,
            "trackDeploymentProgress": True,
        }
        return {name: value for name, value in mine.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A deployment has begun. id: "" where the server does not tell it. path: where it is polled then."""

    id: str
    path: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Of the deployment lock. since: as the server has it."""

    what: str
    by: str
    since: datetime | None


def upload(site: Api, wanted: Wanted, content: Iterable[bytes], size: int) -> Accepted:
    """Send a package and let it be deployed. content: its bytes, of that size. Raises RemoteError."""
    headers = {"Content-Type": "application/octet-stream", "Content-Length": f"{size}"}
    return _deploy(site, wanted, content, headers)


def fetch(site: Api, wanted: Wanted, url: str) -> Accepted:
    """Let the server fetch the package itself. url: of a zip."""
    content = json.dumps({"packageUri": url}).encode()
    return _deploy(site, wanted, content, {"Content-Type": "application/json"})


def _deploy(
    site: Api, wanted: Wanted, content: bytes | Iterable[bytes], headers: Mapping[str, str]
) -> Accepted:
    with _lock_told(site):
        reply = site.send(
            "POST",
            wanted.route,
            query=wanted.query(),
            content=content,
            headers=headers,
            seconds=_UPLOAD_SECONDS,
        )
    return _accepted(reply)


@contextmanager
def _lock_told(site: Api) -> Iterator[None]:
    """Somebody has taken the lock since `check_ready`, or it is a Kudu's, which that does not see. How it is
    broken is told where it can be."""
    try:
        yield
    except RemoteError as error:
        if error.status == 409 and LOCKED in error.found and is_own(site):
            raise _locked(site, error.found) from None
        raise


def _locked(site: Api, found: str) -> RemoteError:
    wait, end = site.place.command("logs", "--deployment", "latest"), site.place.command("deploy", "--cancel")
    return RemoteError(
        "Something else holds the deployment lock.",
        found=found,
        fix=f"Wait for it: {wait}; or end it: {end}",
        status=409,
        ours=True,
    )


def _accepted(reply: Reply) -> Accepted:
    """Only the path of a Location is used: credentials go to no other host than the one that was named."""
    told = urlsplit(reply.headers.get("location", ""))
    path = f"{told.path}?{told.query}" if told.query else told.path
    if not path.startswith("/") or "/deployments/" not in path:
        path = "/api/deployments/latest"
    return Accepted(reply.headers.get("scm-deployment-id", ""), path)


def list_deployments(site: Api) -> tuple[Deployment, ...]:
    """Newest received first."""
    return tuple(map(_deployment, items_of(site.get("/api/deployments"), "the list of deployments")))


def find_deployment(site: Api, deployment: str) -> Deployment:
    """deployment: an id, or `latest`."""
    return read_deployment(site.get(f"/api/deployments/{quote(deployment, safe='')}"))


def deployment_of(site: Api, start: str) -> Deployment:
    """start: an id, or the beginning of one; that of a release means its deployment; or `latest`. Raises
    UsageError for none, and for several."""
    try:
        return find_deployment(site, start)
    except RemoteError as error:
        if error.status != 404:
            raise
    fix = f"Take an id of: {site.place.command('deployments')}"
    made_by = {each.id: each.deployment for each in _releases(site) if each.deployment}
    ids = {**made_by, **{each.id: each.id for each in list_deployments(site)}}
    return find_deployment(site, ids[whole_id(start, ids, noun="deployment", fix=fix)])


def _releases(site: Api) -> tuple[Release, ...]:
    """None of a Kudu, which has none."""
    try:
        return list_releases(site)
    except RemoteError as error:
        if error.status in (404, 405):
            return ()
        raise


def read_deployment(value: object) -> Deployment:
    return _deployment(fields_of(value, "the deployment"))


def log_lines(site: Api, deployment: str, parent: str = "") -> tuple[Line, ...]:
    """What stands in its log, or below the entry `parent`. None of a log that is not begun yet."""
    path = f"/api/deployments/{quote(deployment, safe='')}/log"
    path = f"{path}/{quote(parent, safe='')}" if parent else path
    try:
        value = site.get(path)
    except RemoteError as error:
        if error.status == 404:
            return ()
        raise
    depth = 1 if parent else 0
    return tuple(_line(each, depth) for each in items_of(value, "the log of a deployment"))


def holder(site: Api) -> Holder | None:
    """Who holds the deployment lock."""
    with own("a lock that can be looked at"):
        value = site.get("/api/lock")
    if value is None:
        return None
    fields = fields_of(value, "the holder of the lock")
    return Holder(fields.text("what"), fields.text("by"), fields.time("since"))


def check_ready(site: Api) -> None:
    """Before anything is packed and sent: whether the site is there, the credentials are taken, and nobody
    holds the lock. A Kudu does not say who holds it, nor does a server to who may only deploy. Raises
    RemoteError."""
    try:
        who = holder(site)
    except RemoteError as error:
        if error.status in (403, 405) or (error.status == 404 and not error.ours):
            return
        raise
    if who is not None:
        since = "" if who.since is None else f", since {who.since.astimezone():%Y-%m-%d %H:%M:%S}"
        raise _locked(site, f"{who.what}, by {who.by}{since}")


def cancel(site: Api) -> None:
    """Ask who holds the lock to stop. Raises RemoteError, with status 404 when nobody does."""
    with own("a way to cancel a deployment"):
        site.ask("DELETE", "/api/lock")


def _deployment(fields: Fields) -> Deployment:
    status = fields.number("status")
    return Deployment(
        id=fields.needed("id"),
        state=STATES[status] if 0 <= status < len(STATES) else STATES[0],
        status_text=fields.text("status_text"),
        progress=fields.text("progress"),
        author=fields.text("author"),
        deployer=fields.text("deployer"),
        message=fields.text("message"),
        received=fields.time("received_time"),
        ended=fields.time("end_time"),
        active=fields.flag("active"),
        temporary=fields.flag("is_temp"),
        site=fields.text("site_name"),
    )


def _line(fields: Fields, depth: int) -> Line:
    kind, time = fields.number("type"), time_of(fields.text("log_time"))
    details = fields.text("details_url")
    return Line(
        id=fields.text("id"),
        time="" if time is None else time.isoformat(),
        type=_TYPES[kind] if 0 <= kind < len(_TYPES) else _TYPES[0],
        text=fields.text("message"),
        details=urlsplit(details).path.rstrip("/").rpartition("/")[2] if details else "",
        depth=depth,
    )
