"""`/api/processes`: the processes of this site (reference 1.10): its instances, web jobs and commands. Kudu
on Linux answers 400 to all of it; here the facts come from the system.

The number 0 stands for the management itself, of which little is told: it serves all sites. -1 stands for the
site's newest instance.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

import psutil
from starlette.responses import Response

from webstead.services.context import OfSite
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.process_details import (
    details_of,
    item_of,
    modules_of,
    threads_of,
    variables_of,
)
from webstead.services.scm.process_finding import MANAGEMENT, all_of, missing, process_of, read_process
from webstead.services.scm.process_items import Module, Process, ProcessItem, Thread
from webstead.site.processes.find import end_tree

__all__ = ["ROUTES"]


def list_all(site: OfSite, allUsers: str = "") -> list[ProcessItem]:
    """All of this site, by name. allUsers is taken, and changes nothing: whoever they run as,
    they are told."""
    items: list[ProcessItem] = []
    for pid, process in all_of(site).items():
        with contextlib.suppress(psutil.Error):  # it has just ended
            items.append(item_of(site, pid, process))
    return sorted(items, key=lambda item: (item.name, item.id))


def show(site: OfSite, pid: int) -> Process:
    """All that is known of it. Variables that look secret are masked."""
    return read_process(site, pid, lambda process: details_of(site, pid, process))


def stop(site: OfSite, pid: int) -> None:
    """End it with all that it has started. An instance is followed by a new one."""
    if pid == MANAGEMENT:
        raise ApiError(
            403,
            "The management serves all sites: it is not ended from one of them.",
            fix="webstead site restart ends the instances of this site.",
        )
    process = process_of(site, pid)
    try:
        end_tree(process)
    except psutil.NoSuchProcess:
        raise missing(pid) from None
    except psutil.AccessDenied:
        raise ApiError(403, f"The server may not end process {pid}: it runs as another user.") from None


def threads(site: OfSite, pid: int) -> list[Thread]:
    """Its threads."""
    return read_process(site, pid, lambda process: threads_of(site, pid, process))


def thread(site: OfSite, pid: int, thread: int) -> Thread:
    """One of its threads."""
    for each in threads(site, pid):
        if each.id == thread:
            return each
    raise ApiError(404, f"Thread {thread} of process {pid} is not running.")


def modules(site: OfSite, pid: int) -> list[Module]:
    """The files that are mapped into its memory."""
    return read_process(site, pid, lambda process: modules_of(site, pid, process))


def module(site: OfSite, pid: int, base: str) -> Module:
    """One of them, by the address that it begins at."""
    for each in modules(site, pid):
        if each.base_address == base.lower():
            return each
    raise ApiError(404, f"Process {pid} has no module at {base}.")


def variables(site: OfSite, pid: int, wanted: str) -> dict[str, str]:
    """The variables that it began with, whose names contain this; `all` for all. Those that look secret
    are masked."""
    found = read_process(site, pid, lambda process: variables_of(pid, process))
    low = wanted.lower()
    return {name: value for name, value in found.items() if low == "all" or low in name.lower()}


def dump(site: OfSite, pid: int) -> Response:
    """Not on this system."""
    process_of(site, pid)
    raise _not_here("A dump of a process is not made here.", pid)


def profile(site: OfSite, pid: int) -> Response:
    """Not on this system."""
    process_of(site, pid)
    raise _not_here("A profile of a process is not made here.", pid)


def _not_here(what: str, number: int) -> ApiError:
    return ApiError(
        400,
        what,
        fix=f"Install py-spy in place, and ask it: pip install py-spy && py-spy dump --pid {number}"
        " (POST /api/command).",
    )


def _paths(rest: str) -> tuple[str, ...]:
    """Kudu's second name for the same."""
    return (f"/api/diagnostics/processes{rest}", f"/diagnostics/processes{rest}")


def _route(
    methods: str,
    rest: str,
    endpoint: Callable[..., object],
    summary: str,
    *,
    gives: object = None,
    status: int = 200,
    others: Mapping[int, str] | None = None,
) -> Route:
    return Route(
        methods,
        f"/processes{rest}",
        endpoint,
        scope="files",
        summary=summary,
        gives=gives,
        status=status,
        others={404: "It does not run, or is not this site's", **(others or {})},
        aliases=_paths(rest),
        arm=methods == "GET",
    )


_REFUSED = {403: "The server may not end it"}
_NOT_HERE = {400: "Not on this system"}

ROUTES = (
    _route("GET", "", list_all, "The processes of the site", gives=list[ProcessItem]),
    _route("GET", "/{pid}", show, "A process", gives=Process),
    _route("DELETE", "/{pid}", stop, "End a process and what it started", status=204, others=_REFUSED),
    _route("POST", "/{pid}/stop", stop, "End a process and what it started", status=204, others=_REFUSED),
    _route("GET", "/{pid}/threads", threads, "Its threads", gives=list[Thread]),
    _route("GET", "/{pid}/threads/{thread}", thread, "One of its threads", gives=Thread),
    _route("GET", "/{pid}/modules", modules, "The files in its memory", gives=list[Module]),
    _route("GET", "/{pid}/modules/{base}", module, "One of the files in its memory", gives=Module),
    _route("GET", "/{pid}/environments/{wanted}", variables, "Its variables", gives=dict[str, str]),
    _route("GET", "/{pid}/dump", dump, "A dump of its memory", others=_NOT_HERE),
    _route("POST", "/{pid}/profile/start", profile, "Begin a profile", others=_NOT_HERE),
    _route("GET", "/{pid}/profile/stop", profile, "End a profile", others=_NOT_HERE),
)
