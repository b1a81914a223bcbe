"""Which release became the current one, when and why."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from webstead.site.store.columns import plain, time_text
from webstead.site.store.database import Store
from webstead.site.store.model import Activation

__all__ = ["activations", "ensure_activation", "record_activation"]

MOST = 1000
"""That are told: enough for any person, and for a site that is deployed every few minutes for days."""


def record_activation(store: Store, activation: Activation) -> None:
    row = (
        activation.site,
        activation.release,
        time_text(activation.time),
        activation.why,
        plain(activation.by),
    )
    with store.write() as connection:
        connection.execute(
            "INSERT INTO activations (site, release, time, why, by) VALUES (?, ?, ?, ?, ?)", row
        )


def ensure_activation(store: Store, site: str, release: str, now: datetime) -> None:
    """Record that this release is the current one, where a deployment that was cut off, or met a full disk,
    could not."""
    known = activations(store, site)
    if not known or known[0].release != release:
        record_activation(store, Activation(site, release, now, "deployment", ""))


def activations(store: Store, site: str) -> tuple[Activation, ...]:
    """The newest first, at most MOST."""
    return store.select(
        _activation, "SELECT * FROM activations WHERE site = ? ORDER BY number DESC LIMIT ?", site, MOST
    )


def _activation(row: sqlite3.Row) -> Activation:
    return Activation(
        site=row["site"],
        release=row["release"],
        time=datetime.fromisoformat(row["time"]),
        why=row["why"],
        by=row["by"],
    )
