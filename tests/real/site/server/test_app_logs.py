"""What instances write, in the application log of their site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from webstead.events import AppOutput, InstanceExited, InstanceStarted
from webstead.site.homes import ServerHome
from webstead.site.logs.recent import recent_entries
from webstead.site.server.app_logs import AppLogs

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> ServerHome:
    server = ServerHome(tmp_path)
    for name in ("shop", "blog"):
        server.site(name).make()
    return server


def messages(server: ServerHome, site: str) -> list[tuple[int, str, str]]:
    return [(each.pid, each.level, each.message) for each in recent_entries(server.site(site).root, 10)]


def test_lines_go_to_the_log_of_their_site_with_the_number_of_their_instance(server: ServerHome) -> None:
    logs = AppLogs(server, lambda: NOW)
    logs.note("shop", InstanceStarted("web.1", 41, "python app.py"))
    logs.note("blog", InstanceStarted("web.1", 42, "python app.py"))
    logs.note("shop", AppOutput("web.1", "stderr", "WARNING: slow"))
    logs.note("blog", AppOutput("web.1", "stdout", "hello"))
    logs.close()
    assert messages(server, "shop") == [(41, "Warning", "WARNING: slow")]
    assert messages(server, "blog") == [(42, "Information", "hello")]


def test_last_words_are_written_too(server: ServerHome) -> None:
    logs = AppLogs(server, lambda: NOW)
    logs.note("shop", InstanceStarted("web.1", 41, "python app.py"))
    logs.note("shop", AppOutput("web.1", "stdout", "one"))
    logs.note("shop", InstanceExited("web.1", 41, "stopped", True))
    logs.note("shop", AppOutput("web.1", "stdout", "two"))
    logs.close()
    assert [message for _, _, message in messages(server, "shop")] == ["two", "one"]
