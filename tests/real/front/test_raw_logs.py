"""The access logs of sites, as files in folders that may be the apps' to write in."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.real.front.stage import eventually
from webstead.front import raw_log
from webstead.front.raw_log import RawEntry, RawLogs, append


def entry(folder: Path, path: bytes = b"/a", agent: bytes = b"curl") -> RawEntry:
    rest = (80, 200, 0, 345, 0, 0.001)
    return RawEntry(str(folder), "shop", 0.0, "::1", "GET", path, b"", b"shop", *rest, agent, b"")


def file_of(folder: Path) -> Path:
    return folder / "http" / "RawLogs" / "access.log"


def written(folder: Path, *entries: RawEntry) -> list[str]:
    """What was said while these were written."""
    said: list[str] = []
    logs = RawLogs(said.append)
    for each in entries:
        logs.put(each)
    logs.close(10)
    return said


def test_a_file_begins_with_what_its_fields_are(tmp_path: Path) -> None:
    assert written(tmp_path, entry(tmp_path), entry(tmp_path, b"/b")) == []
    head, lines = (
        file_of(tmp_path).read_text().splitlines()[:4],
        file_of(tmp_path).read_text().splitlines()[4:],
    )
    assert head[0] == "#Software: Webstead"
    fields = head[3].removeprefix("#Fields: ").split()
    assert [dict(zip(fields, line.split(), strict=True))["cs-uri-stem"] for line in lines] == ["/a", "/b"]
    written(tmp_path, entry(tmp_path, b"/c"))
    assert file_of(tmp_path).read_text().count("#Software") == 1


def test_each_site_has_its_own(tmp_path: Path) -> None:
    shop, blog = tmp_path / "shop", tmp_path / "blog"
    shop.mkdir()
    blog.mkdir()
    written(tmp_path, entry(shop, b"/of-shop"), entry(blog, b"/of-blog"), entry(shop, b"/more"))
    assert "/of-shop" in file_of(shop).read_text()
    assert "/of-blog" not in file_of(shop).read_text()
    assert "/of-blog" in file_of(blog).read_text()


def test_a_full_file_makes_room_and_the_oldest_goes(tmp_path: Path) -> None:
    with patch.object(raw_log, "LARGEST", 600):
        for number in range(9):
            append(str(tmp_path), b"%d %s\n" % (number, b"x" * 500), 0.0)
    folder = file_of(tmp_path).parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "access.log",
        *(f"access.log.{number}" for number in range(1, raw_log.OLD_KEPT + 1)),
    ]
    for number in range(raw_log.OLD_KEPT + 1):
        name = f"access.log.{number}" if number else "access.log"
        assert (folder / name).read_text().splitlines()[-1].startswith(f"{8 - number} ")


@pytest.mark.parametrize("link", ["http", "http/RawLogs", "http/RawLogs/access.log"])
def test_no_link_is_followed(tmp_path: Path, link: str) -> None:
    site, other = tmp_path / "site", tmp_path / "other"
    other.mkdir()
    site.mkdir()
    target = other / "file"
    target.write_text("")
    path = site / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target if link.endswith(".log") else other)
    (said,) = written(tmp_path, entry(site))
    assert "cannot be written" in said
    assert sorted(other.rglob("*")) == [target]
    assert target.read_text() == ""


def test_a_second_name_of_a_file_is_not_written_to(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("")
    file_of(tmp_path).parent.mkdir(parents=True)
    os.link(other, file_of(tmp_path))
    (said,) = written(tmp_path, entry(tmp_path))
    assert "no plain file of one name" in said
    assert other.read_text() == ""


def test_a_pipe_in_the_way_stops_nobody(tmp_path: Path) -> None:
    file_of(tmp_path).parent.mkdir(parents=True)
    os.mkfifo(file_of(tmp_path))
    assert len(written(tmp_path, entry(tmp_path))) == 1


def test_a_site_that_is_gone_gets_no_folder_again(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert len(written(tmp_path, entry(gone))) == 1
    assert not gone.exists()


def test_what_was_lost_is_counted_in_the_file(tmp_path: Path) -> None:
    said: list[str] = []
    logs = RawLogs(said.append)
    file_of(tmp_path).mkdir(parents=True)
    logs.put(entry(tmp_path))
    logs.put(entry(tmp_path))
    eventually(lambda: len(said) == 1, "it is said")
    file_of(tmp_path).rmdir()
    logs.put(entry(tmp_path, b"/later"))
    logs.close(10)
    lines = file_of(tmp_path).read_text().splitlines()[4:]
    assert lines[0] == "#Lost: 2"
    assert "/later" in lines[1]
    assert len(said) == 1


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    append(str(tmp_path), b"first\n", 0.0)
    whole = file_of(tmp_path).read_bytes()
    real = os.write

    def full(fd: int, data: memoryview) -> int:
        if len(data) <= 3:
            raise OSError(28, "No space left on device")
        return real(fd, data[:3])

    with patch("os.write", full), pytest.raises(OSError, match="No space"):
        append(str(tmp_path), b"second\n", 0.0)
    assert file_of(tmp_path).read_bytes() == whole
