"""Which jobs a site has, by what lies in its current release and beside it; and in its extensions, whose jobs
are called `EXTENSION(JOB)`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from webstead.formats.nuget import id_fault
from webstead.host.confinement import as_owner_of
from webstead.site.homes import SiteHome
from webstead.site.jobs.model import KINDS, SETTINGS_FILE, Job, Kind, read_job

__all__ = [
    "data_of",
    "extension_of",
    "find_job",
    "find_jobs",
    "folder_of",
    "is_disabled",
    "is_name",
    "set_disabled",
]

_NAME = re.compile(r"[A-Za-z0-9_\- ()]{1,100}")
_OF_EXTENSION = re.compile(r"([^()]+)\(([A-Za-z0-9_\- ]+)\)")
_DISABLED = "disable.job"
_MOST_FILES = 10_000
_LONGEST_SETTINGS = 1 << 17
_LONGEST_NAME = 202
"""Of a job of an extension: an id and a name of 100 characters each."""


def is_name(name: str) -> bool:
    """Whether a job may have it: it becomes a folder and a part of addresses."""
    return _NAME.fullmatch(name) is not None or (len(name) <= _LONGEST_NAME and _parts(name) is not None)


def extension_of(home: SiteHome, kind: Kind, name: str) -> str:
    """The id of the extension that the job belongs to; "" for one of the site itself."""
    parts = _parts(name)
    return parts[0] if parts is not None and _folder_in(home, kind, *parts).is_dir() else ""


def find_jobs(home: SiteHome) -> tuple[Job, ...]:
    """By kind and name."""
    return tuple(
        job
        for kind in KINDS
        for name in sorted([*_names(_folder(home, kind)), *_names_in_extensions(home, kind)])
        if (job := find_job(home, kind, name)) is not None
    )


def find_job(home: SiteHome, kind: Kind, name: str) -> Job | None:
    folder = folder_of(home, kind, name)
    if not is_name(name) or not folder.is_dir():
        return None
    names = [entry.name for entry in _entries(folder) if entry.is_file()]
    inside = f"App_Data/jobs/{kind}/{name if (parts := _parts(name)) is None else parts[1]}"
    return read_job(kind, name, inside, names, _settings(folder / SETTINGS_FILE))


def folder_of(home: SiteHome, kind: Kind, name: str) -> Path:
    """Where its files are."""
    parts = _parts(name)
    if parts is not None and (folder := _folder_in(home, kind, *parts)).is_dir():
        return folder
    return _folder(home, kind) / name


def data_of(home: SiteHome, kind: Kind, name: str) -> Path:
    """Where what it leaves is."""
    return home.data / "jobs" / kind / name


def is_disabled(home: SiteHome, name: str) -> bool:
    """Whether somebody has stopped this continuous job."""
    return (data_of(home, "continuous", name) / _DISABLED).exists()


def set_disabled(home: SiteHome, name: str, disabled: bool) -> None:
    mark = data_of(home, "continuous", name) / _DISABLED
    with as_owner_of(home.data):
        if disabled:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        else:
            mark.unlink(missing_ok=True)


def _folder(home: SiteHome, kind: Kind) -> Path:
    return home.wwwroot / "App_Data" / "jobs" / kind


def _folder_in(home: SiteHome, kind: Kind, extension: str, name: str = "") -> Path:
    """Of a job of an extension; of all of them without its name."""
    return home.extensions / extension / "App_Data" / "jobs" / kind / name


def _parts(name: str) -> tuple[str, str] | None:
    """The id of an extension and its job; None for another name."""
    match = _OF_EXTENSION.fullmatch(name)
    return None if match is None or id_fault(match[1]) else (match[1], match[2])


def _names_in_extensions(home: SiteHome, kind: Kind) -> list[str]:
    return [
        f"{extension.name}({name})"
        for extension in _entries(home.extensions)
        if not id_fault(extension.name)
        for name in _names(_folder_in(home, kind, extension.name))
        if _parts(f"{extension.name}({name})") is not None
    ]


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in _entries(folder) if entry.is_dir() and is_name(entry.name)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry, _ in zip(entries, range(_MOST_FILES), strict=False)]
    except OSError:
        return []


def _settings(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            return opened.read(_LONGEST_SETTINGS)
    except OSError:
        return None
