"""What a site's instances wrote last, over its management."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.management import Management
from webstead.site.logs.application import ApplicationLog

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path)


def home_of(management: Management) -> Path:
    return management.server.site("shop").root


def written(management: Management, *lines: str, begin: datetime = NOW) -> None:
    log = ApplicationLog(home_of(management), machine="web1")
    for number, line in enumerate(lines):
        log.write(line, pid=7, stream="stdout", time=begin + timedelta(seconds=number))
    log.close()


def test_recent_entries_come_newest_first_of_all_files(management: Management) -> None:
    written(management, "one", "WARNING two\n  and more")
    written(management, "three", begin=NOW + timedelta(minutes=1))
    found = management.ask("GET", "/api/logs/recent").json()
    assert [entry["message"] for entry in found] == ["three", "WARNING two\n  and more", "one"]
    assert found[1] == {
        "timestamp": "2026-11-26T12:00:01.0000000Z",
        "level": "Warning",
        "pid": 7,
        "message": "WARNING two\n  and more",
    }
    assert len(management.ask("GET", "/api/logs/recent?top=2").json()) == 2


def test_without_logs_there_are_no_entries(management: Management) -> None:
    assert management.ask("GET", "/api/logs/recent").json() == []
    assert management.ask("GET", "/api/logs/docker").json() == []


@pytest.mark.parametrize("top", ["0", "1001", "many"])
def test_how_many_is_bounded(management: Management, top: str) -> None:
    assert management.ask("GET", f"/api/logs/recent?top={top}").status_code == 400


def test_it_is_there_with_the_prefix_alone(management: Management) -> None:
    assert management.ask("GET", "/logs/recent").status_code == 404


def test_files_of_others_are_read_too_and_links_out_are_not(management: Management, tmp_path: Path) -> None:
    folder = home_of(management) / "LogFiles" / "Application"
    (folder / "9a-1234.txt").write_text("2013-12-06T00:29:20  PID[20108] Warning     from azure\r\n")
    (tmp_path / "x-y.txt").write_text("2013-12-06T00:29:20  PID[1] Error secret\n")
    (folder / "x-y.txt").symlink_to(tmp_path / "x-y.txt")
    assert [entry["message"] for entry in management.ask("GET", "/api/logs/recent").json()] == ["from azure"]


def test_console_logs_are_those_of_the_newest_day(management: Management) -> None:
    folder = home_of(management) / "LogFiles"
    for name in ("2026_11_25_web1_docker.log", "2026_11_26_web1_docker.log", "2026_11_26_web2_console.log"):
        (folder / name).write_text(name)
        os.utime(folder / name, (0, 1_800_000_000))
    found = management.ask("GET", "/api/logs/docker").json()
    assert [each["machineName"] for each in found] == ["web1", "web2"]
    assert list(found[0]) == ["machineName", "lastUpdated", "size", "href", "path"]
    assert found[0]["href"] == "http://shop.scm.localhost/api/vfs/LogFiles/2026_11_26_web1_docker.log"
    assert management.ask("GET", found[0]["href"].removeprefix("http://shop.scm.localhost")).text
    assert management.ask("GET", "/api/logs/container").json() == found
    packed = management.ask("GET", "/api/logs/docker/zip")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == ["2026_11_26_web1_docker.log", "2026_11_26_web2_console.log"]


def test_where_no_container_ran_it_is_the_application_log(management: Management) -> None:
    written(management, "old", begin=NOW - timedelta(days=1))
    written(management, "new")
    (found,) = management.ask("GET", "/api/logs/docker", as_user=management.token("logs")).json()
    assert found["machineName"] == "web1"
    assert found["path"].endswith("LogFiles/Application/web1-20261126T120000.txt")
