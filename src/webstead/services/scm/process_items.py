"""A process, as Kudu's API tells of it (reference 1.10)."""

from __future__ import annotations

from datetime import timedelta

from webstead.services.wire import Answer, Date

__all__ = ["Module", "Process", "ProcessItem", "Thread", "duration_text"]


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


def duration_text(seconds: float) -> str:
    """As .NET writes a TimeSpan: `1.02:03:04.5000000` of more than a day."""
    whole = timedelta(seconds=seconds)
    hours, rest = divmod(whole.seconds, 3600)
    days = f"{whole.days}." if whole.days else ""
    return f"{days}{hours:02}:{rest // 60:02}:{rest % 60:02}.{whole.microseconds:06}0"
