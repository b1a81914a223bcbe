"""The copy that an Oryx build works in: what it may replace, and what it must not touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from webstead.cli.oryx.working_copy import check_places, copy_up_to_date
from webstead.errors import UsageError


@pytest.mark.parametrize(
    ("intermediate", "why"),
    [
        ("home/src", "same as source directory"),
        ("home/src/copy", "a sub-directory of source directory"),
        ("home", "a folder that holds the source directory"),
        ("link", "a folder that holds the source directory"),
    ],
)
def test_a_copy_that_would_harm_the_source_is_refused(tmp_path: Path, intermediate: str, why: str) -> None:
    source = tmp_path / "home" / "src"
    source.mkdir(parents=True)
    (tmp_path / "link").symlink_to("home")
    with pytest.raises(UsageError, match=why):
        check_places(source, tmp_path / intermediate)


def test_a_folder_beside_the_source_may_be_the_copy(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    check_places(source, tmp_path / "src-copy")
    check_places(source, None)


def test_the_copy_follows_the_source_and_keeps_what_is_left_out(tmp_path: Path) -> None:
    source, copy = tmp_path / "src", tmp_path / "copy"
    (source / "a").mkdir(parents=True)
    (source / "a" / "x.py").write_text("1")
    (source / "link").symlink_to("a/x.py")
    (copy / "antenv").mkdir(parents=True)
    (copy / "stale.py").write_text("old")
    copy_up_to_date(source, copy, ("antenv",))
    assert sorted(path.name for path in copy.iterdir()) == ["a", "antenv", "link"]
    assert (copy / "a" / "x.py").read_text() == "1"
    assert (copy / "link").is_symlink()
    (source / "a" / "x.py").write_text("2")
    copy_up_to_date(source, copy, ("antenv",))
    assert (copy / "a" / "x.py").read_text() == "2"
