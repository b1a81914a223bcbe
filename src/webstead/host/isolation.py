"""What ties an instance's processes together, and to us: sessions, signals to groups, descendants, orphans.

All calls that only POSIX or only Linux has are here. Where one is missing the function says so by its result,
and the caller goes on with less (a Mac has no death signal and no sub-reaper); `require_posix` refuses what
cannot work at all.

- A *session* per instance: Ctrl+C in the terminal reaches the supervisor alone, and one signal reaches the
  whole group.
- The *death signal*: the kernel sends SIGTERM to the instance when the thread that started it ends, so `kill
  -9` of the supervisor ends platform processes too. Start instances from a thread that lives as long as the
  supervisor (its loop's).
- The *sub-reaper*: orphans of instances become our children instead of init's, so that none escapes by
  forking twice.
- The *tag*: a variable in the environment that descendants inherit; it tells whose orphan a process is.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable

import psutil

from webstead.errors import HostError

__all__ = [
    "TAG",
    "OrphanReaper",
    "adopt_orphans",
    "end_all",
    "end_tagged",
    "family",
    "on_fork",
    "require_posix",
    "signal_group",
    "still_running",
    "tag_of",
    "tagged",
]

TAG = "WEBSTEAD_INSTANCE"

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_SECONDS = 0.01
_KILL_LOOKS = 100
_TAG_LOOKS = 5
"""A program shows its variables two milliseconds after it began; some are started without any."""


_serial = itertools.count(1)
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def require_posix() -> None:
    """Raises HostError where instances cannot be held: no process groups, no sockets handed down."""
    if os.name != "posix":
        raise HostError(
            f"Webstead cannot host apps on {sys.platform} yet",
            found="This system has no process groups and hands no listening sockets to its children.",
            fix="Run it under Linux: WSL, a container or a virtual machine.",
        )


def adopt_orphans() -> bool:
    """Become the parent of orphaned descendants. False where the system has no such thing."""
    return _libc is not None and _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def on_fork(entrance: int | None = None) -> Callable[[], None] | None:
    """What the child runs between fork and exec to enter a control group and to get its death signal; None
    where there is neither. entrance: a file that a process enters the group by; with it, what starts the
    child raises SubprocessError when that fails.

    Only prepared calls into the system: no import and no lock that another thread may have held at the
    fork. The group comes first, so that nothing of the program runs outside of it."""
    if _libc is None:
        return None
    prctl, parent, terminate = _libc.prctl, os.getpid(), int(signal.SIGTERM)

    def bind_to_parent() -> None:
        if entrance is not None:
            os.write(entrance, b"0")  # itself
        prctl(_PR_SET_PDEATHSIG, terminate, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return bind_to_parent


def tag_of(name: str) -> str:
    """A new tag for an instance of that name, not used again by this supervisor or by another that runs."""
    return f"{name}@{os.getpid()}.{next(_serial)}"


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal all processes of the session that `pid` leads; none left is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        os.killpg(pid, number)


def family(pid: int, tag: str) -> list[psutil.Process]:
    """The descendants of an instance that are there now: those of `pid`, and its orphans, found by their tag,
    or by their session: a dead one has no environment."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if process.pid != pid
        and (_has_tag(process, tag) or _in_session(process, pid) or _descends(process, pid))
    ]


def tagged(tag: str) -> list[psutil.Process]:
    """Our descendants with this tag, wherever they have gone."""
    return [process for process in psutil.Process().children(recursive=True) if _has_tag(process, tag)]


def _variables(process: psutil.Process) -> dict[str, str] | None:
    """None of one that has ended, or is not ours to look at."""
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else process.environ()
    except psutil.Error:
        return None


def _in_session(process: psutil.Process, pid: int) -> bool:
    try:
        return os.getsid(process.pid) == pid
    except OSError:
        return False


def _has_tag(process: psutil.Process, tag: str) -> bool:
    return (_variables(process) or {}).get(TAG) == tag


def _descends(process: psutil.Process, pid: int) -> bool:
    try:
        return any(parent.pid == pid for parent in process.parents())
    except psutil.Error:
        return False


def still_running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that run; a zombie does not. A new process under an old number is not taken for the old one."""
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


async def end_all(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL them, and collect those that have become our children. Bounded by a second."""
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    for _ in range(_KILL_LOOKS):
        if not still_running(processes):
            break
        await asyncio.sleep(_LOOK_SECONDS)
    for process in processes:
        _collect(process.pid)


def end_tagged(tag: str) -> None:
    """The same with all of our descendants that carry this tag, for who has no event loop: blocks. One that
    is becoming a program has no variables to show for a moment: it is looked at again."""
    for _ in range(_TAG_LOOKS):
        found = [(each, _variables(each)) for each in psutil.Process().children(recursive=True)]
        if left := [each for each, variables in found if variables and variables.get(TAG) == tag]:
            asyncio.run(end_all(left))
        if all(variables != {} for _, variables in found):
            return
        time.sleep(_LOOK_SECONDS)


def _collect(pid: int) -> None:
    """Take the exit code of a dead child, so that it is no zombie; another's child is left alone."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


class OrphanReaper:
    """Collects dead orphans that we adopted, so that they do not stay as zombies.

    A dead child that somebody waits for is collected at once. One that is still there at the second look has
    nobody: only such a one is taken, so that no other waiter in this process loses an exit code."""

    def __init__(self) -> None:
        self._seen: int | None = None

    def look(self) -> int | None:
        """The number of the process collected, if any. Call every second or so."""
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            dead = None
        pid = dead.si_pid if dead else None
        if pid is None or pid != self._seen:
            self._seen = pid
            return None
        self._seen = None
        _collect(pid)
        return pid
