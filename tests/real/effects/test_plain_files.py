"""Files at a place where somebody else may put what they like."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from webstead.effects.plain_files import open_plain, read_plain, read_up_to


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    file.write_bytes(b"12345")
    assert read_plain(file, 5) == b"12345"
    assert read_up_to(file, 3) == b"123"
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        assert read_plain("status.json", 5, folder=folder) == b"12345"
    finally:
        os.close(folder)


def test_one_that_is_too_long_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    with file.open("wb") as opened:
        opened.truncate(1 << 40)
    with pytest.raises(OSError, match="File too large"):
        read_plain(file, 100)


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    with pytest.raises(OSError, match="link"):
        read_plain(tmp_path / "link", 100)
    with pytest.raises(OSError, match="link"):
        open_plain(tmp_path / "link", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    assert (tmp_path / "secret").read_text() == "secret"


@pytest.mark.timeout(10)
def test_what_is_no_file_is_none_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name in ("pipe", "folder", "socket"):
            with pytest.raises(OSError, match=name):
                read_plain(tmp_path / name, 100)
            with pytest.raises(OSError, match=name):
                open_plain(tmp_path / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)  # then the pipe can be opened
    try:
        with pytest.raises(FileNotFoundError):
            open_plain(tmp_path / "pipe", os.O_WRONLY)
    finally:
        os.close(reader)
