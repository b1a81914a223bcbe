"""A job as a value: what it is, what runs, and what its `settings.job` says. Pure.

Source: Kudu's reference 1.13; its wiki on WebJobs for the choice of the script and the meaning of the
settings.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from webstead.site.jobs.schedule import BadSchedule, Schedule, read_schedule

__all__ = [
    "KINDS",
    "SETTINGS_FILE",
    "Job",
    "JobSettings",
    "Kind",
    "ScriptHost",
    "choose_script",
    "read_job",
    "read_settings",
]

Kind = Literal["triggered", "continuous"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SETTINGS_FILE = "settings.job"
_LONGEST_SETTINGS = 1 << 16
_STOPPING_SECONDS: dict[Kind, float] = {"continuous": 5.0, "triggered": 30.0}
_LONGEST_STOPPING = 3600.0


@dataclass(frozen=True, slots=True)
class ScriptHost:
    """What runs a script of this ending. program: the first word; `python` is the site's own; "" for none
    here. instead: what to write on this system where there is none."""

    ending: str
    program: str
    instead: str = ""


_WINDOWS = "write it as run.sh or run.py: this system has no host for it"

HOSTS: tuple[ScriptHost, ...] = (
    *(ScriptHost(ending, "", _WINDOWS) for ending in (".cmd", ".bat", ".exe")),
    ScriptHost(".ps1", "pwsh"),
    ScriptHost(".sh", "bash"),
    ScriptHost(".py", "python"),
    ScriptHost(".php", "php"),
    ScriptHost(".js", "node"),
)
"""In Kudu's order: the first that has a script is taken, and a script named `run` before any other."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """stopping_seconds: from the request to end to the end by force. raw: the file as it is, for who asks."""

    schedule: Schedule | None = None
    is_singleton: bool = False
    stopping_seconds: float = 5.0
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """folder: relative to wwwroot. script: relative to the folder; "" with an error. error: why it cannot
    run."""

    kind: Kind
    name: str
    folder: str
    script: str
    host: ScriptHost | None
    settings: JobSettings
    error: str = ""


def choose_script(files: Collection[str]) -> tuple[str, ScriptHost] | None:
    """files: names in the job's folder. What runs; None where nothing does."""
    known = sorted(files, key=str.lower)
    for only_run in (True, False):
        for host in HOSTS:
            for name in known:
                stem, ending = posixpath.splitext(name.lower())
                if ending == host.ending and (stem == "run" or not only_run):
                    return name, host
    return None


def read_settings(kind: Kind, text: bytes | None) -> tuple[JobSettings, str]:
    """Of a settings.job, None for none; and what is wrong with it, "" for nothing."""
    default = JobSettings(stopping_seconds=_STOPPING_SECONDS[kind])
    if text is None:
        return default, ""
    try:
        data = json.loads(text) if len(text) <= _LONGEST_SETTINGS else None
        json.dumps(data, ensure_ascii=False).encode()  # what holds half a character is none
    except (ValueError, RecursionError) as error:
        return default, f"{SETTINGS_FILE} is no JSON: {error}"
    if not isinstance(data, dict):
        return default, f"{SETTINGS_FILE} is no JSON object of at most {_LONGEST_SETTINGS} bytes"
    schedule, wrong = _schedule(kind, data.get("schedule"))
    waits = data.get("stopping_wait_time")
    right = isinstance(waits, int | float) and not isinstance(waits, bool) and 0 <= waits <= _LONGEST_STOPPING
    return (
        JobSettings(
            schedule,
            data.get("is_singleton") is True,
            float(waits) if right and isinstance(waits, int | float) else default.stopping_seconds,
            data,
        ),
        wrong,
    )


def read_job(kind: Kind, name: str, folder: str, files: Collection[str], settings: bytes | None) -> Job:
    """files: names in its folder."""
    read, wrong = read_settings(kind, settings)
    chosen = choose_script([file for file in files if file.lower() != SETTINGS_FILE])
    if chosen is None:
        endings = ", ".join(host.ending for host in HOSTS if host.program)
        return Job(
            kind,
            name,
            folder,
            "",
            None,
            read,
            wrong or f"it has no script: a file run.py, or one of {endings}",
        )
    script, host = chosen
    if not host.program:
        return Job(kind, name, folder, "", None, read, f"{script} does not run here: {host.instead}")
    return Job(kind, name, folder, script, host, read, wrong)


def _schedule(kind: Kind, text: object) -> tuple[Schedule | None, str]:
    if text in (None, "") or kind == "continuous":
        return None, ""
    if not isinstance(text, str):
        return None, f"the schedule in {SETTINGS_FILE} is no text"
    try:
        return read_schedule(text), ""
    except BadSchedule as error:
        return None, f"the schedule {text[:80]!r} in {SETTINGS_FILE} is none: {error}"
