"""What is recorded of sites and deployments, as values. Times are aware, in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal

from webstead.settings import Secret

__all__ = [
    "SCOPES",
    "Activation",
    "Deployment",
    "INCLUDED",
    "EntryType",
    "Hook",
    "LogEntry",
    "PushEvent",
    "Scope",
    "SiteOptions",
    "SiteRecord",
    "Status",
    "Token",
    "granted",
]

Scope = Literal["read", "deploy", "files", "settings", "logs", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "deploy", "files", "settings", "logs", "admin")
"""What a token lets its holder do. `files`: vfs, zip, command and processes. `admin`: sites themselves."""

INCLUDED: Mapping[Scope, frozenset[Scope]] = {"deploy": frozenset({"read"})}
"""What a scope lets besides: a deployment is followed by who asked for it, and refused to nobody when it has
changed the site already."""


def granted(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """All that a token with these scopes lets."""
    given = frozenset(scopes)
    return given.union(*(INCLUDED.get(scope, frozenset()) for scope in given))


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """How a site is hosted. idle_minutes: without a request, before it goes cold; 0 for never, as always_on.
    user: the system user that its processes run as, "" for the server's own. memory_mb, cpu_percent: the most
    that its processes may take together; 0 for no limit; 100 percent is one core. read_only: its processes
    cannot write its releases. basic_auth: the management takes the publishing password. releases_kept: how
    many are kept for rollback, with the current one."""

    always_on: bool = False
    idle_minutes: int = 20
    user: str = ""
    memory_mb: int = 0
    cpu_percent: int = 0
    read_only: bool = False
    basic_auth: bool = True
    releases_kept: int = 5


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """hosts: the site's own host names, besides NAME.localhost. password: of the publishing user `$NAME`."""

    name: str
    hosts: tuple[str, ...]
    stopped: bool
    created: datetime
    options: SiteOptions
    password: Secret


class Status(IntEnum):
    """Of a deployment; the numbers are Kudu's."""

    PENDING = 0
    BUILDING = 1
    DEPLOYING = 2
    FAILED = 3
    SUCCESS = 4


class EntryType(IntEnum):
    """Of a log entry; the numbers are Kudu's."""

    MESSAGE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment, as Kudu's API tells of it. id: 32 hexadecimal digits, a commit, or what a client chose
    for a history record. source: where its files came from: `zip`, `publish`, `git`, `fetch`, `package`,
    `record` (only told of, by a client). last_success: the end of its last run that succeeded; a redeployment
    keeps it. release: the release that it made, which may be gone; "" for none. temporary: stands for one
    that has no id yet. read_only: a history record."""

    site: str
    id: str
    status: Status
    source: str
    received: datetime
    started: datetime | None = None
    ended: datetime | None = None
    last_success: datetime | None = None
    status_text: str = ""
    progress: str = ""
    author: str = ""
    author_email: str = ""
    deployer: str = ""
    message: str = ""
    release: str = ""
    temporary: bool = False
    read_only: bool = False

    @property
    def complete(self) -> bool:
        return self.status in (Status.FAILED, Status.SUCCESS)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """id: of the entry; "" below a parent, as in Kudu. parent: the id of the entry that it stands below, ""
    for none. has_children: whether entries stand below it. type: of a parent, the worst of its children."""

    id: str
    parent: str
    time: datetime
    type: EntryType
    message: str
    has_children: bool = False


@dataclass(frozen=True, slots=True)
class Activation:
    """A release became the current one. why: `deployment`, `redeployment`, `rollback`. by: who asked."""

    site: str
    release: str
    time: datetime
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A web hook, as in Kudu. url may hold credentials. last_*: of the last delivery; status 0 for none."""

    id: str
    site: str
    event: str
    url: Secret
    insecure_ssl: bool = False
    last_status: int = 0
    last_reason: str = ""
    last_time: datetime | None = None
    last_context: str = ""


@dataclass(frozen=True, slots=True)
class PushEvent:
    """One that waits for its turn. deployment: the temporary one that stands for it. id: that its deployment
    will have. branch: that it is of. url: of the repository; it may hold credentials. revision: what of it is
    to be fetched."""

    site: str
    deployment: str
    id: str
    branch: str
    url: Secret
    revision: str


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. Its text is told once, when it is made; only its SHA-256 is recorded. site: that it is
    for, "" for all. expires: None for never."""

    id: str
    name: str
    site: str
    scopes: frozenset[Scope]
    created: datetime
    expires: datetime | None = None
    used: datetime | None = None
