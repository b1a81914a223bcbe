"""The log stream over the management, as one that streams reads it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.types import Message, Scope

from tests.management import Management
from webstead.services import log_watch
from webstead.services.scm.logstream import stream_seconds
from webstead.site.store.settings import write_settings


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path)


def logs_of(management: Management) -> Path:
    return management.server.site("shop").log_files


class Streaming:
    """A client that reads a stream until it leaves."""

    def __init__(self, management: Management, path: str) -> None:
        self.status = 0
        self.text = ""
        self._grown = asyncio.Event()
        self._gone = asyncio.Event()
        target, _, query = path.partition("?")
        given = management.publisher() | {"host": "shop.scm.localhost"}
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "GET",
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self._task = asyncio.create_task(self._ask(management, scope))

    async def _ask(self, management: Management, scope: Scope) -> None:
        await management.app(scope, self._receive, self._send)

    async def until(self, text: str) -> None:
        async with asyncio.timeout(20):
            while text not in self.text:
                self._grown.clear()
                await self._grown.wait()

    async def end(self) -> None:
        async with asyncio.timeout(20):
            await self._task

    async def leave(self) -> None:
        self._gone.set()
        await self.end()

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()
        self._grown.set()


def test_a_stream_begins_with_its_welcome_and_tells_what_is_appended(management: Management) -> None:
    logs = logs_of(management)
    (logs / "Application" / "a-1.txt").write_text("old\n")

    async def work() -> None:
        stream = Streaming(management, "/api/logstream")
        await stream.until("Welcome")
        assert stream.text.startswith(
            "2026-11-26T12:00:00  Welcome, you are now connected to log-streaming service."
        )
        with (logs / "Application" / "a-1.txt").open("a") as file:
            file.write("new\n")
        (logs / "other.log").write_text("first\n")
        await stream.until("new\n")
        await stream.until("first\n")
        assert "old" not in stream.text
        assert stream.status == 200
        await stream.leave()

    asyncio.run(work())
    assert not log_watch._watches


def test_two_streams_share_a_look_and_have_lines_of_their_own(management: Management) -> None:
    logs = logs_of(management)

    async def work() -> None:
        every, errors = Streaming(management, "/logstream"), Streaming(management, "/logstream?filter=ERROR")
        await every.until("Welcome")
        await errors.until("Welcome")
        assert len(log_watch._watches) == 1
        (logs / "a.log").write_text("fine\nan error\n")
        await every.until("fine\nan error\n")
        await errors.until("an error\n")
        assert "fine" not in errors.text
        await every.leave()
        (logs / "b.log").write_text("error again\n")
        await errors.until("error again\n")
        await errors.leave()

    asyncio.run(work())


def test_a_folder_alone_is_streamed_and_made_when_it_is_missing(management: Management) -> None:
    logs = logs_of(management)

    async def work() -> None:
        stream = Streaming(management, "/api/logstream/own/folder")
        await stream.until("Welcome")
        assert (logs / "own" / "folder").is_dir()
        (logs / "elsewhere.log").write_text("elsewhere\n")
        (logs / "own" / "folder" / "here.log").write_text("here\n")
        await stream.until("here\n")
        assert "elsewhere" not in stream.text
        await stream.leave()

    asyncio.run(work())


END = "The stream has ended: nothing was added for 1 s (SCM_LOGSTREAM_TIMEOUT).\n"


def test_a_stream_to_which_nothing_is_added_ends_after_the_time_of_its_setting_and_says_so(
    management: Management,
) -> None:
    write_settings(management.store, "shop", "scm", {"SCM_LOGSTREAM_TIMEOUT": "1"})
    answer = management.ask("GET", "/api/logstream")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "It ends when nothing is added for 1 s: the setting SCM_LOGSTREAM_TIMEOUT." in answer.text
    assert answer.text.endswith(END)


def test_a_stream_that_is_busy_goes_on_and_ends_when_it_is_not(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That nothing came for a while is no news that would keep it open."""
    monkeypatch.setattr("webstead.services.scm.logstream._HEARTBEAT", 0.3)
    write_settings(management.store, "shop", "scm", {"SCM_LOGSTREAM_TIMEOUT": "1"})

    async def work() -> None:
        loop = asyncio.get_running_loop()
        stream = Streaming(management, "/api/logstream")
        await stream.until("Welcome")
        began, number = loop.time(), 0
        with (logs_of(management) / "a.log").open("a", buffering=1) as file:
            while loop.time() < began + 2.5:
                number += 1
                file.write(f"line {number}\n")
                await stream.until(f"line {number}\n")
        assert END not in stream.text
        await stream.until(END)
        await stream.end()
        assert "No new trace" in stream.text

    asyncio.run(work())


def test_silence_is_told_each_minute(management: Management, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webstead.services.scm.logstream._HEARTBEAT", 0.3)

    async def work() -> None:
        stream = Streaming(management, "/api/logstream")
        await stream.until("No new trace in the past 1 min(s).\n")
        await stream.until("No new trace in the past 2 min(s).\n")
        await stream.leave()

    asyncio.run(work())


@pytest.mark.parametrize(("path", "status"), [("Application/a.txt", 404), ("../x", 400), ("link", 404)])
def test_only_folders_of_logs_are_streamed(management: Management, path: str, status: int) -> None:
    (logs_of(management) / "Application" / "a.txt").write_text("x")
    (logs_of(management) / "link").symlink_to("/etc")
    assert management.ask("GET", f"/api/logstream/{path.replace('..', '%2E%2E')}").status_code == status


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 7200), ("60", 60), ("0", 7200), ("soon", 7200), ("9999999", 604800)]
)
def test_how_long_it_lasts_is_a_setting(text: str, seconds: float) -> None:
    assert stream_seconds({"SCM_LOGSTREAM_TIMEOUT": text}) == seconds
