"""What holds the processes of a site: a system user of their own, and a control group with its limits.

What such a user needs: to enter every folder on the way to the interpreter, the environment and the release
(`stranger_to` names one that keeps it out), and to write where the app writes: its data and its log folder.
Sockets are no matter: an instance inherits its own. Its log file is opened with its rights, not with ours, so
that a link which the app put there leads us nowhere that it could not go itself.
"""

from __future__ import annotations

import ctypes
import os
import platform
import pwd
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.processes import Identity
from webstead.errors import StartError
from webstead.host.isolation import on_fork

__all__ = [
    "FREE",
    "Confinement",
    "acting_as",
    "as_ourselves",
    "as_owner_of",
    "as_user",
    "becoming",
    "check",
    "entrance",
    "identity",
    "keeps_out",
    "stranger_to",
]

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_NUMBERS = {"x86_64": 116, "aarch64": 159, "riscv64": 159, "ppc64le": 81, "s390x": 206}
_SETGROUPS = _NUMBERS.get(platform.machine()) if sys.maxsize > 1 << 32 else None
"""The kernel's call, by its number; None on machines that we know none of: there our groups stay with us."""
_OURS = tuple(os.getgroups()) if sys.platform == "linux" else ()
_OTHERS = 0o7
_NO_USER = (1 << 32) - 1
"""To the system this number means that nothing is to change."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """user, group: their numbers, both or none; None for our own. groups: the user's other groups. cgroup: a
    folder of cgroups v2, which is there; None for ours."""

    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] = ()
    cgroup: Path | None = None

    def __post_init__(self) -> None:
        if (self.user is None) != (self.group is None):
            raise ValueError("a user without a group would keep ours")


FREE = Confinement()


def as_user(name: str, cgroup: Path | None = None) -> Confinement:
    """The confinement of a system user, by its name or number. Raises StartError when there is none of that
    name."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        if name.isdecimal() and int(name) < _NO_USER:
            return Confinement(int(name), int(name), (), cgroup)
        raise StartError(
            f"There is no system user {name}.",
            found="/etc/passwd, and what else the system knows its users from, do not have it.",
            fix=f"useradd --system --no-create-home {name}; or take the site's user away",
        ) from None
    groups = os.getgrouplist(found.pw_name, found.pw_gid)
    return Confinement(
        found.pw_uid, found.pw_gid, tuple(group for group in groups if group != found.pw_gid), cgroup
    )


def check(confinement: Confinement) -> None:
    """Raises StartError when we cannot start processes so."""
    user = confinement.user
    if user is not None and user != os.geteuid() and os.geteuid() != 0:
        raise StartError(
            f"Only root can start processes as the user {user}.",
            found=f"This server runs as the user {os.geteuid()}.",
            fix="Run the server as root, or take the site's user away.",
        )


def identity(confinement: Confinement) -> Identity:
    """As whom a process is started; empty for ourselves, as uvloop knows nothing of it."""
    user, group = confinement.user, confinement.group
    if user is None or group is None:
        return {}
    return {"user": user, "group": group, "extra_groups": confinement.groups}


@contextmanager
def entrance(confinement: Confinement) -> Iterator[int | None]:
    """The file by which a process enters the group, for as long as it takes to start one; None for no group.
    Raises StartError when it cannot be used."""
    if confinement.cgroup is None:
        yield None
        return
    path = confinement.cgroup / "cgroup.procs"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise keeps_out(confinement.cgroup, error.strerror or str(error)) from None
    try:
        yield file
    finally:
        os.close(file)


def becoming(confinement: Confinement, entrance: int | None) -> Callable[[], None]:
    """What a child does before it is the program that it was started for. uvloop, which the management runs
    on, knows nothing of users; and the kernel forgets the death signal when the user changes, so that it
    comes last. entrance: the file that `entrance` gives."""
    bind = on_fork()
    user, own_group, groups = confinement.user, confinement.group, list(confinement.groups)

    def become() -> None:
        if entrance is not None:
            os.write(entrance, b"0")  # itself
        if user is not None and own_group is not None:
            os.setgroups(groups)
            os.setgid(own_group)
            os.setuid(user)
        if bind is not None:
            bind()

    return become


def keeps_out(cgroup: Path, found: str) -> StartError:
    return StartError(
        f"A process cannot enter its control group {cgroup}.",
        found=found,
        fix="The server needs a group of its own that it may divide: Delegate=yes in its systemd unit.",
    )


def stranger_to(path: Path, confinement: Confinement) -> Path | None:
    """The first folder on the way to a path that its user may not enter, as far as the modes tell; or the
    path itself, when it may not be read."""
    if confinement.user in (None, 0):
        return None
    for folder in (*reversed(path.parents), path):
        wanted = stat.S_IXOTH if folder != path else stat.S_IROTH
        if not _may(folder, wanted, confinement):
            return folder
    return None


def _may(path: Path, wanted: int, confinement: Confinement) -> bool:
    """wanted: as of others."""
    try:
        found = path.stat()
    except OSError:
        return False
    groups = {confinement.group, *confinement.groups}
    shift = 6 if found.st_uid == confinement.user else 3 if found.st_gid in groups else 0
    return bool((found.st_mode >> shift) & _OTHERS & wanted)


@contextmanager
def acting_as(confinement: Confinement) -> Iterator[None]:
    """What this thread does with files meanwhile it does with the user's rights, not with ours. Where the
    system has no such thing (it is not Linux, or we are not root), with ours. Raises OSError where the system
    does not let us."""
    user, group = confinement.user, confinement.group
    if _libc is None or user is None or os.geteuid() != 0:
        yield
        return
    groups = _OURS if user == os.geteuid() else confinement.groups
    with _with_rights_of(user, os.getegid() if group is None else group, groups):
        yield


@contextmanager
def as_ourselves() -> Iterator[None]:
    """Inside of `acting_as`: with our own rights meanwhile."""
    if _libc is None or os.geteuid() != 0:
        yield
        return
    with _with_rights_of(os.geteuid(), os.getegid(), _OURS):
        yield


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """What this thread does with files meanwhile, it does with the rights of whoever owns the folder: a link
    that the owner put there leads nowhere that the owner could not go. With ours where it is not there."""
    try:
        info = folder.stat()
    except OSError:
        yield
        return
    with acting_as(Confinement(info.st_uid, info.st_gid)):
        yield


@contextmanager
def _with_rights_of(user: int, group: int, groups: Sequence[int]) -> Iterator[None]:
    """groups: the other ones. Each call gives what was before it."""
    if _libc is None:
        raise ValueError("only Linux has file system users")
    groups_before = os.getgroups()
    _set_groups(groups)
    user_before, group_before = _libc.setfsuid(user), _libc.setfsgid(group)
    try:
        yield
    finally:
        _libc.setfsgid(group_before)
        _libc.setfsuid(user_before)
        _set_groups(groups_before)


def _set_groups(groups: Sequence[int]) -> None:
    """Of this thread: the library's call, and Python's, are for all threads of a process. Raises OSError."""
    if _libc is None or _SETGROUPS is None or sorted(groups) == sorted(os.getgroups()):
        return
    array = (ctypes.c_uint32 * len(groups))(*groups)
    if _libc.syscall(ctypes.c_long(_SETGROUPS), ctypes.c_size_t(len(groups)), array) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "setgroups")
