"""The log files of instances: named, made, bounded, never fatal."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webstead.events import Event, Note
from webstead.host.logfile import LogFile, log_name, remove_oldest


def test_the_name_has_the_time_and_the_process() -> None:
    started = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert log_name(Path("/logs/python"), started, 42) == Path("/logs/python_20260304050607_42.log")


def test_the_folder_is_made_and_bytes_are_kept_as_they_are(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "a.log", list[Event]().append)
    log.write(b"one\r\n\xff")
    log.close()
    assert (tmp_path / "logs" / "a.log").read_bytes() == b"one\r\n\xff"


def test_a_full_file_is_turned_over_and_one_old_file_is_kept(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log", list[Event]().append, largest=10)
    for part in (b"1234567890", b"abcde", b"fghij", b"x", b"a line that is longer than a file"):
        log.write(part)
    log.close()
    assert (tmp_path / "a.log").read_bytes() == b"a line that is longer than a file"
    assert (tmp_path / "a.log.1").read_bytes() == b"x"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1"]


def test_the_size_counts_what_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"12345678")
    log = LogFile(tmp_path / "a.log", list[Event]().append, largest=10)
    log.write(b"abc")
    log.close()
    assert (tmp_path / "a.log.1").read_bytes() == b"12345678"


def test_the_oldest_files_go_and_others_are_left_alone(tmp_path: Path) -> None:
    started = [datetime(2026, 3, 4, 5, minute, tzinfo=UTC) for minute in range(6)]
    names = [log_name(tmp_path / "python", at, 42) for at in started]
    for path in (*names, names[0].with_name(f"{names[0].name}.1")):
        path.touch()
    others = [
        "python_notes.log",
        "python.log",
        "other_20260304050000_42.log",
        "python_20260304050000_42.log.gz",
    ]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / "python_20260101000000_1.log").mkdir()
    remove_oldest(tmp_path / "python", 4)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*others, "python_20260101000000_1.log", *(path.name for path in names[2:])}
    remove_oldest(tmp_path / "nowhere" / "python", 4)


@pytest.mark.parametrize("blocked", ["a.log", "a.log.1"])
def test_what_cannot_be_written_is_told_once(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).mkdir()
    told: list[Event] = []
    log = LogFile(tmp_path / "a.log", told.append, largest=4)
    for _ in range(3):
        log.write(b"abcd")
    log.close()
    assert [type(event) for event in told] == [Note]


def test_a_pipe_or_a_link_in_its_place_is_told_and_waited_for_by_nobody(tmp_path: Path) -> None:
    said: list[Event] = []
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "link.log").symlink_to("other.log")
    for name in ("pipe.log", "link.log"):
        log = LogFile(tmp_path / name, said.append)
        log.write(b"x")
        log.close()
    assert [isinstance(each, Note) and "cannot be opened" in each.text for each in said] == [True, True]
    assert not (tmp_path / "other.log").exists()
