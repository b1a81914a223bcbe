"""Logs that are followed: every line once, whatever happens to the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.observed import open_descriptors
from webstead.site.logs.follow import Follower, look_at


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("old\n")
    return path


def read(follower: Follower, folder: Path) -> str:
    return b"".join(follower.read(look_at(folder))).decode()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_is_appended_is_told_in_whole_lines(log: Path) -> None:
    follower = Follower(look_at(log.parent))
    assert read(follower, log.parent) == ""
    append(log, "one\ntw")
    assert read(follower, log.parent) == "one\n"
    append(log, "o\n")
    assert read(follower, log.parent) == "two\n"
    follower.close()


def test_new_files_and_folders_are_picked_up_from_their_beginning(log: Path) -> None:
    follower = Follower(look_at(log.parent))
    (log.parent / "deep" / "er").mkdir(parents=True)
    (log.parent / "deep" / "er" / "new.txt").write_text("new\n")
    (log.parent / "other.json").write_text("no log\n")
    assert read(follower, log.parent) == "new\n"
    follower.close()


@pytest.mark.parametrize("removed", [False, True])
def test_a_rotation_loses_no_line(log: Path, removed: bool) -> None:
    """Lines are written before and after the rename, without a look between."""
    follower = Follower(look_at(log.parent))
    with log.open("a") as held:
        held.write("one\n")
        held.flush()
        log.rename(log.with_name("app.log.1"))
        held.write("two\n")
    log.write_text("three\n")
    if removed:
        log.with_name("app.log.1").unlink()
    assert read(follower, log.parent) == "one\ntwo\nthree\n"
    append(log, "four\n")
    assert read(follower, log.parent) == "four\n"
    follower.close()


def test_a_file_that_was_cut_is_told_from_its_beginning(log: Path) -> None:
    follower = Follower(look_at(log.parent))
    append(log, "a long line before\n")
    read(follower, log.parent)
    log.write_text("new\n")
    assert read(follower, log.parent) == "new\n"
    follower.close()


def test_only_lines_that_hold_the_filter_are_told(log: Path) -> None:
    follower = Follower(look_at(log.parent), "ERROR")
    append(log, "an error\nall well\nErrors\n")
    assert read(follower, log.parent) == "an error\nErrors\n"
    follower.close()


def test_a_line_without_end_is_told_in_pieces_and_takes_no_memory(log: Path) -> None:
    follower = Follower(look_at(log.parent))
    append(log, "x" * 1_000_000)
    assert len(read(follower, log.parent)) > 700_000
    follower.close()


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "LogFiles"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.log").write_text("secret\n")
    follower = Follower(look_at(folder))
    (folder / "link.log").symlink_to(outside / "secret.log")
    (folder / "folder").symlink_to(outside)
    assert read(follower, folder) == ""
    follower.close()


def test_nothing_stays_open(log: Path) -> None:
    before = open_descriptors()
    follower = Follower(look_at(log.parent))
    for number in range(20):
        log.rename(log.with_name(f"app.log.{number}"))
        log.write_text(f"{number}\n")
        assert read(follower, log.parent) == f"{number}\n"
        read(follower, log.parent)
    assert open_descriptors() <= before + 2
    follower.close()
    assert open_descriptors() == before
