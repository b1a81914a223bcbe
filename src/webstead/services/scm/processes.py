"""`/api/processes`: the processes of this site (reference 1.10): its instances, web jobs and commands. Kudu
on Linux answers 400 to all of it; here the facts come from the system.

The number 0 stands for the management itself, of which little is told: it serves all sites. -1 stands for the
site's newest instance.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import psutil
from starlette.responses import Response

from webstead.host.isolation import TAG
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.wire import Answer, Date
from webstead.settings import MASK, looks_secret
from webstead.site.processes.find import end_tree, processes_of

__all__ = [
    "ROUTES",
    "Module",
    "Process",
    "ProcessItem",
    "Thread",
    "duration_text",
    "list_all",
    "masked",
    "show",
    "stop",
]

MANAGEMENT, WORKER = 0, -1


class ProcessItem(Answer):
    """href: its address, which gives all that is known of it."""

    id: int
    name: str
    machineName: str
    href: str
    user_name: str


class Thread(Answer):
    id: int
    href: str
    process: str
    state: str
    start_time: Date | None
    total_processor_time: str
    user_processor_time: str
    privileged_processor_time: str


class Module(Answer):
    """A file that is mapped into memory. base_address: hexadecimal. module_memory_size: bytes."""

    base_address: str
    file_name: str
    file_path: str
    href: str
    module_memory_size: int


class Process(ProcessItem):
    """Sizes are bytes, times `hh:mm:ss.fffffff`. What the system does not tell is null or empty."""

    minidump: str
    is_profile_running: bool
    parent: str | None
    children: list[str]
    threads: list[Thread]
    open_file_handles: list[str]
    modules: list[Module]
    file_name: str
    command_line: str
    handle_count: int
    module_count: int
    thread_count: int
    start_time: Date | None
    total_cpu_time: str
    user_cpu_time: str
    privileged_cpu_time: str
    working_set: int
    peak_working_set: int
    private_memory: int
    virtual_memory: int
    peak_virtual_memory: int
    paged_memory: int
    peak_paged_memory: int
    paged_system_memory: int
    non_paged_system_memory: int
    time_stamp: Date
    environment_variables: dict[str, str]
    is_scm_site: bool
    is_webjob: bool
    description: str


def list_all(site: OfSite, allUsers: str = "") -> list[ProcessItem]:
    """All of this site, by name. allUsers is taken, and changes nothing: whoever they run as,
    they are told."""
    items = [_item(site, process) for process in _processes(site).values()]
    return sorted((item for item in items if item is not None), key=lambda item: (item.name, item.id))


def show(site: OfSite, pid: int) -> Process:
    """All that is known of it. Variables that look secret are masked."""
    try:
        return _details(site, pid, _process(site, pid))
    except psutil.NoSuchProcess:
        raise _missing(pid) from None


def stop(site: OfSite, pid: int) -> None:
    """End it with all that it has started. An instance is followed by a new one."""
    if pid == MANAGEMENT:
        raise ApiError(
            403,
            "The management serves all sites: it is not ended from one of them.",
            fix="webstead site restart ends the instances of this site.",
        )
    process = _process(site, pid)
    try:
        end_tree(process)
    except psutil.NoSuchProcess:
        raise _missing(pid) from None
    except psutil.AccessDenied:
        raise ApiError(403, f"The server may not end process {pid}: it runs as another user.") from None


def threads(site: OfSite, pid: int) -> list[Thread]:
    """Its threads."""
    try:
        return _threads(site, pid, _process(site, pid))
    except psutil.NoSuchProcess:
        raise _missing(pid) from None


def thread(site: OfSite, pid: int, thread: int) -> Thread:
    """One of its threads."""
    for each in threads(site, pid):
        if each.id == thread:
            return each
    raise ApiError(404, f"Thread {thread} of process {pid} is not running.")


def modules(site: OfSite, pid: int) -> list[Module]:
    """The files that are mapped into its memory."""
    try:
        return _modules(site, pid, _process(site, pid))
    except psutil.NoSuchProcess:
        raise _missing(pid) from None


def module(site: OfSite, pid: int, base: str) -> Module:
    """One of them, by the address that it begins at."""
    for each in modules(site, pid):
        if each.base_address == base.lower():
            return each
    raise ApiError(404, f"Process {pid} has no module at {base}.")


def variables(site: OfSite, pid: int, wanted: str) -> dict[str, str]:
    """The variables that it began with, whose names contain this; `all` for all. Those that look secret
    are masked."""
    try:
        found = _variables(pid, _process(site, pid))
    except psutil.NoSuchProcess:
        raise _missing(pid) from None
    low = wanted.lower()
    return {name: value for name, value in found.items() if low == "all" or low in name.lower()}


def dump(site: OfSite, pid: int) -> Response:
    """Not on this system."""
    _process(site, pid)
    raise _not_here("A dump of a process is not made here.", pid)


def profile(site: OfSite, pid: int) -> Response:
    """Not on this system."""
    _process(site, pid)
    raise _not_here("A profile of a process is not made here.", pid)


def duration_text(seconds: float) -> str:
    """As .NET writes a TimeSpan: `1.02:03:04.5000000` of more than a day."""
    whole = timedelta(seconds=seconds)
    hours, rest = divmod(whole.seconds, 3600)
    days = f"{whole.days}." if whole.days else ""
    return f"{days}{hours:02}:{rest // 60:02}:{rest % 60:02}.{whole.microseconds:06}0"


def masked(variables: Mapping[str, str]) -> dict[str, str]:
    """In the order of their names."""
    return {name: MASK if looks_secret(name, value) else value for name, value in sorted(variables.items())}


def _instances(site: SiteContext) -> list[int]:
    return [each.pid for each in site.context.host.instances(site.name)]


def _processes(site: SiteContext) -> dict[int, psutil.Process]:
    found = processes_of(site.name, str(site.home.root), _instances(site))
    found.pop(os.getpid(), None)
    return found


def _process(site: SiteContext, number: int) -> psutil.Process:
    """Raises ApiError 404 for one that does not run, or that is not this site's."""
    if number == MANAGEMENT:
        return psutil.Process()
    found = _processes(site)
    newest = [pid for pid in _instances(site) if pid in found][-1:]  # an older one may be about to end
    process = found.get(next(iter(newest), 0) if number == WORKER else number)
    if process is None:
        raise _missing(number)
    return process


