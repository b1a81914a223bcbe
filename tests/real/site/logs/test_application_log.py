"""The application log: written, turned over, and never in the way."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from webstead.site.logs.application import ApplicationLog
from webstead.site.logs.entries import read_entries

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def files(home: Path) -> list[Path]:
    return sorted((home / "LogFiles" / "Application").iterdir())


def write(log: ApplicationLog, line: str, seconds: float = 0) -> None:
    log.write(line, pid=7, stream="stdout", time=NOW + timedelta(seconds=seconds))


def messages(home: Path) -> list[str]:
    lines = [line for file in files(home) for line in file.read_text().splitlines()]
    return [entry.message for entry in read_entries(lines)]


def test_lines_are_entries_in_a_file_that_app_services_readers_find(tmp_path: Path) -> None:
    log = ApplicationLog(tmp_path, machine="web 1")
    write(log, "hello")
    log.close()
    (file,) = files(tmp_path)
    assert file.name == "web_1-20261126T120000.txt"
    assert file.read_text() == "2026-11-26T12:00:00  PID[7] Information hello\n"


def test_a_full_file_is_followed_by_another_and_the_oldest_go(tmp_path: Path) -> None:
    log = ApplicationLog(tmp_path, machine="m", largest=200, kept=3)
    for number in range(30):
        write(log, f"line {number}", number)
    log.close()
    assert len(files(tmp_path)) == 3
    assert all(file.stat().st_size <= 200 for file in files(tmp_path))
    assert messages(tmp_path)[-1] == "line 29"


def test_a_file_that_fills_within_a_second_is_followed_all_the_same(tmp_path: Path) -> None:
    log = ApplicationLog(tmp_path, machine="m", largest=100)
    for number in range(6):
        write(log, f"line {number}")
    log.close()
    assert messages(tmp_path) == [f"line {number}" for number in range(6)]


def test_a_day_later_a_new_file_begins(tmp_path: Path) -> None:
    log = ApplicationLog(tmp_path, machine="m")
    write(log, "one")
    write(log, "two", 24 * 3600)
    log.close()
    assert len(files(tmp_path)) == 2


def test_a_file_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    log = ApplicationLog(tmp_path, machine="m")
    write(log, "one")
    files(tmp_path)[0].unlink()
    write(log, "two", 1)
    log.close()
    assert messages(tmp_path) == ["two"]


def test_what_cannot_be_written_is_counted_and_told(tmp_path: Path) -> None:
    (tmp_path / "LogFiles").write_text("a file")
    log = ApplicationLog(tmp_path, machine="m")
    write(log, "lost")
    write(log, "lost", 1)
    (tmp_path / "LogFiles").unlink()
    write(log, "lost too: it is not tried at once", 2)
    write(log, "kept", 20)
    log.close()
    assert messages(tmp_path) == ["3 lines before could not be written.", "kept"]


@pytest.mark.parametrize("name", ["LogFiles", "LogFiles/Application"])
def test_a_link_out_of_the_home_is_not_written_through(tmp_path: Path, name: str) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    outside.mkdir()
    (home / name).parent.mkdir(parents=True)
    (home / name).symlink_to(outside)
    log = ApplicationLog(home, machine="m")
    write(log, "hello")
    assert list(outside.iterdir()) == []


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    folder = tmp_path / "LogFiles" / "Application"
    folder.mkdir(parents=True)
    (folder / "own.txt").write_text("mine")
    log = ApplicationLog(tmp_path, machine="m", largest=10, kept=1)
    for number in range(5):
        write(log, "line", number)
    log.close()
    assert (folder / "own.txt").read_text() == "mine"
    assert len(files(tmp_path)) == 2


def test_a_clock_that_goes_back_loses_no_line_and_no_order(tmp_path: Path) -> None:
    log = ApplicationLog(tmp_path, machine="web1", kept=3)
    for number in range(5):
        write(log, f"line {number}", seconds=-3600 * number)
        log.close()
    assert messages(tmp_path) == ["line 2", "line 3", "line 4"]


def test_after_a_failure_nothing_waits_longer_because_the_clock_went_back(tmp_path: Path) -> None:
    (tmp_path / "LogFiles").write_text("in the way")
    log = ApplicationLog(tmp_path, machine="web1")
    write(log, "lost")
    (tmp_path / "LogFiles").unlink()
    write(log, "taken", seconds=-5 * 3600)
    log.close()
    assert messages(tmp_path)[-1] == "taken"


@pytest.mark.parametrize("name", ["m-99999999T999999.txt", "m-99991231T235959.txt", "m-00000000T000000.txt"])
def test_a_file_of_the_app_with_a_time_that_is_none_stops_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "LogFiles" / "Application"
    (folder / "a-20251126T115900.txt").mkdir(parents=True)
    os.mkfifo(folder / name)
    log = ApplicationLog(tmp_path, machine="m", kept=1)
    write(log, "hello")
    log.close()
    assert "hello" in (folder / "m-20261126T120000.txt").read_text()


def test_what_the_app_puts_in_the_place_of_the_next_file_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look for a name and the making of the file."""
    folder = tmp_path / "LogFiles" / "Application"
    folder.mkdir(parents=True)
    other = tmp_path / "LogFiles" / "other.txt"
    other.touch()
    monkeypatch.setattr("webstead.site.logs.application._next_name", lambda *_: "m-20261126T120000.txt")
    for put in (partial(os.mkfifo), partial(os.link, other)):
        put(folder / "m-20261126T120000.txt")
        log = ApplicationLog(tmp_path, machine="m")
        write(log, "hello")
        log.close()
        (folder / "m-20261126T120000.txt").unlink()
    assert other.read_text() == ""
