"""Which jobs a site has, by what lies in its current release and beside it; and in its extensions, whose jobs
are called `EXTENSION(JOB)`.

The files of an extension are the app's to change, and those of a release were a build's: so all is looked at
through open folders, and what a link outside the home leads to is not there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from webstead.formats.nuget import id_fault
from webstead.host.confinement import as_owner_of
from webstead.site.files.inside import find, open_file
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
    "own_parts",
    "set_disabled",
    "settings_in",
]

_NAME = re.compile(r"[A-Za-z0-9_\- ()]{1,100}")
_OF_EXTENSION = re.compile(r"([^()]+)\(([A-Za-z0-9_\- ]+)\)")
_JOBS = ("App_Data", "jobs")
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
    return parts[0] if parts is not None and _is_folder(home, _parts_in(kind, *parts)) else ""


def find_jobs(home: SiteHome) -> tuple[Job, ...]:
    """By kind and name."""
    return tuple(
        job
        for kind in KINDS
        for name in sorted([*_names(home, _own(kind)), *_names_in_extensions(home, kind)])
        if (job := find_job(home, kind, name)) is not None
    )


def find_job(home: SiteHome, kind: Kind, name: str) -> Job | None:
    if not is_name(name):
        return None
    parts = _parts_of(home, kind, name)
    names = _names_in(home, parts, os.DirEntry.is_file)
    if names is None:
        return None
    inside = "/".join((*_JOBS, kind, parts[-1]))
    return read_job(kind, name, inside, names, settings_in(home, parts))


def folder_of(home: SiteHome, kind: Kind, name: str) -> Path:
    """Where its files are."""
    return home.root.joinpath(*_parts_of(home, kind, name))


def own_parts(kind: Kind, name: str) -> tuple[str, ...]:
    """Where the files of a job of the site itself are, below the home."""
    return (*_own(kind), name)


def settings_in(home: SiteHome, job: tuple[str, ...]) -> bytes | None:
    """The settings.job in this folder, as far as anybody reads it; None for none."""
    with (
        suppress(OSError),
        find(home.root, (*job, SETTINGS_FILE)) as place,
        open(open_file(place), "rb") as file,
    ):
        return file.read(_LONGEST_SETTINGS)
    return None


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


def _own(kind: Kind) -> tuple[str, ...]:
    return ("site", "wwwroot", *_JOBS, kind)


def _parts_in(kind: Kind, extension: str, *name: str) -> tuple[str, ...]:
    """Of a job of an extension; of all of them without its name."""
    return ("SiteExtensions", extension, *_JOBS, kind, *name)


def _parts_of(home: SiteHome, kind: Kind, name: str) -> tuple[str, ...]:
    parts = _parts(name)
    theirs = None if parts is None else _parts_in(kind, *parts)
    return theirs if theirs is not None and _is_folder(home, theirs) else own_parts(kind, name)


def _parts(name: str) -> tuple[str, str] | None:
    """The id of an extension and its job; None for another name."""
    match = _OF_EXTENSION.fullmatch(name)
    return None if match is None or id_fault(match[1]) else (match[1], match[2])


def _names_in_extensions(home: SiteHome, kind: Kind) -> list[str]:
    extensions = _names_in(home, ("SiteExtensions",), lambda entry: not id_fault(entry.name)) or ()
    return [
        f"{extension}({name})"
        for extension in extensions
        for name in _names(home, _parts_in(kind, extension))
        if _parts(f"{extension}({name})") is not None
    ]


def _names(home: SiteHome, folder: tuple[str, ...]) -> list[str]:
    return _names_in(home, folder, lambda entry: is_name(entry.name) and entry.is_dir()) or []


def _is_folder(home: SiteHome, parts: tuple[str, ...]) -> bool:
    with suppress(OSError), find(home.root, parts) as place:
        return place.is_folder
    return False


def _names_in(
    home: SiteHome, folder: tuple[str, ...], wanted: Callable[[os.DirEntry[str]], bool]
) -> list[str] | None:
    """None where there is no such folder."""
    with suppress(OSError), find(home.root, folder) as place:
        if place.own is not None:
            with os.scandir(place.own) as entries:
                return [
                    entry.name for entry, _ in zip(entries, range(_MOST_FILES), strict=False) if wanted(entry)
                ]
    return None
