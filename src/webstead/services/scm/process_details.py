"""What the system tells of a process, in the words of Kudu's API. What it may not tell is empty."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import psutil

from webstead.host.isolation import TAG
from webstead.services.context import SiteContext
from webstead.services.scm.process_finding import MANAGEMENT, all_of
from webstead.services.scm.process_items import Module, Process, ProcessItem, Thread, duration_text
from webstead.services.wire import legible
from webstead.settings import masked

__all__ = ["details_of", "item_of", "modules_of", "threads_of", "variables_of"]

T = TypeVar("T")
D = TypeVar("D")


def item_of(site: SiteContext, number: int, process: psutil.Process) -> ProcessItem:
    """number: that it was asked for by. Raises psutil.NoSuchProcess, as all here."""
    with process.oneshot():
        return ProcessItem(
            id=process.pid,
            name=process.name(),
            machineName=socket.gethostname(),
            href=_href(site, number),
            user_name=process.username(),
        )


def details_of(site: SiteContext, number: int, process: psutil.Process) -> Process:
    """All of it; of the management, which is the server's, little. What Linux does not count is 0."""
    management = number == MANAGEMENT
    with process.oneshot():
        times, memory = process.cpu_times(), process.memory_info()
        found = variables_of(number, process)
        mapped = [] if management else modules_of(site, number, process)
        return Process(
            **item_of(site, number, process).model_dump(),
            minidump=f"{_href(site, number)}/dump",
            is_profile_running=False,
            parent=_parent(site, process),
            children=[] if management else [_href(site, each.pid) for each in process.children()],
            threads=[] if management else threads_of(site, number, process),
            open_file_handles=[] if management else _open_files(process),
            modules=mapped,
            file_name=_permitted(process.exe, ""),
            command_line="" if management else " ".join(_permitted(process.cmdline, ())),
            handle_count=_permitted(process.num_fds, 0),
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


def variables_of(number: int, process: psutil.Process) -> dict[str, str]:
    """Those that it began with. None of the management's: they are the server's."""
    if number == MANAGEMENT:
        return {}
    found = masked(_permitted(process.environ, {}))
    return {legible(name): legible(value) for name, value in found.items()}


def threads_of(site: SiteContext, number: int, process: psutil.Process) -> list[Thread]:
    state = process.status()
    return [
        Thread(
            id=each.id,
            href=f"{_href(site, number)}/threads/{each.id}",
            process=_href(site, number),
            state=state,
            start_time=None,
            total_processor_time=duration_text(each.user_time + each.system_time),
            user_processor_time=duration_text(each.user_time),
            privileged_processor_time=duration_text(each.system_time),
        )
        for each in _permitted(process.threads, ())
    ]


def modules_of(site: SiteContext, number: int, process: psutil.Process) -> list[Module]:
    """One for each file: where it begins, and how much of it is mapped."""
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for each in _permitted(lambda: process.memory_maps(grouped=False), ()):
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


def _parent(site: SiteContext, process: psutil.Process) -> str | None:
    """Only one of the site's own has an address."""
    parent = process.ppid()
    return _href(site, parent) if parent in all_of(site) else None


def _open_files(process: psutil.Process) -> list[str]:
    return sorted({each.path for each in _permitted(process.open_files, ())})


def _permitted(ask: Callable[[], T], otherwise: D) -> T | D:
    try:
        return ask()
    except psutil.AccessDenied:
        return otherwise


def _href(site: SiteContext, number: int) -> str:
    return site.url(f"/api/processes/{number}")
