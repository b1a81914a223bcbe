"""Which release became the current one, when and why."""

from __future__ import annotations

from datetime import datetime

from webstead.site.store.database import Store, time_text
from webstead.site.store.model import Activation

__all__ = ["activations", "record_activation"]


def record_activation(store: Store, activation: Activation) -> None:
    row = (activation.site, activation.release, time_text(activation.time), activation.why, activation.by)
    with store.write() as connection:
        connection.execute(
            "INSERT INTO activations (site, release, time, why, by) VALUES (?, ?, ?, ?, ?)", row
        )


def activations(store: Store, site: str) -> tuple[Activation, ...]:
    """The newest first."""
    with store.read() as connection:
        rows = connection.execute("SELECT * FROM activations WHERE site = ? ORDER BY number DESC", (site,))
        return tuple(
            Activation(
                row["site"], row["release"], datetime.fromisoformat(row["time"]), row["why"], row["by"]
            )
            for row in rows
        )
