"""Runs of triggered jobs: one at a time of each, in the background, with what they wrote and how they ended
kept.

`data/jobs/triggered/NAME/ID/` has `status.json`, `output_log.txt` and `error_log.txt`. A run whose record
says that it runs, and whose lock nobody holds, was cut off.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO, get_args

from webstead.effects.clock import Clock
from webstead.effects.files import write_atomically
from webstead.effects.lock import try_locked
from webstead.effects.plain_files import open_plain, read_plain, read_up_to
from webstead.errors import UsageError
from webstead.host.confinement import FREE, Confinement, as_ourselves, as_owner_of
from webstead.site.homes import SiteHome
from webstead.site.jobs.catalogue import data_of, folder_of
from webstead.site.jobs.model import Job
from webstead.site.jobs.process import spawn

__all__ = [
    "ERRORS",
    "OUTPUT",
    "AlreadyRuns",
    "Ended",
    "Run",
    "Surroundings",
    "find_run",
    "history",
    "output_of",
    "run_job",
    "words_of",
]

VERSION = 1
OUTPUT, ERRORS = "output_log.txt", "error_log.txt"
_STATUS = "status.json"
KEPT = 50
"""Runs of each job, as Kudu's WEBJOBS_HISTORY_SIZE."""

_LONGEST_LOG = 8 << 20
"""Characters of each of the two files; what a run writes beyond is not kept, and that is said."""

_LARGEST_OUTPUT = 4 * _LONGEST_LOG
"""Bytes: a character has four at most."""

_LARGEST_STATUS = 1 << 16

Ended = Literal["Initializing", "Running", "Success", "Failed", "Aborted"]
_ALL: tuple[Ended, ...] = get_args(Ended)


class AlreadyRuns(UsageError):
    """The job runs; of each one runs at a time."""

    http_status = 409
    kind = "job"


