"""The files in which Kudu keeps a deployment's log (`log.log`) and which deployment is the active one
(`active`), below site/deployments (reference 2.7).

They are written for people, and for who reads a dump of the site: once each, when all is known. Nothing of
ours reads them, so that nobody fights over them; the records are in the database.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

from webstead.effects.files import write_atomically
from webstead.site.homes import SiteHome
from webstead.site.releases.note import read_note
from webstead.site.store import Store
from webstead.site.store.deployment_log import entries
from webstead.site.store.model import LogEntry

__all__ = ["log_line", "write_active", "write_log"]

_LOG, _ACTIVE = "log.log", "active"

_ESCAPED = str.maketrans({",": "&comma;", "\n": "\\n", "\r": "\\r", "\t": " "})
"""A comma ends a field, an end of line an entry, and a tab begins what stands below one."""


def log_line(entry: LogEntry) -> str:
    """As `2026-11-26T12:00:00.0000000Z,Unpacking,ID,0`; below another entry after a tab, without an id.
    Pure."""
    indent = "\t" if entry.parent else ""
    fields = (_time(entry.time), entry.message.translate(_ESCAPED), "" if entry.parent else entry.id)
    return f"{indent}{','.join(fields)},{int(entry.type)}"


def write_log(store: Store, home: SiteHome, deployment: str) -> None:
    """Of one that has ended. A disk that does not take it is no reason for more."""
    lines = [log_line(entry) for entry in _all(store, home.name, deployment)]
    folder = home.deployments / deployment
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / _LOG, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def write_active(home: SiteHome) -> None:
    """After the pointer has moved: the deployment that made the release that serves."""
    active = read_note(home, home.release).deployment
    with contextlib.suppress(OSError):
        write_atomically(home.deployments / _ACTIVE, active.encode())


def _all(store: Store, site: str, deployment: str) -> Iterator[LogEntry]:
    for entry in entries(store, site, deployment):
        yield entry
        if entry.has_children:
            yield from entries(store, site, deployment, entry.id)


def _time(time: datetime) -> str:
    """.NET's seven digits."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
