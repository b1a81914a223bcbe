"""A place in a pool: a slot, and the socket through which its instances are reached."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from webstead.host.instance import Instance
from webstead.host.policy import Limits
from webstead.host.seat import SocketSeat
from webstead.host.slot import Slot
from webstead.policies import Policies
from webstead.site_table import Endpoint

__all__ = ["Place", "limits_of"]


@dataclass(slots=True, eq=False)
class Place:
    """name: of its instances, as in the log. seat: None for platform processes, which have a port each.
    is_renewed: its successor is under way."""

    name: str
    slot: Slot
    seat: SocketSeat | None = None
    is_renewed: bool = field(default=False)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where new requests may go; None for nowhere."""
        running = self.slot.running
        if self.slot.state != "ready" or not isinstance(running, Instance):
            return None
        return Endpoint(self.name, running.address)

    def close(self) -> None:
        if self.seat is not None:
            self.seat.close()

    def shed(self) -> None:
        """Nothing will run here for a while: who waits is not left waiting."""
        if self.seat is not None and self.slot.running is None:
            self.seat.shed()


def limits_of(limits: Limits, policies: Policies) -> Limits:
    """The limits, as far as the site's files do not say otherwise."""
    if policies.rapid_fails is not None:
        limits = replace(limits, rapid_exits=int(policies.rapid_fails.value))
    if policies.start_retries is not None:
        limits = replace(limits, start_retries=int(policies.start_retries.value))
    return limits
