"""The lock of a site's deployments: one at a time, and who holds it can be seen and asked to stop.

It is the system's lock on `site/locks/deployments.lock`, so that it ends with its holder, however that ends.
Beside it a note says who holds it, and, when somebody wants it to stop, another one says that.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import write_atomically
from webstead.effects.lock import try_locked
from webstead.errors import WebsteadError
from webstead.site.homes import SiteHome

__all__ = ["Cancelled", "Held", "Holder", "Locked", "cancel", "forget", "hold", "holder", "was_cut_off"]

_RETRY_SECONDS = 0.05
_SHORTEST_SECONDS = 0.25
"""Even who does not wait tries for so long: somebody may only be looking whether it is held."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock. what: is done, as `deployment`. by: whom. deployment: its id, "" for none. token:
    of this hold alone."""

    what: str
    by: str
    since: datetime
    pid: int
    deployment: str = ""
    token: str = ""


class Locked(WebsteadError):
    """Somebody else is at it."""

    exit_code = 2
    http_status = 409
    kind = "locked"

    def __init__(self, site: str, holder: Holder | None, now: datetime) -> None:
        self.holder = holder
        name = f" {holder.deployment[:10]}" if holder and holder.deployment else ""
        found = (
            f"{holder.what}{name} by {holder.by or 'somebody'}, since "
            f"{holder.since:%Y-%m-%d %H:%M:%S} UTC ({_age(now, holder.since)})"
            if holder
            else "its holder has not said yet who it is"
        )
        super().__init__(
            "There is a deployment currently in progress.",
            found=found,
            fix=f"Wait for its end, or cancel it: DELETE /api/lock of {site}'s management.",
        )


class Cancelled(WebsteadError):
    """What was done here was cancelled by somebody."""

    exit_code = 5
    http_status = 409
    kind = "cancelled"

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(
            f"Cancelled by {by or 'somebody'}.",
            found="The site serves what it served before.",
            fix="Deploy again.",
        )


@dataclass(frozen=True, slots=True)
class Held:
    """The lock, in its holder's hand."""

    home: SiteHome
    token: str
    deployment: str = ""

    def cancelled_by(self) -> str | None:
        """Who has asked this holder to stop."""
        data = _read(_wish(self.home))
        return str(data.get("by", "")) if data and data.get("token") == self.token else None

    def check(self) -> None:
        """Raises Cancelled."""
        by = self.cancelled_by()
        if by is not None:
            raise Cancelled(by)


@contextmanager
def hold(
    home: SiteHome,
    what: str,
    by: str,
    *,
    deployment: str = "",
    seconds: float = 0.0,
    clock: Clock | None = None,
) -> Iterator[Held]:
    """Hold the lock. seconds: how long to wait for it. Raises Locked, OSError."""
    clock = clock or SystemClock()
    end = time.monotonic() + max(seconds, _SHORTEST_SECONDS)
    while True:
        with try_locked(home.lock) as descriptor:
            if descriptor is not None:
                token = secrets.token_hex(8)
                _note_down(home, Holder(what, by, clock.now(), os.getpid(), deployment, token))
                try:
                    yield Held(home, token, deployment)
                finally:
                    with contextlib.suppress(OSError):  # a note without its lock is none
                        forget(home)
                return
        if time.monotonic() >= end:
            raise Locked(home.name, _noted(home), clock.now())
        time.sleep(_RETRY_SECONDS)


def holder(home: SiteHome) -> Holder | None:
    """Who holds it now. A note that a crash left behind is none."""
    noted = _noted(home)
    if noted is None:
        return None
    with try_locked(home.lock) as descriptor:
        return noted if descriptor is None else None


def cancel(home: SiteHome, by: str = "", deployment: str = "") -> bool:
    """Ask the holder to stop: it looks between its steps, and ends the program that it waits for. deployment:
    only when it is at that one; "" for whatever it does. Whether there is one."""
    found = holder(home)
    if found is None or deployment not in ("", found.deployment):
        return False
    write_atomically(_wish(home), json.dumps({"token": found.token, "by": by}).encode(), 0o600)
    return True


def was_cut_off(home: SiteHome) -> bool:
    """Whether a holder was killed. Call it with the lock held, before anybody notes anything down."""
    return _note(home).exists()


def forget(home: SiteHome) -> None:
    """Remove what was noted of a holder that holds it no longer. Call it with the lock held."""
    _note(home).unlink(missing_ok=True)
    _wish(home).unlink(missing_ok=True)


def _note(home: SiteHome) -> Path:
    return home.lock.with_suffix(".json")


def _wish(home: SiteHome) -> Path:
    return home.lock.with_suffix(".cancel")


def _note_down(home: SiteHome, holder: Holder) -> None:
    facts = {
        "what": holder.what,
        "by": holder.by,
        "since": holder.since.isoformat(),
        "pid": holder.pid,
        "deployment": holder.deployment,
        "token": holder.token,
    }
    _wish(home).unlink(missing_ok=True)
    write_atomically(_note(home), json.dumps(facts).encode(), 0o600)


def _noted(home: SiteHome) -> Holder | None:
    data = _read(_note(home))
    if data is None:
        return None
    with contextlib.suppress(ValueError, TypeError):
        words = {name: str(data.get(name, "")) for name in ("what", "by", "deployment", "token")}
        pid = data.get("pid")
        since = datetime.fromisoformat(str(data.get("since")))
        return Holder(
            words["what"],
            words["by"],
            since,
            pid if isinstance(pid, int) else 0,
            words["deployment"],
            words["token"],
        )
    return None


def _read(path: Path) -> dict[str, object] | None:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def _age(now: datetime, since: datetime) -> str:
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
