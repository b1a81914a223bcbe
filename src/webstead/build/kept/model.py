"""An environment as it is kept, and whether it may go. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

__all__ = ["Kept", "State", "Verdict", "verdict"]

State = Literal["whole", "interrupted", "building"]


@dataclass(frozen=True, slots=True)
class Kept:
    """key: the name of its folder. python: its version, "" when that is unknown. used: when a site was last
    planned or started with it, or, for one without a marker, when something was last written into it. size:
    bytes of its files. own: of those that nobody else links, which is what its removal frees. holders: the
    projects that were last built with it. running: processes that run in it."""

    key: str
    path: str
    state: State
    python: str
    created: datetime | None
    used: datetime
    size: int
    own: int
    holders: tuple[str, ...] = ()
    running: tuple[int, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "key": self.key,
            "path": self.path,
            "state": self.state,
            "python": self.python,
            "created": self.created.isoformat(timespec="seconds") if self.created else None,
            "used": self.used.isoformat(timespec="seconds"),
            "size": self.size,
            "own": self.own,
            "holders": list(self.holders),
            "running": list(self.running),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """goes: whether it may be removed. why: in a few words."""

    goes: bool
    why: str


def verdict(kept: Kept, now: datetime, age: timedelta) -> Verdict:
    """The first row that fits decides. age: how long an environment stays that no project holds."""
    rows = (
        (kept.state == "building", False, "is being built"),
        (bool(kept.running), False, f"is running (process {', '.join(map(str, kept.running[:3]))})"),
        (kept.state == "interrupted", True, "a build that was interrupted"),
        (bool(kept.holders), False, "a site is built with it"),
        (now - kept.used < age, False, f"was used within {_days(age)}"),
        (True, True, f"no site is built with it; used {_days(now - kept.used)} ago"),
    )
    return next(Verdict(goes, why) for fits, goes, why in rows if fits)


def _days(span: timedelta) -> str:
    if span < timedelta(days=1):
        hours = int(span / timedelta(hours=1))
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{span.days} day{'' if span.days == 1 else 's'}"
