"""Which of the machine's processes are a site's: what the supervisor runs for it, whatever has the variables
that each process of a site begins with (web jobs, commands), and all that these have started.

A process that lies about its variables only joins the site it names: it gives that site power over itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psutil

__all__ = ["Seen", "belonging", "end_tree", "processes_of"]

_GRACE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A process, as far as it matters here."""

    pid: int
    parent: int
    site: str = ""
    home: str = ""


def belonging(seen: Collection[Seen], site: str, home: str, roots: Collection[int]) -> frozenset[int]:
    """Their numbers: pure."""
    own = {each.pid for each in seen if each.pid in roots or (each.site == site and each.home == home)}
    children: dict[int, list[int]] = {}
    for each in seen:
        children.setdefault(each.parent, []).append(each.pid)
    waiting = list(own)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in own:
                own.add(child)
                waiting.append(child)
    return frozenset(own)


def processes_of(site: str, home: str, roots: Collection[int]) -> dict[int, psutil.Process]:
    """roots: the instances' numbers, as the supervisor says. What may not be looked at is not the site's."""
    found: dict[int, psutil.Process] = {}
    seen: list[Seen] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            variables = _variables(process)
            at_home = variables.get("HOME", "")
            seen.append(Seen(process.pid, process.ppid(), variables.get("WEBSITE_SITE_NAME", ""), at_home))
            found[process.pid] = process
    own = belonging(seen, site, home, roots)
    return {pid: process for pid, process in sorted(found.items()) if pid in own}


def _variables(process: psutil.Process) -> Mapping[str, str]:
    """Those that it began with; none of a process of another user, which may be an instance all the same."""
    try:
        return process.environ()
    except psutil.AccessDenied:
        return {}


def end_tree(process: psutil.Process) -> None:
    """It and all that it has started: asked first, then killed. Raises psutil.AccessDenied."""
    tree = [process, *process.children(recursive=True)]
    for each in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.terminate()
    _, running = psutil.wait_procs(tree, _GRACE_SECONDS)
    for each in running:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(running, _GRACE_SECONDS)
