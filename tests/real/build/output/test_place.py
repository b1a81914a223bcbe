from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from webstead.build.output import Item, output_digest, place
from webstead.build.output.place import NOTE
from webstead.errors import BuildError


def items(**files: str) -> Sequence[Item]:
    return [Item.of(path.replace("__", "/"), text.encode()) for path, text in sorted(files.items())]


def test_a_second_run_writes_what_changed_and_removes_what_went(tmp_path: Path) -> None:
    first = place(items(app="1", lib__old="2", lib__sub__x="3"), tmp_path / "out")
    assert (first.written, first.kept, first.removed) == (3, 0, 0)
    second = place(items(app="1", lib__old="two"), tmp_path / "out")
    assert (second.written, second.kept, second.removed) == (1, 1, 1)
    assert not (tmp_path / "out/lib/sub").exists()
    assert (tmp_path / "out/lib/old").read_text() == "two"
    assert output_digest(second.entries) == output_digest(
        place(items(app="1", lib__old="two"), tmp_path / "b").entries
    )


def test_what_the_app_wrote_stays(tmp_path: Path) -> None:
    place(items(app="1", db="empty"), tmp_path)
    (tmp_path / "db").write_text("orders")
    (tmp_path / "upload").write_text("picture")
    place(items(app="2", db="empty"), tmp_path)
    assert (tmp_path / "db").read_text() == "orders"
    assert (tmp_path / "upload").read_text() == "picture"


def test_what_must_be_exact_is_put_right(tmp_path: Path) -> None:
    place(items(env__x="1"), tmp_path, exact=["env/"])
    (tmp_path / "env/x").write_text("patched")
    assert place(items(env__x="1"), tmp_path, exact=["env/"]).written == 1
    assert (tmp_path / "env/x").read_text() == "1"


def test_files_of_others_are_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("somebody's")
    with pytest.raises(BuildError) as caught:
        place(items(app="1", other="2"), tmp_path)
    assert caught.value.found == "app"
    assert [path.name for path in tmp_path.iterdir()] == ["app"]


def test_an_interrupted_run_is_taken_up(tmp_path: Path) -> None:
    torn = [*items(app="1"), Item("lib", 1, source=str(tmp_path / "not there"))]
    with pytest.raises(FileNotFoundError):
        place(torn, tmp_path / "out")
    (tmp_path / "out/lib").write_text("half")
    done = place(items(app="1", lib="whole"), tmp_path / "out")
    assert (tmp_path / "out/lib").read_text() == "whole"
    assert done.written == 2


def test_a_forged_note_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    place(items(app="1"), tmp_path / "out")
    note = tmp_path / "out" / NOTE
    data = json.loads(note.read_bytes())
    data["files"] |= {"../precious": None, str(tmp_path / "precious"): None, "link/precious": None}
    note.write_text(json.dumps(data))
    (tmp_path / "out/link").symlink_to(tmp_path)
    place(items(app="1"), tmp_path / "out")
    assert (tmp_path / "precious").read_text() == "x"


def test_nothing_is_written_through_a_link_that_lies_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    place(items(lib__x="1"), tmp_path / "out")
    (tmp_path / "out/lib/x").unlink()
    (tmp_path / "out/lib").rmdir()
    (tmp_path / "out/lib").symlink_to(tmp_path / "elsewhere")
    place(items(lib__x="1"), tmp_path / "out")
    assert not list((tmp_path / "elsewhere").iterdir())
    assert (tmp_path / "out/lib/x").read_text() == "1"


def test_links_and_modes_are_as_they_are_wanted(tmp_path: Path) -> None:
    place([Item("a", link="b"), Item.of("run", b"x", executable=True)], tmp_path)
    assert os.access(tmp_path / "run", os.X_OK)
    place([Item.of("a", b"file"), Item.of("run", b"x")], tmp_path)
    assert (tmp_path / "a").read_bytes() == b"file"
    assert not (tmp_path / "a").is_symlink()
    assert not os.access(tmp_path / "run", os.X_OK)
