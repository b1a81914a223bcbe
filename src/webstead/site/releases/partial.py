"""A zip that leaves out what a release has: a client that knows that release sends only what has changed.

An entry of the zip, `UNCHANGED`, lists the paths that are to be as they are in that release, one a line, in
UTF-8. What is neither in the zip nor in the list is not in the new release. So the server needs to remember
nothing, and a client that is told no sends all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.homes import SiteHome
from webstead.site.releases.archive import Listing, Member, check_names
from webstead.site.releases.inflate import content_of
from webstead.site.releases.manifest import Entry, Manifest
from webstead.site.releases.note import has_note
from webstead.site.releases.prune import releases_of

__all__ = ["UNCHANGED", "Incomplete", "Known", "check_base", "completed", "incomplete", "known_files"]

UNCHANGED = ".webstead-unchanged"

LONGEST_LIST = 32 << 20
"""Bytes; as of a zip's own list of its entries."""

_NOT_SENT = -1


class Incomplete(UsageError):
    """What was left out is not there any more."""

    http_status = 409


@dataclass(frozen=True, slots=True)
class Known:
    """A file of a release, as a client compares it."""

    path: str
    size: int
    crc32: int
    executable: bool


def known_files(folder: Path, manifest: Manifest) -> Iterator[Known]:
    """The files of a release that a zip may leave out: untouched since they were brought, by a zip."""
    for path, entry in manifest.files.items():
        if entry.crc is not None and (facts := _untouched(folder, path, entry)) is not None:
            yield Known(path, entry.size, entry.crc, bool(facts.st_mode & 0o100))


def check_base(home: SiteHome, release: str) -> None:
    """Raises Incomplete for a release that is not there, or not whole."""
    if release not in releases_of(home) or not has_note(home, release):
        raise incomplete(f"release {release}")


def completed(file: Path, listing: Listing, folder: Path, base: Manifest) -> Listing:
    """The list of a zip with what it leaves out; those members have no bytes in it. folder, base: of the
    release that they are in. Raises UsageError for a list that makes no sense with the zip, Incomplete for
    what the release does not have."""
    found = next((member for member in listing.members if member.path == UNCHANGED), None)
    if found is None:
        raise UsageError(f"{file.name} has no list of what it leaves out.", found=f"no entry {UNCHANGED}")
    if found.size > LONGEST_LIST:
        raise UsageError("The list of unchanged files is too long.", found=f"{found.size:,} bytes")
    sent = tuple(member for member in listing.members if member is not found)
    paths = _paths(content_of(file, found)) - {member.path for member in sent}
    left_out = tuple(_left_out(folder, path, base.files.get(path)) for path in sorted(paths))
    whole = replace(listing, members=(*sent, *left_out))
    check_names(file, [member.path for member in whole.members], listing.folders)
    return whole


def _paths(data: bytes) -> set[str]:
    try:
        return set(filter(None, data.decode().split("\n")))
    except UnicodeDecodeError as error:
        raise UsageError("The list of unchanged files is no UTF-8.", found=str(error)) from None


def _left_out(folder: Path, path: str, entry: Entry | None) -> Member:
    facts = None if entry is None else _untouched(folder, path, entry)
    if entry is None or entry.crc is None or facts is None:
        raise incomplete(path)
    return Member(
        *(path, _NOT_SENT, _NOT_SENT, 0, entry.size, entry.crc),
        deflated=False,
        executable=bool(facts.st_mode & 0o100),
        stamp=entry.stamp or 0,
    )


def incomplete(path: str) -> Incomplete:
    """The error for what is nowhere."""
    return Incomplete(
        "What was sent leaves out what the site does not have any more.",
        found=f"{path[:200]} is not as it was brought, or not there: the site was changed meanwhile",
        fix="Deploy again; or send all: webstead deploy --whole",
    )


def _untouched(folder: Path, path: str, entry: Entry) -> os.stat_result | None:
    try:
        facts = os.lstat(folder / path)
    except OSError:
        return None
    return facts if entry.describes(facts) else None
