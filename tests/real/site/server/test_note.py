"""The note of a running server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webstead.settings import Secret
from webstead.site.server.note import ServerNote, read_note, remove_note, write_note

NOTE = ServerNote(os.getpid(), "http://127.0.0.1:8000", "http://127.0.0.1:8001", "localhost", Secret("t0ken"))


def test_it_is_read_as_it_was_written_and_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    write_note(path, NOTE)
    assert read_note(path) == NOTE
    assert path.stat().st_mode & 0o777 == 0o600
    assert "t0ken" not in repr(NOTE)


def test_a_note_of_a_server_that_ended_is_none(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "server.json"
    write_note(path, ServerNote(ended.pid, "", "", "", Secret("")))
    assert read_note(path) is None


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"version":1,"pid":"1"}', b'{"version":2,"pid":1}', b"\xff"]
)
def test_what_is_no_note_is_none(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "server.json"
    path.write_bytes(text)
    assert read_note(path) is None


def test_another_servers_note_stays(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    write_note(path, ServerNote(os.getppid(), "", "", "", Secret("")))
    remove_note(path)
    assert path.exists()
    write_note(path, NOTE)
    remove_note(path)
    assert not path.exists()
