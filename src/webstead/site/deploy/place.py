"""A file that was published outside wwwroot, to its place in the site's home."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.errors import UsageError
from webstead.site.deploy.model import Published
from webstead.site.deploy.telling import warn_of
from webstead.site.deploy.work import Work
from webstead.site.releases.unpack import unpack

__all__ = ["place"]


def place(work: Work, published: Published) -> None:
    """A zip is unpacked over its target, file by file; another file takes its place at once. clean: what is
    in the target's folder goes first. Raises UsageError, HostError, OSError."""
    target = _checked(work.home.root, published.target)
    if published.type == "zip":
        _unpack(work, published.file, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if work.request.clean:
        for entry in target.parent.iterdir():
            remove_tree(entry)
    part = target.with_name(f".{target.name[:200]}.{work.release[:8]}.part")
    shutil.copyfile(published.file, part)
    part.chmod(0o755 if published.type in ("startup", "script") else 0o644)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    work.log.say(f"Written: {target.relative_to(work.home.root)}")


def _unpack(work: Work, file: Path, target: Path) -> None:
    """First aside, whole; then over what is there."""
    work.raw.mkdir(parents=True)
    unpacked = unpack(file, work.raw)
    warn_of(work.log, unpacked.warnings)
    if work.request.clean:
        remove_tree(target)
    for folder in sorted(unpacked.manifest.all_folders):
        (target / folder).mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    for path in unpacked.manifest.files:
        there = target / path
        if there.is_dir() and not there.is_symlink():
            remove_tree(there)
        (work.raw / path).replace(there)
    remove_tree(work.raw)
    work.log.say(f"Unpacked: {len(unpacked.manifest.files):,} files to {target.relative_to(work.home.root)}")


def _checked(root: Path, target: Path) -> Path:
    """Links on the way may lead elsewhere: not out of the home."""
    real = Path(os.path.realpath(target.parent)) / target.name
    if real.is_relative_to(os.path.realpath(root)):
        return target
    raise UsageError(
        "The target leads out of the site's home.", found=str(target), fix="Name a path within it."
    )
