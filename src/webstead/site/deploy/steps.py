"""The steps of a deployment as its record shows them, and how long each took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from webstead.site.deploy.record import Record
from webstead.site.deploy.work import Work
from webstead.site.store.model import Status

__all__ = ["Steps"]


@dataclass(slots=True)
class Steps:
    """Of one deployment. seconds: by the step's name."""

    work: Work
    record: Record
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def doing(self, name: str, progress: str, status: Status = Status.BUILDING) -> Iterator[None]:
        """Raises Cancelled before it begins."""
        self.work.held.check()
        self.record.put(replace(self.record.now, status=status, progress=progress))
        began = self.work.clock.monotonic()
        yield
        self.seconds[name] = self.work.clock.monotonic() - began

    @property
    def spent(self) -> str:
        """As a sentence."""
        return f"It took: {', '.join(f'{name} {seconds:.1f} s' for name, seconds in self.seconds.items())}."
