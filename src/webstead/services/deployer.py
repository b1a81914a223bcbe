"""What the management asks of deployments, as a Protocol; `site.deploy` is what does it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from webstead.errors import WebsteadError
from webstead.site.deploy.model import Request
from webstead.site.store.model import Deployment

__all__ = ["Deployer", "LockHolder"]


@dataclass(frozen=True, slots=True)
class LockHolder:
    """what: is done. by: whom. since: when it began. deployment: its id, "" for none."""

    what: str
    by: str
    since: datetime
    deployment: str = ""


class Deployer(Protocol):
    """Each call blocks. `Locked`, an error with the status 409, is raised when the site's lock is held."""

    def holder(self, site: str) -> LockHolder | None:
        """Who holds the site's lock now."""
        ...

    def hold(self, site: str, what: str, by: str, *, seconds: float = 0) -> AbstractContextManager[object]:
        """Hold the lock; wait so long for it. Nobody else is at the site's releases then. Raises Locked."""
        ...

    def cancel(self, site: str, by: str, deployment: str = "") -> bool:
        """Ask the holder to stop; False when there is none, or it is at another deployment than this one."""
        ...

    def reserve(self, request: Request) -> str:
        """The id of a temporary deployment that stands until one begins with it, or it is closed."""
        ...

    def close(self, site: str, reserved: str, error: WebsteadError) -> None:
        """It failed, unless one has begun with it."""
        ...

    def deploy(
        self, request: Request, reserved: str = "", begun: Callable[[], None] = lambda: None
    ) -> Deployment:
        """Raises Locked before it begins. begun: is called once, when it is recorded and the lock is its own;
        what fails from then on is recorded, and raised."""
        ...

    def redeploy(self, site: str, deployment: str, *, clean: bool, by: str) -> Deployment:
        """Raises as `deploy`; an error with the status 404 when nothing of it is left to deploy."""
        ...

    def rollback(self, site: str, release: str | None, by: str) -> str:
        """To this release, or the one before the current one; its id. Raises WebsteadError."""
        ...

    def follow_package(self, site: str) -> bool:
        """Whether a package that WEBSITE_RUN_FROM_PACKAGE names now was deployed. Raises as `deploy`."""
        ...

    def follow_packages(self) -> None:
        """The same of all sites; what fails is in the log."""
        ...

    def publish(self, site: str, event: str, body: bytes) -> None:
        """Tell the site's hooks of this event."""
        ...

    def recover(self) -> None:
        """Close what a crash cut off."""
        ...
