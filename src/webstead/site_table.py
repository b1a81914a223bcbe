"""What the front must know, sent by the supervisor as JSON lines: of a site its table; and which certificate
and which routes clients find.

The front keeps no other state: a new table replaces the old one between two requests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

from webstead.policies import NO_POLICIES, Policies

__all__ = [
    "VIEWS",
    "Certificate",
    "Endpoint",
    "FailureText",
    "PoolEntry",
    "SiteFiles",
    "SiteTable",
    "View",
    "Why",
    "view_of",
    "why_of",
]

Protocol = Literal["fastcgi", "http"]
Status = Literal["ready", "starting", "dormant", "failed"]

Why = Literal["idle", "requests", "silence", "request", "stderr"]
"""Why an instance is to end, as the front sees it. The names are those of Policies."""

_WHYS: tuple[Why, ...] = get_args(Why)

View = Literal["sites", "management"]
"""Who comes on a listener: its own routes lead from there. On a port of the management, the host name of a
site leads to the management."""

VIEWS: tuple[View, ...] = get_args(View)


def why_of(word: str) -> Why:
    """Raises ValueError for a word that is none."""
    for why in _WHYS:
        if why == word:
            return why
    raise ValueError(f"not a reason to end an instance: {word!r}")


def view_of(word: str) -> View:
    """Raises ValueError for a word that is none."""
    for view in VIEWS:
        if view == word:
            return view
    raise ValueError(f"not a view: {word!r}")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of PEM files. chain: the certificate, and those between it and its authority. key: its private
    key, without a password."""

    chain: str
    key: str


@dataclass(frozen=True, slots=True)
class FailureText:
    """Why a pool answers nothing, for the error page. status: 500, 502 or 503. Only local clients see found,
    fix, detail. sub_status: IIS's, 0 for none."""

    status: int
    what: str
    found: str = ""
    fix: str = ""
    detail: str = ""
    sub_status: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One instance. address: `unix:/path` or `127.0.0.1:port`. name: as in the log prefix."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """pool: the handler's key. status: `dormant` when no instance runs because none was asked for, or when
    one is being started for that reason: requests wait for it. endpoints: the instances that answer now;
    empty unless ready. at_once: requests that one of them is given at a time, 0 for as many as the front has.
    keeps: whether a connection serves one request after the other; else each has its own, which waits in the
    instance's socket until some process takes it, so that none is lost when one ends between two requests.
    dormant: how many more instances would start if they were wanted. startup_seconds: how
    long requests wait for a start, besides what they wait for a restart: 0 while one goes on."""

    pool: str
    protocol: Protocol
    status: Status
    endpoints: tuple[Endpoint, ...] = ()
    failure: FailureText | None = None
    at_once: int = 0
    keeps: bool = True
    dormant: int = 0
    startup_seconds: float = 0.0
    policies: Policies = NO_POLICIES


@dataclass(frozen=True, slots=True)
class SiteTable:
    """configs: (folder, text) of every web.config, folder relative to wwwroot with `/`, "" for the root.
    beside: (path, text) of the files that they take sections from, relative to wwwroot. virtual: (URL path,
    folder on disk). failed: the folder where failed requests are kept, "" for none. offline: the page that is
    the answer to every request, a character a byte; None when the site is on. logs: the site's log folder,
    where its access log is written; "" for none. kept: a
    folder besides wwwroot that links in it may lead to, "" for none."""

    revision: int
    wwwroot: str
    configs: tuple[tuple[str, str], ...]
    pools: tuple[PoolEntry, ...]
    virtual: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    failed: str = ""
    offline: str | None = None
    kept: str = ""
    logs: str = ""

    def to_json(self) -> str:
        return json.dumps(
            {
                "revision": self.revision,
                "wwwroot": self.wwwroot,
                "configs": self.configs,
                "virtual": self.virtual,
                "beside": self.beside,
                "failed": self.failed,
                "offline": self.offline,
                "kept": self.kept,
                "logs": self.logs,
                "pools": [
                    {
                        "pool": p.pool,
                        "protocol": p.protocol,
                        "status": p.status,
                        "endpoints": [(e.name, e.address) for e in p.endpoints],
                        "failure": p.failure
                        and {
                            "status": p.failure.status,
                            "what": p.failure.what,
                            "found": p.failure.found,
                            "fix": p.failure.fix,
                            "detail": p.failure.detail,
                            "sub_status": p.failure.sub_status,
                        },
                        "at_once": p.at_once,
                        "keeps": p.keeps,
                        "dormant": p.dormant,
                        "startup_seconds": p.startup_seconds,
                        "policies": p.policies.as_json(),
                    }
                    for p in self.pools
                ],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> SiteTable:
        data: dict[str, Any] = json.loads(text)
        return cls(
            revision=data["revision"],
            wwwroot=data["wwwroot"],
            configs=tuple((folder, text) for folder, text in data["configs"]),
            virtual=tuple((path, folder) for path, folder in data["virtual"]),
            beside=tuple((path, text) for path, text in data["beside"]),
            failed=data["failed"],
            offline=data["offline"],
            kept=data["kept"],
            logs=data["logs"],
            pools=tuple(
                PoolEntry(
                    pool=p["pool"],
                    protocol=p["protocol"],
                    status=p["status"],
                    endpoints=tuple(Endpoint(name, address) for name, address in p["endpoints"]),
                    failure=FailureText(**p["failure"]) if p["failure"] else None,
                    at_once=p["at_once"],
                    keeps=p["keeps"],
                    dormant=p["dormant"],
                    startup_seconds=p["startup_seconds"],
                    policies=Policies.from_json(p["policies"]),
                )
                for p in data["pools"]
            ),
        )


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """The part of the table that comes from the site's files; the fields are the table's."""

    wwwroot: str
    configs: tuple[tuple[str, str], ...]
    virtual: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    failed: str = ""
    offline: str | None = None
    kept: str = ""

    def table(self, revision: int, pools: tuple[PoolEntry, ...], logs: str = "") -> SiteTable:
        return SiteTable(
            *(revision, self.wwwroot, self.configs, pools),
            virtual=self.virtual,
            beside=self.beside,
            failed=self.failed,
            offline=self.offline,
            kept=self.kept,
            logs=logs,
        )
