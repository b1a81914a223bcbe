"""The programs of a deployment: each ends when the deployment is cancelled, with all that it has started; and
those of one that was killed are ended by who comes next."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from webstead.effects.processes import Completed, OnLine, Runner, TimedOut, run
from webstead.errors import WebsteadError
from webstead.host.isolation import TAG, adopt_orphans, end_all, end_tagged, tag_of
from webstead.site.deploy.lock import Held
from webstead.site.deploy.log import DeploymentLog
from webstead.site.homes import SiteHome

__all__ = ["WatchedRunner", "end_strays"]

_LOOK_SECONDS = 0.25

_OF = "WEBSTEAD_DEPLOYS_TO"
"""A variable that each of them has, and so what it starts: the home of the site."""


@dataclass(frozen=True, slots=True)
class WatchedRunner:
    """A Runner. Raises Cancelled when the deployment was cancelled while the program ran."""

    held: Held
    log: DeploymentLog
    through: Runner = run

    def __call__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: OnLine | None = None,
        timeout: float | None = None,
        keep: Sequence[int] = (),
    ) -> Completed:
        self.held.check()
        tag = env.get(TAG) or tag_of("deploy")
        ended = threading.Event()
        watching = threading.Thread(target=self._watch, args=(tag, ended), daemon=True)
        adopt_orphans()  # what has detached itself is found by its tag
        watching.start()
        own = {TAG: tag, _OF: str(self.held.home.root)}
        try:
            return self.through(
                words, cwd=cwd, env={**env, **own}, on_line=on_line, timeout=timeout, keep=keep
            )
        except TimedOut:
            self.held.check()
            raise
        finally:
            ended.set()
            watching.join()
            self.held.check()

    def _watch(self, tag: str, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_SECONDS):
            if self.held.cancelled_by() is not None:
                end_tagged(tag)
            with suppress(WebsteadError):  # the next tick records it, if the disk takes it then
                self.log.tick()


def end_strays(home: SiteHome) -> None:
    """End the programs of a deployment to this site that was killed: they would go on to write where the next
    one does. Call it with the lock held."""
    asyncio.run(end_all([each for each in psutil.process_iter() if _deploys_to(each, str(home.root))]))


def _deploys_to(process: psutil.Process, root: str) -> bool:
    try:
        return process.environ().get(_OF) == root
    except psutil.Error:  # it has gone, or is another user's
        return False
