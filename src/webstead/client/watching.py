"""A deployment followed to its end, line by line.

Kudu's `latest` tells of a temporary deployment first, which the real one then replaces: what was told under
one id is not told again under the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from webstead.client.api import Api
from webstead.client.deployments import Accepted, Deployment, Line, log_lines, read_deployment
from webstead.errors import RemoteError

__all__ = ["Watcher", "followed"]

_POLL_SECONDS = (0.2, 0.3, 0.5, 1.0)
"""Between two looks: a redeployment takes a second, and a long build is not asked five times a second."""

_FIRST_LOOKS = 30
"""How often an id that was told may be unknown at first: Kudu makes it known when it begins."""


@dataclass(slots=True)
class Watcher:
    """What has been told of a deployment's log."""

    site: Api
    tell: Callable[[Line], None]
    _told: Counter[tuple[str, str]] = field(default_factory=Counter)
    _below: dict[str, int] = field(default_factory=dict)
    _open: str = ""

    def look(self, deployment: str, *, last: bool = False) -> None:
        """Tell what is new. Only below the latest line more can come; last: look below all of them."""
        lines = log_lines(self.site, deployment)
        latest = next((line.details for line in reversed(lines) if line.details), "")
        seen: Counter[tuple[str, str]] = Counter()
        for line in lines:
            key = (line.time, line.text)
            seen[key] += 1
            if seen[key] > self._told[key]:
                self._told[key] = seen[key]
                self.tell(line)
            if line.details and (
                last or line.details in (latest, self._open) or line.details not in self._below
            ):
                self._look_below(deployment, line.details)
        self._open = latest

    def _look_below(self, deployment: str, parent: str) -> None:
        lines = log_lines(self.site, deployment, parent)
        for line in lines[self._below.get(parent, 0) :]:
            self.tell(line)
        self._below[parent] = len(lines)


def followed(
    site: Api, accepted: Accepted, tell: Callable[[Line], None], told: Callable[[str], None]
) -> Deployment:
    """The deployment when it has ended, well or not. told: hears that the server is away. Raises RemoteError
    when it stays away, or knows no such deployment."""
    watcher, pauses, unknown = Watcher(site, tell), _pauses(), 0
    while True:
        try:
            deployment = _looked_at(site, accepted, told, known=unknown >= _FIRST_LOOKS)
        except RemoteError as error:
            unknown += 1
            if error.status != 404 or unknown > 2 * _FIRST_LOOKS:
                raise
            site.pause(next(pauses))
            continue
        watcher.look(deployment.id, last=deployment.complete)
        if deployment.complete:
            return deployment
        site.pause(next(pauses))


def _looked_at(site: Api, accepted: Accepted, told: Callable[[str], None], *, known: bool) -> Deployment:
    """By its id; by the path that was given with it, where that is not known."""
    if accepted.id and not known:
        return read_deployment(site.patient_get(f"/api/deployments/{accepted.id}", told))
    return read_deployment(site.patient_get(accepted.path, told))


def _pauses() -> Iterator[float]:
    yield from _POLL_SECONDS
    while True:
        yield _POLL_SECONDS[-1]
