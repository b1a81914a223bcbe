"""The repository of a site, and as whom git works in it.

It is bare, in `site/repository`. A site with a system user of its own owns its repository: all git in it runs
as that user, and gets nothing of the server's environment but what the site's processes get. Whatever lies in
it, git can do no more than the site's own code.

Nothing of it runs for sites without such a user, either: no hook, no program that its configuration names. So
before git reads it, its configuration is ours again, and what would lead git to other files (another
repository, objects of another, links) is gone.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import remove_tree, write_atomically
from webstead.effects.git import NOTHING_RUNS, ask_git, ask_git_bytes
from webstead.effects.plain_files import read_up_to
from webstead.errors import UsageError
from webstead.host.confined import starting_as
from webstead.host.confinement import FREE, Confinement, acting_as
from webstead.site.deploy.not_here import NotHere
from webstead.site.homes import SiteHome
from webstead.site.releases.lending import give
from webstead.site.served import passed

__all__ = ["Repository", "find_repository", "git_environment", "open_repository"]

_OPTIONS = (
    *NOTHING_RUNS,
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=false"),
    *("-c", "core.symlinks=true", "-c", "safe.directory=*", "-c", "protocol.allow=never"),
)
_CONFIGURATION = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
_ELSEWHERE = (
    *("commondir", "config.worktree", "gitdir"),
    *("objects/info/alternates", "objects/info/http-alternates"),
)
"""Files by which a repository leads git to others, or to more configuration."""

_PARTS = ("HEAD", "objects", "refs")
"""Without one of these it is no repository."""

_ASK_SECONDS = 60.0
_LOOK = "Look at it: git -C site/repository fsck"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Repository:
    """One below the site's home. folder: as `--git-dir`. confinement: what holds git."""

    home: SiteHome
    folder: Path
    confinement: Confinement = FREE

    def words(self, *words: str) -> list[str]:
        """No address is fetched from, but with options that allow it."""
        return ["git", *_OPTIONS, f"--git-dir={self.folder}", *words]

    def environ(self) -> dict[str, str]:
        """The site's own repository shares nothing with another one; others may be working copies."""
        own = {"GIT_COMMON_DIR": str(self.folder)} if self.folder == self.home.repository else {}
        return {**git_environment(), "HOME": str(self.home.root), **own}

    def ask(self, *words: str, variables: Mapping[str, str] | None = None) -> str:
        """Its answer. Raises UsageError with git's words when it refuses, RuntimeMissing."""
        done = self.asked(*words, variables=variables)
        if done.returncode != 0:
            raise _refused(words[0], done.returncode, done.stderr)
        return done.stdout

    def asked(
        self, *words: str, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Whatever its exit code is. Raises UsageError when it does not end, RuntimeMissing."""
        return ask_git(
            *(self.words(*words), {**self.environ(), **(variables or {})}, _ASK_SECONDS),
            what=_UNREADABLE,
            look=_LOOK,
            install=_INSTALL,
            starting=starting_as(self.confinement),
        )

    def content(self, blob: str) -> bytes:
        """Raises as `ask`."""
        words = ("cat-file", "blob", blob)
        done = ask_git_bytes(
            *(self.words(*words), self.environ(), _ASK_SECONDS),
            what=_UNREADABLE,
            look=_LOOK,
            install=_INSTALL,
            starting=starting_as(self.confinement),
        )
        if done.returncode != 0:
            raise _refused(words[0], done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for git's files of one answer. What is written to it is written with `acting_as`."""
        with acting_as(self.confinement):
            folder = Path(tempfile.mkdtemp(prefix="webstead-git-"))
        try:
            yield folder
        finally:
            with acting_as(self.confinement):
                shutil.rmtree(folder, ignore_errors=True)


_UNREADABLE = "git cannot read the site's repository."
_INSTALL = "Install git: apt-get install git"


def git_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the site's processes get of ours, and nothing that names another repository, asks at a terminal,
    or reads the configuration of who runs us."""
    return {
        **passed(environ),
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ASKPASS": "",
        "GIT_PROXY_COMMAND": "",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    }


def open_repository(home: SiteHome, confinement: Confinement = FREE) -> Repository:
    """The site's own, made when it is not there, and as git may read it. Raises RuntimeMissing, UsageError,
    StartError, OSError."""
    folder = home.repository
    _own(folder, confinement)
    repository = Repository(home, folder, confinement)
    with acting_as(confinement):
        _clean(folder)
        whole = all((folder / name).exists() for name in _PARTS)
    if not whole:
        repository.ask("init", "--bare", "--quiet", "--initial-branch=master", "--template=")
        with acting_as(confinement):
            _clean(folder)
    return repository


def find_repository(home: SiteHome, confinement: Confinement = FREE) -> Repository:
    """The same, when it is there. Raises NotHere, too."""
    if not (home.repository / "HEAD").exists():
        raise NotHere("Repository could not be found.", found=str(home.repository), fix="Push to it first.")
    return open_repository(home, confinement)


def _own(folder: Path, confinement: Confinement) -> None:
    """Its user's, and closed to all others. The folder above is ours: nobody else puts one in its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        opened = os.open(folder, _FOLDER)
    except OSError as error:
        raise UsageError(
            "The site's repository is none.",
            found=f"{folder}: {error.strerror}",
            fix="Remove it, and push again: DELETE /api/vfs/site/repository",
        ) from None
    try:
        info = os.fstat(opened)
        if os.geteuid() == 0:
            user = 0 if confinement.user is None else confinement.user
            group = os.getegid() if confinement.group is None else confinement.group
            if info.st_uid != user:
                give(folder, user, group)
        if stat.S_IMODE(info.st_mode) != 0o700:
            os.fchmod(opened, 0o700)
    finally:
        os.close(opened)


def _clean(folder: Path) -> None:
    """With the rights of its owner, who may write to it meanwhile."""
    with os.scandir(folder) as entries:
        links = [entry.name for entry in entries if entry.is_symlink()]
    for name in (*links, *_ELSEWHERE):
        _remove(folder / name)
    configuration = folder / "config"
    if _read(configuration) != _CONFIGURATION:
        _remove(configuration)
        write_atomically(configuration, _CONFIGURATION)


def _remove(path: Path) -> None:
    """Whatever it is: also a pipe, or a folder in the place of a file."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:  # a file in the place of the folder that it lies in
        return
    except OSError:
        remove_tree(path)


def _read(file: Path) -> bytes | None:
    """As much of it as tells whether it is ours; None for what is no file."""
    try:
        return read_up_to(file, len(_CONFIGURATION) + 1)
    except OSError:
        return None


def _refused(command: str, code: int, said: str) -> UsageError:
    return UsageError(
        "git cannot do that in the site's repository.",
        found=said.strip()[:2000] or f"git {command} ended with {code}",
        fix=_LOOK,
    )
