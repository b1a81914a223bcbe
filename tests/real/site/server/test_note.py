"""The note of a running server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from webstead.effects.lock import try_locked
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.server.note import ServerNote, read_note, remove_note, write_note

NOTE = ServerNote(os.getpid(), "http://127.0.0.1:8000", "http://127.0.0.1:8001", "localhost", Secret("t0ken"))


@pytest.fixture
def home(tmp_path: Path) -> ServerHome:
    home = ServerHome(tmp_path)
    home.make()
    return home


@pytest.fixture
def served(home: ServerHome) -> Iterator[ServerHome]:
    with try_locked(home.lock) as held:
        assert held is not None
        yield home


def test_it_is_read_as_it_was_written_and_only_by_its_owner(served: ServerHome) -> None:
    write_note(served, NOTE)
    assert read_note(served) == NOTE
    assert served.note.stat().st_mode & 0o777 == 0o600
    assert "t0ken" not in repr(NOTE)


def test_a_note_of_a_server_that_ended_is_none_also_when_its_number_is_another_processs(
    home: ServerHome,
) -> None:
    write_note(home, NOTE)
    assert read_note(home) is None


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"version":1,"pid":"1"}', b'{"version":2,"pid":1}', b"\xff"]
)
def test_what_is_no_note_is_none(served: ServerHome, text: bytes) -> None:
    served.note.write_bytes(text)
    assert read_note(served) is None


def test_another_servers_note_stays(served: ServerHome) -> None:
    write_note(served, ServerNote(os.getppid(), "", "", "", Secret("")))
    remove_note(served)
    assert served.note.exists()
    write_note(served, NOTE)
    remove_note(served)
    assert not served.note.exists()
