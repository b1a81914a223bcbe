"""A file that was published outside wwwroot, to its place in the site's home.

The place may be in a folder of the app's: it is gone to from one open folder to the next, and a link there
leads nowhere outside the home.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.errors import UsageError
from webstead.site.deploy.model import Published
from webstead.site.deploy.telling import warn_of
from webstead.site.deploy.work import Work
from webstead.site.files.change import Fixed, empty, put_file
from webstead.site.files.inside import find
from webstead.site.files.paths import FilePath, is_fixed, is_managed, is_private
from webstead.site.files.unpacking import move_over
from webstead.site.releases.unpack import unpack

__all__ = ["place"]


def place(work: Work, published: Published) -> None:
    """A zip is unpacked over its target, file by file; another file takes its place at once. clean: what is
    in the target's folder goes first. Raises UsageError, HostError, OSError."""
    parts = published.target.relative_to(work.home.root).parts
    if published.type == "zip":
        _unpack(work, published.file, parts)
    else:
        _put(work, published, parts)


def _put(work: Work, published: Published, parts: tuple[str, ...]) -> None:
    _prepare(work, parts[:-1])
    part = work.server.temporary / f"published-{work.release}"
    try:
        shutil.copyfile(published.file, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        mode = 0o755 if published.type in ("startup", "script") else 0o644
        with _told(parts):
            written = put_file(work.home.root, FilePath(parts, slash=False), part, b"*", mode)
            if written.outcome == "is folder":
                raise IsADirectoryError(errno.EISDIR, "a folder is there already", "/".join(parts))
    finally:
        part.unlink(missing_ok=True)
    work.log.say(f"Written: {'/'.join(parts)}")


def _unpack(work: Work, file: Path, parts: tuple[str, ...]) -> None:
    """First aside, whole; then over what is there."""
    work.raw.mkdir(parents=True)
    unpacked = unpack(file, work.raw)
    warn_of(work.log, unpacked.warnings)
    files = list(unpacked.manifest.files)
    for path in files:
        _check((*parts, *path.split("/")))
    _prepare(work, parts)
    with _told(parts):
        move_over(work.home.root, parts, work.raw, files, sorted(unpacked.manifest.all_folders))
    remove_tree(work.raw)
    work.log.say(f"Unpacked: {len(files):,} files to {'/'.join(parts)}")


def _prepare(work: Work, folder: tuple[str, ...]) -> None:
    """Make the folder, or empty it. A link may lead to where deployments keep what is theirs."""
    if work.request.clean:
        with _told(folder), suppress(FileNotFoundError):
            empty(work.home, folder, work.server.temporary)
    with _told(folder), find(work.home.root, folder, make=True) as found:
        _check((*found.real, ""))


def _check(parts: tuple[str, ...]) -> None:
    """parts: of a file."""
    if is_private(parts) or is_managed(parts) or is_fixed(parts, None):
        raise UsageError(
            f"Nothing can be published to {'/'.join(parts)}.",
            found="deployments, and every site, keep there what is theirs",
            fix="Name a place in site/wwwroot, or in a folder of data.",
        )


@contextmanager
def _told(parts: tuple[str, ...]) -> Iterator[None]:
    """What stands in the way is whose path names it: no fault of the disk."""
    target = "/".join(parts)
    try:
        yield
    except Fixed:
        raise UsageError(
            f"{target} cannot be emptied.",
            found="it leads to a folder that every site, or a deployment, needs",
            fix="Name another path, or send clean=false.",
        ) from None
    except FileNotFoundError:
        raise UsageError(
            "The target leads out of the site's home.", found=target, fix="Name a path within it."
        ) from None
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise UsageError(
            f"Something else stands in the place of what was published to {target}.",
            found=f"{error.filename or target}: {error.strerror}",
            fix="Remove it, or name another path.",
        ) from None
