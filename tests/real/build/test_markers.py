"""What describes an environment may be written by the user that it was built as."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webstead.build.environment import (
    CONDA_VARIABLES,
    environment_at,
    mark,
    marker_of,
    read_marker,
    recorded_interpreter,
)
from webstead.build.hooks import HookMemory
from webstead.build.interpreter import Interpreter
from webstead.build.kept.holders import hold, holders

INTERPRETER = Interpreter("cpython", "3.12.1", "linux-x86_64", "/usr/bin/python3.12")


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    mark(tmp_path, INTERPRETER, {}, datetime(2026, 11, 26, tzinfo=UTC))
    assert read_marker(tmp_path)
    assert recorded_interpreter(tmp_path) == INTERPRETER
    return tmp_path


def put_pipe(path: Path) -> None:
    os.mkfifo(path)


def put_endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def put_deep(path: Path) -> None:
    path.write_bytes(b"[" * 100_000)


def put_link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("put", [put_pipe, put_endless, put_deep, put_link])
def test_a_marker_that_is_none_is_as_none(prefix: Path, put: Callable[[Path], None]) -> None:
    marker_of(prefix).rename(prefix / "elsewhere")
    put(marker_of(prefix))
    assert not read_marker(prefix)
    assert recorded_interpreter(prefix) is None
    put(prefix / CONDA_VARIABLES)
    assert environment_at(prefix).conda is None


@pytest.mark.parametrize("put", [put_pipe, put_endless, put_deep])
def test_a_note_that_is_none_is_written_anew(tmp_path: Path, put: Callable[[Path], None]) -> None:
    memory = HookMemory(tmp_path / "hook.json", lambda: ())
    put(memory.file)
    assert not memory.is_done(("one",))
    hold(tmp_path, tmp_path, "first")
    (note,) = (tmp_path / "holders").iterdir()
    note.unlink()
    put(note)
    assert holders(tmp_path) == {}
    hold(tmp_path, tmp_path, "second")
    assert holders(tmp_path) == {"second": (str(tmp_path),)}
