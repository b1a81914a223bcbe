"""What instances write goes to the application log of their site, by what the supervisor tells of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from webstead.events import AppOutput, Event, InstanceExited, InstanceStarted
from webstead.site.homes import ServerHome
from webstead.site.logs.application import ApplicationLog

__all__ = ["AppLogs"]


def _now() -> datetime:
    return datetime.now(UTC)


class AppLogs:
    """One log for each site that has written; its file is closed with the last of its instances."""

    def __init__(self, server: ServerHome, now: Callable[[], datetime] = _now) -> None:
        self._server = server
        self._now = now
        self._logs: dict[str, ApplicationLog] = {}
        self._pids: dict[tuple[str, str], int] = {}

    def note(self, site: str, event: Event) -> None:
        match event:
            case InstanceStarted(instance=name, pid=pid):
                self._pids[site, name] = pid
            case AppOutput(instance=name, stream=stream, line=line):
                pid = self._pids.get((site, name), 0)
                self._log(site).write(line, pid=pid, stream=stream, time=self._now())
            case InstanceExited(instance=name, pid=pid):
                self._left(site, name, pid)

    def close(self) -> None:
        for log in self._logs.values():
            log.close()
        self._logs.clear()

    def _log(self, site: str) -> ApplicationLog:
        if site not in self._logs:
            self._logs[site] = ApplicationLog(self._server.site(site).root)
        return self._logs[site]

    def _left(self, site: str, name: str, pid: int) -> None:
        """Lines of it may come yet: they open the log again."""
        if self._pids.get((site, name)) == pid:
            del self._pids[site, name]
        if not any(other == site for other, _ in self._pids) and site in self._logs:
            self._logs.pop(site).close()
