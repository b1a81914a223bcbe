"""Control groups for sites (Linux' cgroups v2): what the processes of one may take together.

A group that has processes cannot share out its memory or processors, so the server goes into a group of its
own beside those of the sites:

    G                   the server's at first: of its systemd unit, or of its container
    ├── webstead-server the server's processes
    └── webstead-NAME   a site's

Source: the kernel's documentation, admin-guide/cgroup-v2, "No Internal Process Constraint" and "Delegation".
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from webstead.errors import StartError

__all__ = ["Share", "own_group", "site_group"]

_MOUNT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_SERVER = "webstead-server"
_PERIOD = 100_000
"""Microseconds: the kernel's own period of cpu.max."""


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


def own_group(mount: Path = _MOUNT, membership: Path = _MEMBERSHIP) -> Path:
    """The group that we were started in. Raises StartError where there are no cgroups v2."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    path = next((line[3:] for line in lines if line.startswith("0::")), None)
    if path is None or not (mount / "cgroup.controllers").exists():
        raise _cannot(f"{mount} is no cgroup v2 hierarchy.")
    own = mount / path.lstrip("/")
    return own.parent if own.name == _SERVER else own


def site_group(own: Path, site: str, share: Share) -> Path:
    """The group of a site, made or changed to this share: it holds for what runs there already, too. Raises
    StartError when the system does not let us."""
    group = own / f"webstead-{site}"
    try:
        _divide(own)
        group.mkdir(exist_ok=True)
        for name, value in share.settings.items():
            (group / name).write_text(value)
    except OSError as error:
        raise _cannot(f"{error.filename or own}: {error.strerror or error}") from None
    return group


def _divide(own: Path) -> None:
    """Once: we leave the group, and it shares out what it has."""
    wanted = {"memory", "cpu"}
    if wanted <= set((own / "cgroup.subtree_control").read_text().split()):
        return
    found = (own / "cgroup.controllers").read_text().split()
    if missing := wanted - set(found):
        raise _cannot(f"{own} may not share out {' and '.join(sorted(missing))}; it has: {' '.join(found)}")
    if (own / "cgroup.type").exists():  # the system's own root has none, and may hold processes
        _leave(own)
    (own / "cgroup.subtree_control").write_text("+memory +cpu")


def _leave(own: Path) -> None:
    server = own / _SERVER
    server.mkdir(exist_ok=True)
    ours = psutil.Process()
    for pid in (os.getpid(), *(child.pid for child in ours.children(recursive=True))):
        try:
            (server / "cgroup.procs").write_text(str(pid))
        except ProcessLookupError:
            continue  # it has ended meanwhile


def _cannot(found: str) -> StartError:
    return StartError(
        "The memory and processor time of a site cannot be limited here.",
        found=found,
        fix="Run it where it may divide its group (Delegate=yes in a systemd unit), or take the limits away.",
    )