@dataclass(frozen=True, slots=True)
class Run:
    """id: the time at which it began, as 17 digits and more. ended: ISO 8601, "" while it runs."""

    id: str
    job: str
    status: Ended
    started: str
    ended: str = ""
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a job's process is given. variables: those of the site's processes, with its Python first on
    PATH. python: that one."""

    variables: Mapping[str, str]
    python: Path
    confinement: Confinement = FREE


def words_of(job: Job, python: Path, arguments: str = "") -> list[str]:
    """What runs. Raises UsageError for a job that cannot, and for a program that is not there."""
    if job.host is None:
        raise UsageError(
            f"The job {job.name} cannot run.", found=job.error, fix="Put a run.py into its folder."
        )
    program = str(python) if job.host.program == "python" else shutil.which(job.host.program)
    if program is None:
        raise UsageError(
            f"The job {job.name} cannot run.",
            found=f"{job.script} needs {job.host.program}, which is not on this machine",
            fix=f"Install {job.host.program}, or write the job in Python.",
        )
    return [program, job.script, *arguments.split()]


def run_job(
    home: SiteHome,
    job: Job,
    surroundings: Surroundings,
    clock: Clock,
    *,
    trigger: str,
    arguments: str = "",
    begun: Callable[[Run], None] = lambda run: None,
) -> Run:
    """Run it to its end, and give how it ended. begun: told when it is recorded. Raises AlreadyRuns,
    UsageError, OSError."""
    words = words_of(job, surroundings.python, arguments)
    data = data_of(home, "triggered", job.name)
    with as_owner_of(home.data), _alone(data, job.name):
        now = clock.now()
        run = Run(f"{now:%Y%m%d%H%M%S%f}", job.name, "Running", now.isoformat(), trigger=trigger)
        folder = data / run.id
        folder.mkdir(parents=True)
        _write(folder, run)
        with as_ourselves():
            begun(run)
        with _Log(folder) as log:
            log.system(f"Run script '{job.script}' with script host - '{words[0]}'", clock.now())
            more = {"WEBJOBS_RUN_ID": run.id, "WEBJOBS_COMMAND_ARGUMENTS": arguments}
            with as_ourselves():
                process = spawn(
                    words,
                    folder=folder_of(home, "triggered", job.name),
                    variables=job_variables(job, home, surroundings, more),
                    confinement=surroundings.confinement,
                    told=lambda stream, line: log.line(stream, line, clock.now()),
                )
            code = process.wait()
            log.system(
                "Status changed to " + ("Success" if code == 0 else f"Failed (exit code {code})"), clock.now()
            )
        ended = replace(run, status="Success" if code == 0 else "Failed", ended=clock.now().isoformat())
        _write(folder, ended)
        _forget_oldest(data)
        return ended


def job_variables(
    job: Job, home: SiteHome, surroundings: Surroundings, more: Mapping[str, str]
) -> dict[str, str]:
    """As Kudu names them."""
    return {
        **surroundings.variables,
        "WEBJOBS_NAME": job.name,
        "WEBJOBS_TYPE": job.kind,
        "WEBJOBS_PATH": str(folder_of(home, job.kind, job.name)),
        "WEBJOBS_DATA_PATH": str(data_of(home, job.kind, job.name)),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def history(home: SiteHome, name: str) -> list[Run]:
    """The newest first."""
    data = data_of(home, "triggered", name)
    try:
        with as_owner_of(home.data):
            ids = sorted((each.name for each in data.iterdir() if each.name.isdigit()), reverse=True)
    except OSError:
        return []
    return [run for each in ids if (run := find_run(home, name, each)) is not None]


def find_run(home: SiteHome, name: str, run: str) -> Run | None:
    data = data_of(home, "triggered", name)
    with as_owner_of(home.data):
        found = _read(data / run) if run.isdigit() else None
        if found is not None and found.status in ("Initializing", "Running"):
            with try_locked(data / "run.lock") as held:
                if held is not None:
                    return replace(found, status="Aborted")
    return found


def output_of(home: SiteHome, run: Run, file: str) -> bytes | None:
    """What it wrote to `output_log.txt` or `error_log.txt`; None when there is no such file."""
    path = data_of(home, "triggered", run.job) / run.id / file
    try:
        with as_owner_of(home.data):
            return read_up_to(path, _LARGEST_OUTPUT)
    except OSError:
        return None


@contextmanager
def _alone(data: Path, name: str) -> Iterator[None]:
    with try_locked(data / "run.lock") as held:
        if held is None:
            raise AlreadyRuns(
                f"The job {name} runs already.",
                found="of each job one runs at a time",
                fix="Wait for its end.",
            )
        yield


class _Log:
    """What a run writes, with times, as Kudu's; each stream to its file."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            "stdout": _new(folder / OUTPUT),
            "stderr": _new(folder / ERRORS),
        }
        self._left = dict.fromkeys(self._files, _LONGEST_LOG)

    def __enter__(self) -> _Log:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def system(self, text: str, now: datetime) -> None:
        self._put("stdout", f"[{_shown(now)} > SYS INFO] {text}")

    def line(self, stream: str, text: str, now: datetime) -> None:
        kind = "INFO" if stream == "stdout" else "ERR "
        self._put("stdout", f"[{_shown(now)} > {kind}] {text}")
        if stream == "stderr":
            self._put("stderr", f"[{_shown(now)}] {text}")

    def _put(self, stream: str, text: str) -> None:
        left = self._left[stream]
        if left <= 0:
            return
        self._left[stream] = left - len(text) - 1
        self._files[stream].write(text + "\n")
        if self._left[stream] <= 0:
            self._files[stream].write("The log is full: what follows is not kept.\n")


def _new(path: Path) -> TextIO:
    return os.fdopen(
        open_plain(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8", buffering=1
    )


def _shown(now: datetime) -> str:
    return f"{now.astimezone(UTC):%m/%d/%Y %H:%M:%S}"


def _write(folder: Path, run: Run) -> None:
    write_atomically(folder / _STATUS, json.dumps({"version": VERSION, **asdict(run)}).encode())


def _read(folder: Path) -> Run | None:
    """The app may have written it: which run it is, the folder says."""
    try:
        data = json.loads(read_plain(folder / _STATUS, _LARGEST_STATUS))
        if not isinstance(data, dict) or data.get("version") != VERSION:
            return None
        started, ended = _time(data.get("started")), _time(data.get("ended") or "")
    except (OSError, ValueError, RecursionError):
        return None
    status: Ended = next((each for each in _ALL if each == data.get("status")), "Failed")
    return Run(folder.name, folder.parent.name, status, started, ended, str(data.get("trigger", "")))


def _time(value: object) -> str:
    """ "" for none yet. Raises ValueError for what is none."""
    text = str(value)
    if text and datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without a zone")
    return text


def _forget_oldest(data: Path) -> None:
    ids = sorted(each.name for each in data.iterdir() if each.name.isdigit())
    for each in ids[: max(0, len(ids) - KEPT)]:
        shutil.rmtree(data / each, ignore_errors=True)