def _missing(number: int) -> ApiError:
    return ApiError(404, f"Process with an Id of {number} is not running.")


def _not_here(what: str, number: int) -> ApiError:
    return ApiError(
        501,
        what,
        fix=f"Install py-spy in place, and ask it: pip install py-spy && py-spy dump --pid {number}"
        " (POST /api/command).",
    )


def _href(site: SiteContext, number: int) -> str:
    return site.url(f"/api/processes/{number}")


def _item(site: SiteContext, process: psutil.Process) -> ProcessItem | None:
    try:
        with process.oneshot():
            return ProcessItem(
                id=process.pid,
                name=process.name(),
                machineName=socket.gethostname(),
                href=_href(site, process.pid),
                user_name=process.username(),
            )
    except psutil.Error:  # it has just ended
        return None


def _details(site: SiteContext, number: int, process: psutil.Process) -> Process:
    management = number == MANAGEMENT
    item = _item(site, process)
    if item is None:
        raise psutil.NoSuchProcess(process.pid)
    with process.oneshot():
        times, memory, parent = process.cpu_times(), process.memory_info(), process.ppid()
        found = _variables(number, process)
        mapped = [] if management else _modules(site, number, process)
        running = [] if management else _threads(site, number, process)
        own = _processes(site)
        return Process(
            **item.model_dump(exclude={"href"}),
            href=_href(site, number),
            minidump=f"{_href(site, number)}/dump",
            is_profile_running=False,
            parent=_href(site, parent) if parent in own else None,
            children=[] if management else [_href(site, each.pid) for each in process.children()],
            threads=running,
            open_file_handles=[] if management else _open_files(process),
            modules=mapped,
            file_name=_told(process.exe),
            command_line="" if management else " ".join(process.cmdline()),
            handle_count=_counted(process),
            module_count=len(mapped),
            thread_count=process.num_threads(),
            start_time=datetime.fromtimestamp(process.create_time(), UTC),
            total_cpu_time=duration_text(times.user + times.system),
            user_cpu_time=duration_text(times.user),
            privileged_cpu_time=duration_text(times.system),
            working_set=memory.rss,
            peak_working_set=memory.rss,
            private_memory=max(0, memory.rss - getattr(memory, "shared", 0)),
            virtual_memory=memory.vms,
            peak_virtual_memory=memory.vms,
            paged_memory=0,
            peak_paged_memory=0,
            paged_system_memory=0,
            non_paged_system_memory=0,
            time_stamp=site.context.clock.now(),
            environment_variables=found,
            is_scm_site=management,
            is_webjob=any(name.startswith("WEBJOBS_") for name in found),
            description=found.get(TAG, "").partition("@")[0],
        )


def _variables(number: int, process: psutil.Process) -> dict[str, str]:
    """None of the management's: they are the server's."""
    if number == MANAGEMENT:
        return {}
    try:
        return masked(process.environ())
    except psutil.AccessDenied:
        return {}


def _threads(site: SiteContext, number: int, process: psutil.Process) -> list[Thread]:
    try:
        found = process.threads()
    except psutil.AccessDenied:
        return []
    return [
        Thread(
            id=each.id,
            href=f"{_href(site, number)}/threads/{each.id}",
            process=_href(site, number),
            state=process.status(),
            start_time=None,
            total_processor_time=duration_text(each.user_time + each.system_time),
            user_processor_time=duration_text(each.user_time),
            privileged_processor_time=duration_text(each.system_time),
        )
        for each in found
    ]


def _modules(site: SiteContext, number: int, process: psutil.Process) -> list[Module]:
    try:
        maps = process.memory_maps(grouped=False)
    except psutil.AccessDenied:
        return []
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for each in maps:
        if each.path.startswith("/"):
            begin, _, end = each.addr.partition("-")
            first.setdefault(each.path, begin)
            sizes[each.path] = sizes.get(each.path, 0) + int(end, 16) - int(begin, 16)
    return [
        Module(
            base_address=base,
            file_name=os.path.basename(path),
            file_path=path,
            href=f"{_href(site, number)}/modules/{base}",
            module_memory_size=sizes[path],
        )
        for path, base in first.items()
    ]


def _open_files(process: psutil.Process) -> list[str]:
    try:
        return sorted({each.path for each in process.open_files()})
    except psutil.AccessDenied:
        return []


def _counted(process: psutil.Process) -> int:
    try:
        return process.num_fds()
    except psutil.AccessDenied:
        return 0


def _told(ask: object) -> str:
    try:
        return str(ask()) if callable(ask) else ""
    except psutil.AccessDenied:
        return ""


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
_NOT_HERE = {501: "Not on this system"}

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
