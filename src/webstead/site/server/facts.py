"""What is recorded of a site, and what a change of it asks for, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from webstead.site.store.model import SiteOptions, SiteRecord

__all__ = ["STEPS", "Change", "Facts", "Step", "changes", "steps"]


@dataclass(frozen=True, slots=True)
class Facts:
    """settings: the app's. release: what the pointer leads to; None when nothing was deployed."""

    record: SiteRecord
    settings: Mapping[str, str]
    release: str | None


Change = Literal["gone", "hosts", "stopped", "started", "settings", "confinement", "release", "always_on"]

Step = Literal["forget", "reroute", "cool", "warm", "renew"]
"""`renew`: new instances take over from the old, with what is recorded now."""

STEPS: dict[Change, tuple[Step, ...]] = {
    "gone": ("forget", "reroute"),
    "hosts": ("reroute", "renew"),
    "stopped": ("cool",),
    "started": ("cool",),
    "settings": ("renew",),
    "confinement": ("renew",),
    "release": ("renew",),
    "always_on": ("warm",),
}
"""A site that was stopped or started is cold first: what answers for it then begins with the next request.
Its first host name is a variable of its processes, so that a change of the hosts renews them."""

_CONFINING = ("user", "memory_mb", "cpu_percent", "read_only")


def changes(old: Facts, new: Facts | None) -> frozenset[Change]:
    """old: what is served. new: what is recorded; None when the site was deleted."""
    if new is None:
        return frozenset({"gone"})
    found: dict[Change, bool] = {
        "hosts": old.record.hosts != new.record.hosts,
        "stopped": new.record.stopped and not old.record.stopped,
        "started": old.record.stopped and not new.record.stopped,
        "settings": dict(old.settings) != dict(new.settings),
        "confinement": _confinement(old.record.options) != _confinement(new.record.options),
        "release": old.release != new.release,
        "always_on": new.record.options.always_on and not new.record.stopped,
    }
    return frozenset(change for change, holds in found.items() if holds)


def steps(found: frozenset[Change]) -> frozenset[Step]:
    return frozenset(step for change in found for step in STEPS[change])


def _confinement(options: SiteOptions) -> tuple[object, ...]:
    return tuple(getattr(options, name) for name in _CONFINING)
