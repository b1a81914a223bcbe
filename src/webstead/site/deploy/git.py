"""The repository of a site, by git itself: what is pushed or fetched, and a commit as the files of a release.

The repository is bare, in `site/repository`. Nothing of it runs: no hook, no program that its configuration
names. What is deployed is checked out into the release's folder with an index of its own, so that nothing
is shared between deployments.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from webstead.effects.files import write_atomically
from webstead.effects.git import NOTHING_RUNS, ask_git
from webstead.effects.processes import Runner, run
from webstead.errors import BuildError, UsageError
from webstead.settings import MASK, Secret
from webstead.site.deploy.addresses import shown_url
from webstead.site.homes import SiteHome
from webstead.site.releases.manifest import Entry, Manifest

__all__ = [
    "CommitFacts",
    "commit_of",
    "ensure_repository",
    "export",
    "fetch",
    "git_environment",
    "git_words",
    "move_branch",
]

_NOTHING_RUNS = (
    *(*NOTHING_RUNS, "-c", "gc.auto=0"),
    *("-c", "core.symlinks=true", "-c", "safe.directory=*", "-c", "protocol.ext.allow=never"),
)
_CONFIGURATION = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
_ASK_SECONDS = 60.0
FETCH_SECONDS = 1800.0
_PROTOCOLS = frozenset({"http", "https", "ssh", "git"})
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^/].*")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@{}+-]{0,250}")


@dataclass(frozen=True, slots=True)
class CommitFacts:
    id: str
    message: str
    author: str
    email: str


def git_words(repository: Path, *words: str) -> list[str]:
    return ["git", *_NOTHING_RUNS, f"--git-dir={repository}", *words]


def git_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Ours, without what names another repository, asks at a terminal, or reads the configuration of who
    runs us."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ASKPASS": "",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    }


def ensure_repository(home: SiteHome) -> Path:
    """The site's repository, made when it is not there. Its configuration is ours: who may write to the home
    could name programs in it. Raises RuntimeMissing, UsageError."""
    repository = home.repository
    if not (repository / "HEAD").exists():
        repository.mkdir(parents=True, exist_ok=True)
        _ask(repository, "init", "--bare", "--quiet", "--initial-branch=master", "--template=")
    configuration = repository / "config"
    if configuration.is_symlink() or configuration.read_bytes() != _CONFIGURATION:
        write_atomically(configuration, _CONFIGURATION)
    return repository


def commit_of(home: SiteHome, revision: str) -> CommitFacts:
    """Raises UsageError when there is no such commit."""
    if not _REVISION.fullmatch(revision):
        raise _no_commit(revision, "not a name of a commit, branch or tag")
    words = ("log", "-1", "--format=%H%x00%an%x00%ae%x00%B", "--end-of-options", revision, "--")
    try:
        text = _ask(home.repository, *words)
    except UsageError as error:
        raise _no_commit(revision, error.found) from None
    commit, author, email, message = text.split("\0", 3)
    return CommitFacts(commit, message.strip(), author, email)


def move_branch(home: SiteHome, branch: str, new: str, old: str) -> None:
    """Let a branch stand at a commit, if it stands at `old`; all zeros for no branch. Raises UsageError
    when it stands elsewhere."""
    words = ("update-ref", "-d") if not new.strip("0") else ("update-ref",)
    values = (branch, old) if not new.strip("0") else (branch, new, old)
    _ask(home.repository, *words, *values)


def export(
    home: SiteHome,
    commit: str,
    into: Path,
    *,
    submodules: bool = True,
    runner: Runner = run,
) -> Manifest:
    """The files of a commit in a folder that is there and empty. submodules: fetch those that it names.
    Links that lead out of the folder are refused. Raises UsageError, BuildError, RuntimeMissing."""
    repository, environ = ensure_repository(home), git_environment()
    with tempfile.TemporaryDirectory(prefix="webstead-git-") as own:
        index = {**environ, "GIT_INDEX_FILE": f"{own}/index"}
        for words in (("read-tree", commit), ("checkout-index", "--all", "--force", f"--prefix={into}/")):
            _run(git_words(repository, f"--work-tree={into}", *words), into, index, runner)
    if submodules and (into / ".gitmodules").is_file():
        _submodules(home, commit, into, environ, runner)
    return _manifest(into)


def fetch(
    home: SiteHome,
    url: Secret,
    revision: str,
    *,
    runner: Runner = run,
    local: bool = False,
    shallow: bool = False,
) -> str:
    """Fetch a branch, tag or commit of another repository, "" for its default branch; the id of the commit.
    local: whether it may be a folder of this machine. shallow: without its history. Raises UsageError,
    BuildError, RuntimeMissing."""
    address = url.reveal()
    _check_url(address, local)
    if revision and not _REVISION.fullmatch(revision):
        raise _no_commit(revision, "not a name of a commit, branch or tag")
    repository = ensure_repository(home)
    allowed = ("-c", f"protocol.file.allow={'always' if local else 'never'}")
    depth = ("--depth=1",) if shallow else ()
    if not shallow and (repository / "shallow").is_file():
        depth = ("--unshallow",)  # what was fetched without its history gets it
    words = git_words(
        *(repository, *allowed, "fetch", "--quiet", "--no-tags", "--force", *depth, "--end-of-options"),
        *(address, f"{revision or 'HEAD'}:refs/fetched/head"),
    )
    done = runner(words, cwd=repository, env=git_environment(), timeout=FETCH_SECONDS)
    if done.code != 0:
        raise BuildError(
            f"{shown_url(address)} cannot be fetched.",
            found=_words_of(done.tail, address) or f"git ended with {done.code}",
            fix="See that the address, its credentials and the branch are right.",
        )
    return commit_of(home, "refs/fetched/head").id


def _check_url(url: str, local: bool) -> None:
    scheme = urlsplit(url).scheme
    if scheme in _PROTOCOLS or (not scheme and _SCP.fullmatch(url)) or (local and scheme in ("", "file")):
        return
    raise UsageError(
        f"{shown_url(url)!r} is no address that repositories are fetched from.",
        found=f"the scheme {scheme!r}" if scheme else "no scheme",
        fix="Give an address that begins with https://, http://, ssh:// or git@.",
    )


def _submodules(home: SiteHome, commit: str, into: Path, environ: Mapping[str, str], runner: Runner) -> None:
    """By a clone of its own, which goes when it is done: git finds submodules only from a work tree."""
    repository = into / ".git"
    try:
        clone = ["git", *_NOTHING_RUNS, "clone", "--quiet", "--shared", "--no-checkout", str(home.repository)]
        with tempfile.TemporaryDirectory(prefix="webstead-git-") as own:
            _run([*clone, f"{own}/clone"], into, environ, runner)
            shutil.move(f"{own}/clone/.git", repository)
        tree = [*git_words(repository, f"--work-tree={into}")]
        _run([*tree, "reset", "--quiet", commit], into, environ, runner)
        words = ("-c", "protocol.file.allow=never", "submodule", "--quiet", "update", "--init", "--recursive")
        _run([*tree, *words], into, environ, runner, "the submodules")
    finally:
        shutil.rmtree(repository, ignore_errors=True)
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


def _ask(repository: Path, *words: str) -> str:
    """Raises UsageError, RuntimeMissing."""
    done = ask_git(
        *(git_words(repository, *words), git_environment(), _ASK_SECONDS),
        what="git cannot read the site's repository.",
        look=_LOOK,
        install="Install git: apt-get install git",
    )
    if done.returncode != 0:
        found = done.stderr.strip() or f"git {words[0]} ended with {done.returncode}"
        raise UsageError("git cannot do that in the site's repository.", found=found, fix=_LOOK)
    return done.stdout


_LOOK = "Look at it: git -C site/repository fsck"


def _words_of(tail: tuple[str, ...], address: str) -> str:
    """git's last words, without the secret parts of the address."""
    said, parts = "; ".join(tail[-3:]), urlsplit(address)
    for secret in filter(None, (address, parts.password, parts.query)):
        said = said.replace(secret, shown_url(address) if secret == address else MASK)
    return said


def _no_commit(revision: str, found: str) -> UsageError:
    return UsageError(
        f"The site's repository has no commit {revision[:80]!r}.",
        found=found,
        fix="Push it first, or name one that is there: git log",
    )
