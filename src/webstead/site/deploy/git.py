"""What is pushed to the site's repository or fetched into it, and a commit as the files of a release.

What is deployed is checked out into the release's folder with an index of its own, so that nothing is shared
between deployments.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from webstead.effects.files import remove_tree
from webstead.effects.processes import Runner
from webstead.errors import BuildError, UsageError
from webstead.host.confined import confined
from webstead.settings import MASK, Secret
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.repository import Repository
from webstead.site.releases.lending import lent
from webstead.site.releases.manifest import Entry, Manifest
from webstead.site.ssh_key import ssh_command

__all__ = ["CommitFacts", "commit_of", "export", "fetch", "move_branch"]

FETCH_SECONDS = 1800.0
_FETCHED = ("https", "http", "ssh", "git")
_PROTOCOLS = tuple(word for name in _FETCHED for word in ("-c", f"protocol.{name}.allow=always"))
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^/].*")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@{}+-]{0,250}")


@dataclass(frozen=True, slots=True)
class CommitFacts:
    id: str
    message: str
    author: str
    email: str


def commit_of(repository: Repository, revision: str) -> CommitFacts:
    """Raises UsageError when there is no such commit."""
    if not _REVISION.fullmatch(revision):
        raise _no_commit(revision, "not a name of a commit, branch or tag")
    words = ("log", "-1", "--format=%H%x00%an%x00%ae%x00%B", "--end-of-options", revision, "--")
    try:
        text = repository.ask(*words)
    except UsageError as error:
        raise _no_commit(revision, error.found) from None
    commit, author, email, message = text.split("\0", 3)
    return CommitFacts(commit, message.strip(), author, email)


def move_branch(repository: Repository, branch: str, new: str, old: str) -> None:
    """Let a branch stand at a commit, if it stands at `old`; all zeros for no branch. Raises UsageError
    when it stands elsewhere."""
    words = ("update-ref", "-d") if not new.strip("0") else ("update-ref",)
    values = (branch, old) if not new.strip("0") else (branch, new, old)
    repository.ask(*words, *values)


def export(
    repository: Repository,
    commit: str,
    into: Path,
    *,
    submodules: bool = True,
    runner: Runner | None = None,
) -> Manifest:
    """The files of a commit in a folder that is there and empty; it is lent to the site's user meanwhile.
    submodules: fetch those that it names. runner: one that starts programs as that user. Links that lead out
    of the folder are refused. Raises UsageError, BuildError, RuntimeMissing."""
    held, runner = repository.confinement, runner or confined(repository.confinement)
    with lent(into, held.user, held.group):
        with repository.scratch() as own:
            index = {**repository.environ(), "GIT_INDEX_FILE": f"{own}/index"}
            for words in (("read-tree", commit), ("checkout-index", "--all", "--force", f"--prefix={into}/")):
                _run(repository.words(f"--work-tree={into}", *words), into, index, runner)
        with_submodules = submodules and (into / ".gitmodules").is_file()
        if with_submodules:
            _submodules(repository, commit, into, runner)
    if with_submodules:
        _forget_repositories(into)
    return _manifest(into)


def fetch(
    repository: Repository,
    url: Secret,
    revision: str,
    *,
    runner: Runner | None = None,
    local: bool = False,
    shallow: bool = False,
) -> str:
    """Fetch a branch, tag or commit of another repository, "" for its default branch; the id of the commit.
    With the site's SSH key, where it has one. runner: as of `export`. local: whether it may be a folder of
    this machine. shallow: without its history. Raises UsageError, BuildError, RuntimeMissing."""
    address = url.reveal()
    _check_url(address, local)
    if revision and not _REVISION.fullmatch(revision):
        raise _no_commit(revision, "not a name of a commit, branch or tag")
    runner = runner or confined(repository.confinement)
    allowed = (*_PROTOCOLS, "-c", f"protocol.file.allow={'always' if local else 'never'}")
    depth = ("--depth=1",) if shallow else ()
    if not shallow and (repository.folder / "shallow").is_file():
        depth = ("--unshallow",)  # what was fetched without its history gets it
    words = repository.words(
        *(*allowed, "fetch", "--quiet", "--no-tags", "--force", *depth, "--end-of-options"),
        *(address, f"{revision or 'HEAD'}:refs/fetched/head"),
    )
    environ = {**repository.environ(), **_by_ssh(repository)}
    done = runner(words, cwd=repository.folder, env=environ, timeout=FETCH_SECONDS)
    if done.code != 0:
        raise BuildError(
            f"{shown_url(address)} cannot be fetched.",
            found=_words_of(done.tail, address) or f"git ended with {done.code}",
            fix="See that the address, its credentials and the branch are right.",
        )
    return commit_of(repository, "refs/fetched/head").id


def _by_ssh(repository: Repository) -> dict[str, str]:
    held = repository.confinement
    return {
        "GIT_SSH_COMMAND": ssh_command(repository.home, held.user, held.group),
        "GIT_SSH_VARIANT": "ssh",
    }


def _check_url(url: str, local: bool) -> None:
    scheme = urlsplit(url).scheme
    if scheme in _FETCHED or (not scheme and _SCP.fullmatch(url)) or (local and scheme in ("", "file")):
        return
    raise UsageError(
        f"{shown_url(url)!r} is no address that repositories are fetched from.",
        found=f"the scheme {scheme!r}" if scheme else "no scheme",
        fix="Give an address that begins with https://, http://, ssh:// or git@.",
    )


def _submodules(repository: Repository, commit: str, into: Path, runner: Runner) -> None:
    """By a repository of its own, which has its objects from the site's: git finds submodules only from a
    work tree."""
    own = Repository(repository.home, into / ".git", repository.confinement)
    environ = {
        **own.environ(),
        **_by_ssh(repository),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.folder / "objects"),
    }
    _run(own.words("init", "--quiet", "--template="), into, environ, runner)
    tree = own.words(f"--work-tree={into}", *_PROTOCOLS, "-c", "protocol.file.allow=never")
    _run([*tree, "reset", "--quiet", commit], into, environ, runner)
    words = ("submodule", "--quiet", "update", "--init", "--recursive")
    _run([*tree, *words], into, environ, runner, "the submodules")


def _forget_repositories(into: Path) -> None:
    """Its own, and the files by which submodules lead into that."""
    remove_tree(into / ".git")
    for link in into.rglob(".git"):
        if link.is_file():
            link.unlink()


def _run(
    words: list[str], folder: Path, environ: Mapping[str, str], runner: Runner, what: str = "the commit"
) -> None:
    done = runner(words, cwd=folder, env=environ, timeout=FETCH_SECONDS)
    if done.code != 0:
        raise BuildError(
            f"git could not check out {what}.",
            found="; ".join(done.tail[-3:]) or f"git ended with {done.code}",
            fix="Try it in a clone of the repository: git checkout, git submodule update --init --recursive",
            detail="\n".join(done.tail),
        )


def _manifest(root: Path) -> Manifest:
    files: dict[str, Entry] = {}
    for path, info in _files(root, ""):
        if stat.S_ISLNK(info.st_mode) and _leads_out(root, path):
            raise UsageError(
                f"The repository has a link that leads out of it: {path}",
                found=f"it leads to {os.readlink(root / path)}",
                fix="Put a copy of what it leads to into the repository, or remove it.",
            )
        files[path] = Entry(info.st_size, info.st_mtime_ns)
    return Manifest(files)


def _files(root: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(root / prefix) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, f"{path}/")
            else:
                yield path, entry.stat(follow_symlinks=False)


def _leads_out(root: Path, path: str) -> bool:
    text = os.readlink(root / path)
    return os.path.isabs(text) or os.path.normpath(os.path.join(os.path.dirname(path), text)).startswith("..")


_ADVICE = frozenset(
    {
        "fatal: Could not read from remote repository.",
        "Please make sure you have the correct access rights",
        "and the repository exists.",
    }
)
"""What git says whenever ssh ends: the reason stands before it."""


def _words_of(tail: tuple[str, ...], address: str) -> str:
    """git's last words, without the secret parts of the address."""
    told = [line for line in tail if line.strip() and line not in _ADVICE]
    said, parts = "; ".join(told[-3:]), urlsplit(address)
    for secret in filter(None, (address, parts.password, parts.query)):
        said = said.replace(secret, shown_url(address) if secret == address else MASK)
    return said


def _no_commit(revision: str, found: str) -> UsageError:
    return UsageError(
        f"The site's repository has no commit {revision[:80]!r}.",
        found=found,
        fix="Push it first, or name one that is there: git log",
    )
