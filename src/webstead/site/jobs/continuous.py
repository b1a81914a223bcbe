"""One continuous job: begun, begun again when it ends, ended when it is stopped or its files are others."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Literal

from webstead.effects.clock import Clock
from webstead.effects.plain_files import open_plain
from webstead.errors import WebsteadError
from webstead.host.confinement import as_owner_of
from webstead.site.homes import SiteHome
from webstead.site.jobs.catalogue import data_of, folder_of
from webstead.site.jobs.model import Job
from webstead.site.jobs.process import JobProcess, spawn
from webstead.site.jobs.runs import Surroundings, job_variables, words_of

__all__ = ["LOG", "RESTART_SECONDS", "Status", "Worker"]

Status = Literal["Initializing", "Starting", "Running", "PendingRestart", "Stopped"]

LOG = "job_log.txt"
_MOST_LOG = 1 << 20
RESTART_SECONDS = 60.0
"""From its end to its next start, as Kudu's WEBJOBS_RESTART_TIME."""


class Worker:
    """Runs the job in a thread of its own from `begin` to `end`. surroundings: asked before each start;
    blocks."""

    def __init__(
        self,
        home: SiteHome,
        job: Job,
        surroundings: Callable[[], Surroundings],
        clock: Clock,
        *,
        restart_seconds: float = RESTART_SECONDS,
    ) -> None:
        self.job = job
        self.folder = folder_of(home, "continuous", job.name).resolve()
        self.status: Status = "Initializing"
        self._home = home
        self._surroundings = surroundings
        self._clock = clock
        self._restart_seconds = restart_seconds
        self._data = data_of(home, "continuous", job.name)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"job {job.name}", daemon=True)
        self._lock = threading.Lock()
        self._process: JobProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def begin(self) -> None:
        with as_owner_of(self._home.data):
            self._data.mkdir(parents=True, exist_ok=True)
            self._shutdown.unlink(missing_ok=True)
        self._thread.start()

    def end(self) -> None:
        """Ask it to end by its shutdown file, then by SIGTERM, and make it. Returns when it has ended."""
        self._stop.set()
        with as_owner_of(self._home.data):
            self._data.mkdir(parents=True, exist_ok=True)
            self._shutdown.touch()
        process = self._process
        if process is not None:
            self._thread.join(self.job.settings.stopping_seconds)
            if self._thread.is_alive():
                process.end(1.0)
        self._thread.join()
        self.status = "Stopped"
        self._say("SYS INFO", "Status changed to Stopped")

    @property
    def _shutdown(self) -> Path:
        return self._data / "shutdown"

    def _run(self) -> None:
        while not self._stop.is_set():
            self.status = "Starting"
            try:
                self._run_once()
            except (OSError, WebsteadError) as error:
                found = (error.found or error.what) if isinstance(error, WebsteadError) else str(error)
                self._say("SYS ERR ", f"It cannot be started: {found}")
            if self._stop.is_set():
                return
            self.status = "PendingRestart"
            self._say("SYS INFO", f"Process went down, waiting for {self._restart_seconds:g} seconds")
            self._stop.wait(self._restart_seconds)

    def _run_once(self) -> None:
        surroundings = self._surroundings()
        words = words_of(self.job, surroundings.python)
        more = {"WEBJOBS_SHUTDOWN_FILE": str(self._shutdown)}
        self._say("SYS INFO", f"Run script '{self.job.script}' with script host - '{words[0]}'")
        self.status = "Running"  # before its first line, which may be logged before it is known to have begun
        self._process = spawn(
            words,
            folder=self.folder,
            variables=job_variables(self.job, self._home, surroundings, more),
            confinement=surroundings.confinement,
            told=lambda stream, line: self._say("INFO" if stream == "stdout" else "ERR ", line),
        )
        code = self._process.wait()
        self._process = None
        level = "SYS INFO" if code == 0 else "SYS ERR "
        self._say(level, f"Job ended with exit code {code}")

    def _say(self, kind: str, text: str) -> None:
        """One line of its log, which has two files: the newest lines, and those before."""
        now = self._clock.now().astimezone(UTC)
        with self._lock, as_owner_of(self._home.data):
            path = self._data / LOG
            try:
                if path.exists() and path.stat().st_size > _MOST_LOG:
                    path.replace(self._data / f"{LOG}.1")
                opened = open_plain(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                with open(opened, "a", encoding="utf-8") as file:
                    file.write(f"[{now:%m/%d/%Y %H:%M:%S} > {kind}] {text}\n")
            except OSError:  # a full disk stops no job
                return
