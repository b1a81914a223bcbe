"""Control groups for sites (Linux' cgroups v2): what the processes of one may take together.

A group that has processes cannot share out its memory or processors, so the server goes into a group of its
own beside those of the sites:

    G                   the server's at first: of its systemd unit, or of its container
    ├── webstead-server the server's processes
    └── webstead-NAME   a site's

Version 2 may be mounted anywhere, and beside version 1 (a hybrid system), which then may have the controllers
of memory and processors: each belongs to one of the two. Nothing stands in for a limit that cannot be
enforced: it is refused, with what to do.

Source: the kernel's documentation, admin-guide/cgroup-v2, "No Internal Process Constraint" and "Delegation";
proc(5) for mountinfo.
"""

from __future__ import annotations

import errno
import re
import time
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import StartError

__all__ = [
    "Hierarchy",
    "Share",
    "check_limits",
    "group_of",
    "hierarchy_of",
    "own_group",
    "remove_group",
    "site_group",
]

_MOUNTS = Path("/proc/self/mountinfo")
_MEMBERSHIP = Path("/proc/self/cgroup")
_SERVER = "webstead-server"
_PERIOD = 100_000
"""Microseconds: the kernel's own period of cpu.max."""

_WANTED = frozenset({"memory", "cpu"})
_ESCAPED = re.compile(r"\\([0-7]{3})")
_END_SECONDS = 5.0
"""For the processes of a group that is killed: they end as soon as the kernel gets to them."""

_LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Share:
    """memory: bytes; cpu: percent of one processor. 0 for no limit."""

    memory: int = 0
    cpu: int = 0

    @property
    def settings(self) -> dict[str, str]:
        """The files of a group, and what is written to them."""
        cpu = f"{self.cpu * _PERIOD // 100} {_PERIOD}" if self.cpu else f"max {_PERIOD}"
        return {"memory.max": str(self.memory) if self.memory else "max", "cpu.max": cpu}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """mount: where version 2 is mounted. group: ours, as a folder below. elsewhere: controllers that version
    1 has, which version 2 then has not."""

    mount: Path
    group: Path
    elsewhere: frozenset[str]


def hierarchy_of(mounts: str, membership: str) -> Hierarchy | None:
    """From the texts of `/proc/self/mountinfo` and `/proc/self/cgroup`; None where there is no version 2, or
    where our group is not below what is mounted."""
    path, elsewhere = None, set[str]()
    for line in membership.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, own = rest.partition(":")
        if number == "0" and not controllers:
            path = own
        else:
            elsewhere |= set(controllers.split(","))
    for line in mounts.splitlines():
        fields, _, kind = line.partition(" - ")
        words = fields.split()
        if kind.split()[:1] == ["cgroup2"] and len(words) > 4 and path is not None:
            root, mount = _unescaped(words[3]), Path(_unescaped(words[4]))
            if (below := _below(path, root)) is not None:
                return Hierarchy(mount, mount / below, frozenset(elsewhere))
    return None


def _below(path: str, root: str) -> str | None:
    """The rest of a path; a container may have a part of the tree mounted. One that leads out of it (our
    group is not in our namespace) is none."""
    if ".." in path.split("/"):
        return None
    if root == "/":
        return path.lstrip("/")
    return path[len(root) :].lstrip("/") if path == root or path.startswith(f"{root}/") else None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


def check_limits(mounts: Path = _MOUNTS, membership: Path = _MEMBERSHIP) -> None:
    """Raises StartError when no server on this machine could limit a site, however it is run."""
    hierarchy = _hierarchy(mounts, membership)
    found = _words(hierarchy.mount / "cgroup.controllers")
    if missing := _WANTED - found:
        raise _cannot(
            _which(missing, hierarchy, f"{hierarchy.mount} has: {' '.join(sorted(found)) or 'none'}")
        )


def own_group(mounts: Path = _MOUNTS, membership: Path = _MEMBERSHIP) -> Path:
    """The group that we were started in. Raises StartError where there are no cgroups v2."""
    own = _hierarchy(mounts, membership).group
    return own.parent if own.name == _SERVER else own


def group_of(own: Path, site: str) -> Path:
    """There or not."""
    return own / f"webstead-{site}"


def site_group(own: Path, site: str, share: Share) -> Path:
    """The group of a site, made or changed to this share: it holds for what runs there already, too. Raises
    StartError when the system does not let us."""
    group = group_of(own, site)
    try:
        _divide(own)
        group.mkdir(exist_ok=True)
        for name, value in share.settings.items():
            (group / name).write_text(value)
    except OSError as error:
        raise _cannot(f"{error.filename or own}: {error.strerror or error}") from None
    return group


def remove_group(group: Path) -> bool:
    """End what is left in it, and the group: the kernel kills all at once, so that nothing escapes by
    starting something else. Whether it has gone."""
    deadline = time.monotonic() + _END_SECONDS
    try:
        (group / "cgroup.kill").write_text("1")
    except OSError:  # Linux before 5.14, or no such group: what does not end by itself keeps it
        deadline = 0.0
    while True:
        try:
            group.rmdir()
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        else:
            return True


def _hierarchy(mounts: Path, membership: Path) -> Hierarchy:
    try:
        found = hierarchy_of(mounts.read_text(), membership.read_text())
    except OSError:
        found = None
    if found is None or not (found.mount / "cgroup.controllers").exists():
        raise _cannot("There is no hierarchy of cgroups v2.")
    return found


def _divide(own: Path) -> None:
    """Once: we leave the group, and it shares out what it has."""
    if _words(own / "cgroup.subtree_control") >= _WANTED:
        return
    found = _words(own / "cgroup.controllers")
    if missing := _WANTED - found:
        named = " and ".join(sorted(missing))
        raise _cannot(f"{own} may not share out {named}; it has: {' '.join(sorted(found)) or 'none'}")
    if (own / "cgroup.type").exists():  # the system's own root has none, and may hold processes
        _leave(own)
    (own / "cgroup.subtree_control").write_text("+memory +cpu")


def _leave(own: Path) -> None:
    """All that is in it: whoever of the server asks first."""
    server = own / _SERVER
    server.mkdir(exist_ok=True)
    for pid in (own / "cgroup.procs").read_text().split():
        try:
            (server / "cgroup.procs").write_text(pid)
        except ProcessLookupError:
            continue  # it has ended meanwhile


def _words(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text().split())
    except OSError as error:
        raise _cannot(f"{path}: {error.strerror or error}") from None


def _which(missing: frozenset[str], hierarchy: Hierarchy, has: str) -> str:
    named = " and ".join(sorted(missing))
    if missing & hierarchy.elsewhere:
        return f"The controllers {named} belong to cgroups v1 on this system; {has}."
    return f"The kernel has no controllers {named} for cgroups v2; {has}."


def _cannot(found: str) -> StartError:
    return StartError(
        "The memory and processor time of a site cannot be limited here.",
        found=found,
        fix="Run it where it may divide its group (Delegate=yes in a systemd unit), on a system with cgroups"
        " v2 alone (systemd.unified_cgroup_hierarchy=1 on the kernel's command line); or take the limits"
        " away: --memory-mb 0 --cpu-percent 0.",
    )
