"""From what somebody sent to the files of a release, in its folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from webstead.effects.files import remove_tree, write_atomically
from webstead.site.deploy import git
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.decide import Origin
from webstead.site.deploy.fetching import downloaded
from webstead.site.deploy.model import Commit, Folder, Package, Published, Url, Zip
from webstead.site.deploy.origins import origin_of
from webstead.site.deploy.repository import find_repository, open_repository
from webstead.site.deploy.settings import is_true, value_of
from webstead.site.deploy.telling import warn_of
from webstead.site.deploy.tree import scan
from webstead.site.deploy.work import Work
from webstead.site.releases.copying import copy_folder
from webstead.site.releases.linking import is_below
from webstead.site.releases.manifest import Manifest, read_manifest
from webstead.site.releases.partial import check_base
from webstead.site.releases.spare import take_spare
from webstead.site.releases.unpack import Like, unpack

__all__ = ["COMMIT", "PACKAGE", "Gathered", "cleaned_by", "gather"]

PACKAGE = "package.zip"
"""What a deployment was made from, kept beside its manifest: it can be deployed again."""

COMMIT = "commit"
"""Beside it: which one was fetched, where the deployment's id is none."""

_NOT_DEPLOYED = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)
_TOLD_EVERY = 1000
"""Files."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """brought: all that lies in the folder now. partial: only some of it was sent; all else is what the
    release before had. listed: what a later deployment may remove. origin: as in `decide`. commit: its id,
    "" where there is none. message, author, author_email: the commit's own. package: what was unpacked, to
    be kept; None for nothing."""

    brought: Manifest
    listed: Manifest
    origin: Origin
    partial: bool = False
    commit: str = ""
    message: str = ""
    author: str = ""
    author_email: str = ""
    package: Path | None = None


def gather(work: Work) -> Gathered:
    """Make `work.raw`, and fill it. Raises UsageError, BuildError, HostError, Cancelled."""
    remove_tree(work.raw)
    work.raw.mkdir(parents=True)
    source = work.request.source
    match source:
        case Zip():
            return _zip(work, source.file, source.path, source.base)
        case Package():
            return _zip(work, source.file, "")
        case Published():
            return _published(work, source)
        case Folder():
            return _folder(work, source.folder)
        case Commit():
            return _commit(work, source.id, "git")
        case Url(kind="git"):
            return _fetched(work, source)
        case Url():
            return _zip(work, downloaded(work, source), source.path)


def _zip(work: Work, file: Path, path: str, base_release: str = "") -> Gathered:
    origin = origin_of(work.request.source)
    like = _like(work, base_release)
    size = file.stat().st_size
    work.log.begin(f"Unpacking {size / 1e6:,.1f} MB")
    keep_times = not is_true(value_of(work.settings, "SCM_ZIPDEPLOY_DONOT_PRESERVE_FILETIME"))
    base = _as_before(work) if path else Manifest()
    spare = Manifest() if path else take_spare(work.home, work.raw)
    unpacked = unpack(
        *(file, work.raw),
        path=path,
        like=like,
        spare=spare,
        partial=bool(base_release),
        keep_times=keep_times,
        told=_checked(work),
    )
    number, mb = len(unpacked.manifest.files), unpacked.bytes / 1e6
    same = f", {unpacked.reused:,} of them as they were" if unpacked.reused else ""
    work.log.end(f"{number:,} files, {mb:,.1f} MB{same}.")
    warn_of(work.log, unpacked.warnings)
    brought = _joined(base, unpacked.manifest)
    listed = base if path else brought
    package = None if base_release else file  # one that leaves files out cannot be deployed again
    return Gathered(brought, listed, origin, partial=bool(path), package=package)


def _like(work: Work, base: str) -> Like | None:
    """The release that files may be taken from. Raises Incomplete for a base that has gone."""
    if base:
        check_base(work.home, base)
    release = base or work.old
    if release is None:
        return None
    return Like(work.home.folder_of(release), read_manifest(work.home.deployments / release))


def _checked(work: Work) -> Callable[[int, int], None]:
    told = 0

    def on_files(done: int, total: int) -> None:
        nonlocal told
        work.held.check()
        if done - told >= _TOLD_EVERY:
            told = done
            work.log.line(f"{done:,} of {total:,} files")

    return on_files


def cleaned_by(work: Work) -> str | None:
    """The folder of wwwroot that is emptied first: "" for all of it, None for nothing. A zip empties its
    target, a file the folder that it goes to (reference 1.5)."""
    if not work.request.clean:
        return None
    match work.request.source:
        case Zip(path=path) | Url(path=path):
            return path
        case Published(target=target):
            parent = str(PurePosixPath(target.relative_to(work.home.wwwroot).as_posix()).parent)
            return "" if parent == "." else parent
        case _:
            return ""


def _as_before(work: Work) -> Manifest:
    """The files of the release that serves, as they were deployed, without those that are cleaned away."""
    if work.old is None:
        return Manifest()
    known, cleaned = work.old_manifest, cleaned_by(work)

    def ignored(path: str) -> bool:
        listed = path in known.files or path in known.all_folders
        return not listed or is_below(path, cleaned)

    copied = copy_folder(work.home.folder_of(work.old), work.raw, ignored)
    return Manifest({p: known.files.get(p, entry) for p, entry in copied.files.items()}, copied.folders)


def _joined(base: Manifest, over: Manifest) -> Manifest:
    return Manifest({**base.files, **over.files}, base.folders | over.folders)


def _published(work: Work, source: Published) -> Gathered:
    """One file below wwwroot: the release before, with this file in it."""
    path = source.target.relative_to(work.home.wwwroot).as_posix()
    base = _as_before(work)
    target = work.raw / path
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_tree(target)
    shutil.copyfile(source.file, target)
    return Gathered(scan(work.raw, base), base, "publish", partial=True)


def _folder(work: Work, folder: Path) -> Gathered:
    work.log.begin(f"Copying {folder}")
    own = folder.parent == work.home.releases  # deployed again: what it was made of, and not what came since
    known = set(read_manifest(work.home.deployments / folder.name).lines()) if own else None

    def ignored(path: str) -> bool:
        work.held.check()
        if known is not None:
            return path not in known
        name = path.rpartition("/")[2]
        return name in _NOT_DEPLOYED or os.path.exists(folder / path / "pyvenv.cfg")

    manifest = copy_folder(folder, work.raw, ignored)
    work.log.end(f"{len(manifest.files):,} files.")
    return Gathered(manifest, manifest, "folder")


def _fetched(work: Work, source: Url) -> Gathered:
    work.log.begin(f"Fetching changes from {shown_url(source.url)}")
    shallow = is_true(value_of(work.settings, "SCM_USE_SHALLOW_CLONE"))
    repository = open_repository(work.home, work.workshop.confinement)
    commit = git.fetch(repository, source.url, source.revision, runner=work.runner, shallow=shallow)
    work.log.end(f"Commit {commit[:10]}.")
    own = work.home.deployments / work.held.deployment
    own.mkdir(parents=True, exist_ok=True)
    write_atomically(own / COMMIT, f"{commit}\n".encode())
    return _commit(work, commit, "fetch")


def _commit(work: Work, revision: str, origin: Origin) -> Gathered:
    submodules = not is_true(value_of(work.settings, "SCM_DISABLE_SUBMODULES"))
    repository = find_repository(work.home, work.workshop.confinement)
    facts = git.commit_of(repository, revision)
    work.log.begin(f"Checking out {facts.id[:10]}")
    manifest = git.export(repository, facts.id, work.raw, submodules=submodules, runner=work.runner)
    work.log.end(f"{len(manifest.files):,} files.")
    return Gathered(
        manifest,
        manifest,
        origin,
        commit=facts.id,
        message=facts.message,
        author=facts.author,
        author_email=facts.email,
    )
