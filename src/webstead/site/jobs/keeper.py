"""All jobs of a server's sites: continuous ones are held, triggered ones are run when they are due.

A look every two seconds finds what has changed: jobs that came or went with a deployment, settings, sites
that were stopped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from webstead.effects.clock import Clock
from webstead.errors import WebsteadError
from webstead.site.homes import ServerHome
from webstead.site.jobs.catalogue import find_jobs, folder_of, is_disabled
from webstead.site.jobs.continuous import Status, Worker
from webstead.site.jobs.model import Job
from webstead.site.jobs.runs import AlreadyRuns, Surroundings, run_job
from webstead.site.store import Store
from webstead.site.store.model import SiteRecord
from webstead.site.store.sites import list_sites

__all__ = ["JobKeeper"]

LOOK_SECONDS = 2.0
_LAST_SECONDS = 10.0

_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""A site and a job of it."""


class JobKeeper:
    """surroundings: what the processes of a site are given; blocks, and may raise OSError."""

    def __init__(
        self,
        server: ServerHome,
        store: Store,
        clock: Clock,
        surroundings: Callable[[SiteRecord], Surroundings],
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._server = server
        self._store = store
        self._clock = clock
        self._surroundings = surroundings
        self._look_seconds = look_seconds
        self._workers: dict[Key, Worker] = {}
        self._due: dict[Key, tuple[str, datetime | None]] = {}
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="jobs", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Ends the continuous jobs; runs of triggered ones end with the process."""
        self._ending.set()
        self._wake.set()
        self._thread.join(_LAST_SECONDS)
        enders = [threading.Thread(target=worker.end) for worker in self._workers.values()]
        for each in enders:
            each.start()
        for each in enders:
            each.join(_LAST_SECONDS)

    def look(self) -> None:
        """Now, not at the next turn: something has changed."""
        self._wake.set()

    def status(self, site: str, job: str) -> Status:
        """Of a continuous job."""
        worker = self._workers.get((site, job))
        return worker.status if worker is not None else "Stopped"

    def _keep(self) -> None:
        while not self._ending.is_set():
            self._wake.wait(self._look_seconds)
            self._wake.clear()
            if self._ending.is_set():
                return
            try:
                self._turn()
            except WebsteadError as error:
                _log.warning("%s %s", error.what, error.found)

    def _turn(self) -> None:
        sites = {record.name: record for record in list_sites(self._store)}
        wanted: dict[Key, Job] = {}
        for name, record in sites.items():
            for job in find_jobs(self._server.site(name)) if not record.stopped else ():
                if job.kind == "triggered":
                    self._ask(record, job)
                elif job.host is not None and not is_disabled(self._server.site(name), job.name):
                    wanted[name, job.name] = job
        self._follow(wanted, sites)

    def _follow(self, wanted: dict[Key, Job], sites: dict[str, SiteRecord]) -> None:
        for key, worker in list(self._workers.items()):
            job = wanted.get(key)
            home = self._server.site(key[0])
            same = job == worker.job and worker.folder == folder_of(home, "continuous", key[1]).resolve()
            if not same:
                del self._workers[key]
                threading.Thread(target=worker.end, daemon=True).start()
        for key, job in wanted.items():
            if key not in self._workers:
                record = sites[key[0]]
                worker = Worker(
                    self._server.site(key[0]), job, partial(self._surroundings, record), self._clock
                )
                self._workers[key] = worker
                worker.begin()

    def _ask(self, record: SiteRecord, job: Job) -> None:
        """Run it if it is due."""
        key, schedule = (record.name, job.name), job.settings.schedule
        if schedule is None:
            self._due.pop(key, None)
            return
        now = self._clock.now()
        text, due = self._due.get(key, ("", None))
        if text != schedule.text:
            self._due[key] = (schedule.text, schedule.next(now))
        elif due is not None and due <= now:
            self._due[key] = (text, schedule.next(now))
            work = threading.Thread(target=self._run, args=(record, job), name=f"job {job.name}", daemon=True)
            work.start()

    def _run(self, record: SiteRecord, job: Job) -> None:
        trigger = f"Schedule - {job.settings.schedule.text}" if job.settings.schedule else ""
        try:
            home = self._server.site(record.name)
            run_job(home, job, self._surroundings(record), self._clock, trigger=trigger)
        except AlreadyRuns:
            _log.info("%s: %s is due and runs still", record.name, job.name)
        except (WebsteadError, OSError) as error:
            _log.warning("%s: %s cannot run: %s", record.name, job.name, error)
