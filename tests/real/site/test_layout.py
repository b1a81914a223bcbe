"""Where a site's files are, found on a real disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from webstead.errors import UsageError
from webstead.site.layout import default_cache, default_state, find_layout


def test_a_folder_with_site_wwwroot_is_a_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "site" / "wwwroot").mkdir(parents=True)
    layout = find_layout(home, tmp_path / "state")
    assert (layout.home, layout.wwwroot) == (home, home / "site" / "wwwroot")
    assert (layout.log_files, layout.data) == (home / "LogFiles", home / "data")
    assert layout.run.is_relative_to(tmp_path / "state")


def test_a_wwwroot_belongs_to_its_home(tmp_path: Path) -> None:
    wwwroot = tmp_path / "site" / "wwwroot"
    wwwroot.mkdir(parents=True)
    layout = find_layout(wwwroot, tmp_path / "state")
    assert (layout.home, layout.wwwroot) == (tmp_path, wwwroot)


def test_a_bare_folder_is_served_where_it_is_and_has_a_home_of_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "shop").mkdir(parents=True)
    one, two = (find_layout(tmp_path / name / "shop", tmp_path / "state") for name in "ab")
    assert one.wwwroot == tmp_path / "a" / "shop"
    assert one.home.parent == tmp_path / "state" / "sites"
    assert one.home.name.startswith("shop-")
    assert one.home != two.home
    (tmp_path / "link").symlink_to(tmp_path / "a" / "shop")
    assert find_layout(tmp_path / "link", tmp_path / "state") == one


def test_finding_writes_nothing_and_make_makes_all(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    layout = find_layout(tmp_path / "app", tmp_path / "state")
    assert not (tmp_path / "state").exists()
    layout.make()
    layout.make()
    assert layout.log_files.is_dir()
    assert layout.data.is_dir()
    assert stat.S_IMODE(layout.run.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "state").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written") as caught:
        find_layout(tmp_path / "app", tmp_path / "state").make()
    assert "WEBSTEAD_STATE_DIR" in caught.value.fix


def test_a_missing_folder_is_told_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "blog").mkdir()
    with pytest.raises(UsageError) as caught:
        find_layout(tmp_path / "blgo", tmp_path)
    assert caught.value.what == f"There is no folder {tmp_path / 'blgo'}"
    assert "blog" in caught.value.found


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x")
    with pytest.raises(UsageError, match="is a file") as caught:
        find_layout(tmp_path / "app.py", tmp_path)
    assert str(tmp_path) in caught.value.fix


def test_the_default_folders_follow_xdg_and_our_own_variables(tmp_path: Path) -> None:
    assert default_cache({}) == Path.home() / ".cache" / "webstead"
    assert default_state({}) == Path.home() / ".local" / "state" / "webstead"
    assert default_cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/webstead")
    assert default_state({"XDG_STATE_HOME": "relative"}) == Path.home() / ".local" / "state" / "webstead"
    assert default_cache({"XDG_CACHE_HOME": "/c", "WEBSTEAD_CACHE_DIR": "/own"}) == Path("/own")
    assert default_state({"WEBSTEAD_STATE_DIR": "~/own"}) == Path.home() / "own"
