"""A zip becomes a folder: listed, checked and weighed first, then written by two threads.

What the spare has (same path, size, CRC-32 and time, and untouched there) stays where it is; what the release
that serves has so is copied from it by the file system, which may share the blocks; the rest is inflated, and
its CRC-32 compared.

A file that has changed, though its size and time are those of the one before, gets the present time: packers
that give each file the same time would else make browsers keep what they have, as the front's validators are
made of size and time.

Nothing is flushed to the disk here: `pointer.switch` does that once, before the release can be seen.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.site.releases.archive import Listing, Member, listing_of
from webstead.site.releases.failure import broken_disk, check_free
from webstead.site.releases.manifest import EMPTY, Entry, Manifest
from webstead.site.releases.partial import completed, incomplete
from webstead.site.releases.spare import fit
from webstead.site.releases.work import Told, Work

__all__ = ["Like", "Unpacked", "unpack"]


@dataclass(frozen=True, slots=True)
class Like:
    """A release that is there, whose files may be copied. Its folder is only read."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Unpacked:
    """reused: how many of the files were there, or were copied from the earlier release. bytes: of all.
    warnings: sentences."""

    manifest: Manifest
    reused: int
    bytes: int
    warnings: tuple[str, ...] = ()


def unpack(
    file: Path,
    into: Path,
    *,
    path: str = "",
    like: Like | None = None,
    spare: Manifest = EMPTY,
    partial: bool = False,
    keep_times: bool = True,
    told: Told = lambda done, total: None,
) -> Unpacked:
    """Unpack into a folder that is there and that nobody else writes to. path: of the folder in it that the
    content goes to. spare: of what lies in it already, as `take_spare` gave it; the folder is empty without
    one. partial: the zip leaves out what `like` has (see `partial`). keep_times: files have the zip's times,
    else now. told: how many files of how many are written; what it raises ends the work.

    Raises UsageError for a zip that is damaged or refused, before anything is written unless a file's own
    bytes are damaged; HostError when the disk does not take it, DiskFull before anything is written when it
    has no room; Incomplete for what a partial zip leaves out and nobody has. What was written stays for the
    caller to remove.
    """
    listing = listing_of(file)
    if partial and like is not None:
        listing = completed(file, listing, like.folder, like.manifest)
    listing = _placed(listing, path)
    folders = listing.all_folders
    base = EMPTY if like is None else like.manifest
    try:
        there = _fitted(into, listing, folders, spare)
        missing = [member for member in listing.members if member.path not in there]
        size = sum(member.size for member in missing)
        check_free(into, size, len(missing) + len(folders))
        for folder in folders:
            with suppress(FileExistsError):
                os.mkdir(into / folder)
        work = Work(into, told, done=len(there), total=len(listing.members))
        copied = work.copy(like.folder, _same(missing, base)) if like is not None else {}
        fresh = [member for member in missing if member.path not in copied]
        if (lost := next((member for member in fresh if not member.is_sent), None)) is not None:
            raise incomplete(lost.path)
        times = _times(fresh, base, keep_times=keep_times)
        work.inflate(file, fresh, times)
    except OSError as error:
        raise broken_disk(error, into, listing.size) from error
    reused = there | copied
    files = {member.path: _entry(member, times) for member in fresh} | reused
    return Unpacked(Manifest(files, listing.folders), len(reused), listing.size, listing.warnings)


def _fitted(into: Path, listing: Listing, folders: list[str], spare: Manifest) -> dict[str, Entry]:
    if not spare.files:
        return {}
    return fit(into, {member.path: member for member in listing.members}, folders, spare)


def _placed(listing: Listing, path: str) -> Listing:
    """The same in a folder of the release."""
    if not path:
        return listing
    return replace(
        listing,
        members=tuple(replace(each, path=f"{path}/{each.path}") for each in listing.members),
        folders=frozenset({path, *(f"{path}/{each}" for each in listing.folders)}),
    )


def _same(members: Sequence[Member], base: Manifest) -> list[tuple[Member, Entry]]:
    """What the earlier release has just so, unless it was touched there."""
    return [
        (member, entry)
        for member in members
        if (entry := base.files.get(member.path)) is not None
        and (entry.crc, entry.size, entry.stamp) == (member.crc32, member.size, member.stamp)
    ]


def _times(members: Sequence[Member], base: Manifest, *, keep_times: bool) -> dict[str, int]:
    """The time of each file, in nanoseconds: its stamp, or now for one that would look unchanged."""
    now = time.time_ns()
    return {
        member.path: now
        if not keep_times or _looks_unchanged(member, base.files.get(member.path))
        else member.stamp * 1_000_000_000
        for member in members
    }


def _looks_unchanged(member: Member, before: Entry | None) -> bool:
    return (
        before is not None
        and before.crc not in (None, member.crc32)
        and (before.size, before.stamp) == (member.size, member.stamp)
    )


def _entry(member: Member, times: Mapping[str, int]) -> Entry:
    return Entry(member.size, times[member.path], member.crc32, member.stamp)
