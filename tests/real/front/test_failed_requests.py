"""Requests that failed are kept with their way; good ones are not, and neither are more than some."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from webstead.front.access import AccessEntry
from webstead.front.application import Application
from webstead.front.asgi import Received, Scope
from webstead.front.control import Control
from webstead.front.counts import Counts
from webstead.front.exchange import Exchange
from webstead.front.explain import Asked, Explanation
from webstead.front.failed_requests import KEPT, FailedRequests, read_failed
from webstead.front.serving import Serving
from webstead.front.tables import Tables
from webstead.site_table import SiteTable

from .stage import Stage, eventually, webconfig

REPOSITORY = Path(__file__).parents[3]

RULE = (
    '<rewrite><rules><rule name="No"><match url="^no"/>'
    '<action type="CustomResponse" statusCode="451" statusReason="not here"/></rule></rules></rewrite>'
)


def test_a_failed_request_is_kept_with_its_way(stage: Stage, tmp_path: Path) -> None:
    front = stage.front()
    kept = tmp_path / "logs" / "failed"
    site = tmp_path / "site"
    site.mkdir()
    (site / "a.txt").write_text("a")
    front.serve(site, config=webconfig("static", RULE), failed=str(kept))
    assert front.ask("/a.txt").status == 200
    head = "Cookie: id=hidden\r\nAuthorization: Bearer hidden\r\n"
    assert front.ask("/no?x=1", method="POST", head=head).status == 451
    eventually(lambda: len(read_failed(kept)) == 1, "the failed request is kept")
    (found,) = read_failed(kept)
    assert (found.number, found.status, found.request) == (1, 451, "POST http://site.test/no?x=1")
    assert "rule 'No': answers 451" in found.text
    assert "hidden" not in found.data
    data = json.loads(found.data)
    assert data["request"]["remote"] == "127.0.0.1"
    assert [step["stage"] for step in data["steps"]][-1] == "rewrite"
    assert (kept / "fr000001.json").stat().st_mode & 0o777 == 0o600


def failing(path: bytes) -> Exchange:
    async def receive() -> Received:
        raise AssertionError

    async def send(message: object) -> None:
        raise AssertionError

    exchange = Exchange(
        {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "raw_path": path,
            "query_string": b"",
            "client": ("192.0.2.7", 1),
            "server": ("localhost", 80),
        },
        receive,
        send,
        {b"host": b"site.test"},
    )
    exchange.status = 404
    return exchange


def test_the_last_ones_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webstead.front.failed_requests.PAUSE_SECONDS", 0.0)
    serving = Serving(SiteTable(0, str(tmp_path), (), ()), {})
    folder = tmp_path / "failed"

    async def fail(count: int) -> None:
        keeper = FailedRequests(folder)
        for number in range(count):
            keeper.note(serving, failing(b"/%d" % number))
            assert keeper.writing is not None
            await keeper.writing

    asyncio.run(fail(KEPT + 5))
    assert [found.number for found in read_failed(folder)] == list(range(6, KEPT + 6))
    asyncio.run(fail(1))  # as after a restart
    assert [found.number for found in read_failed(folder)][-1] == KEPT + 6


async def fail_once(folder: Path) -> None:
    keeper = FailedRequests(folder)
    keeper.note(Serving(SiteTable(0, str(folder.parent), (), ()), {}), failing(b"/x"))
    assert keeper.writing is not None
    await keeper.writing


KILLED = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.real.front.test_failed_requests import fail_once
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
asyncio.run(fail_once(Path(sys.argv[1])))
"""


def test_who_is_killed_while_it_writes_leaves_nothing(tmp_path: Path) -> None:
    """By the system, in the write itself."""
    words = [sys.executable, "-c", KILLED, str(tmp_path / "failed")]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGXFSZ, done.stderr
    assert list((tmp_path / "failed").iterdir()) == []


def test_no_link_of_the_app_leads_us_elsewhere(tmp_path: Path) -> None:
    """The log folder is the app's to write in, and the front may be root."""
    serving = Serving(SiteTable(0, str(tmp_path), (), ()), {})
    logs, other = tmp_path / "logs", tmp_path / "other"
    logs.mkdir()
    other.mkdir()
    (logs / "failed").symlink_to(other)

    async def fail() -> None:
        keeper = FailedRequests(logs / "failed")
        keeper.note(serving, failing(b"/x"))
        assert keeper.writing is not None
        await keeper.writing

    asyncio.run(fail())
    assert not list(other.iterdir())
    (logs / "failed").unlink()
    asyncio.run(fail())
    (number,) = [each.number for each in read_failed(logs / "failed")]
    (logs / "failed" / f"fr{number:06}.json").rename(other / "moved.json")
    (logs / "failed" / f"fr{number:06}.json").symlink_to(other / "moved.json")
    assert read_failed(logs / "failed") == (), "nor is one read through a link"


def test_a_flood_of_failures_is_not_kept_whole(tmp_path: Path) -> None:
    serving = Serving(SiteTable(0, str(tmp_path), (), ()), {})

    async def flood() -> None:
        keeper = FailedRequests(tmp_path / "failed")
        for _ in range(1000):
            keeper.note(serving, failing(b"/x"))
        assert keeper.writing is not None
        await keeper.writing

    asyncio.run(flood())
    assert len(read_failed(tmp_path / "failed")) == 1


def test_a_folder_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    serving = Serving(SiteTable(0, str(tmp_path), (), ()), {})
    (tmp_path / "failed").write_text("a file")

    async def fail() -> None:
        keeper = FailedRequests(tmp_path / "failed")
        keeper.note(serving, failing(b"/x"))
        assert keeper.writing is not None
        await keeper.writing

    asyncio.run(fail())
    assert read_failed(tmp_path / "failed") == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"time": 1, "answered": "x", "request": {}, "text": ""}'])
def test_what_is_no_such_file_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "fr000001.json").write_text(text)
    (tmp_path / "notes.txt").write_text("")
    assert read_failed(tmp_path) == ()


async def _failing_note(tmp_path: Path) -> tuple[int, list[AccessEntry]]:
    entries: list[AccessEntry] = []
    told = Control(obey=lambda order: None, ended=lambda: None)
    application = Application(
        *("", Counts()),
        log=entries.append,
        raw_log=lambda entry: None,
        teller=told.of(""),
        report=lambda pool, line: None,
    )
    Tables(application, lambda table: None).take(
        SiteTable(0, str(tmp_path), (), (), failed=str(tmp_path / "kept"))
    )
    sent: list[Mapping[str, object]] = []

    async def receive() -> Received:
        return {"type": "http.request", "body": b""}

    async def send(message: Mapping[str, object]) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/none",
        "raw_path": b"/none",
        "query_string": b"",
        "headers": [(b"host", b"site.test")],
        "client": ("192.0.2.7", 1),
        "server": ("localhost", 80),
    }
    await application(scope, receive, send)
    await asyncio.sleep(0)  # it is noted behind the answer
    status = sent[0]["status"]
    assert isinstance(status, int)
    return status, entries


def test_an_error_in_noting_does_not_reach_the_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(serving: Serving, asked: Asked) -> Explanation:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("webstead.front.failed_requests.explain", broken)
    status, entries = asyncio.run(_failing_note(tmp_path))
    assert status == 404
    assert len(entries) == 1
    assert "a mistake of ours" in caplog.text
