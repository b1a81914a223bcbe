"""What apps and people do in wwwroot, and what becomes of it by deployments."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.site_homes import Site, seen
from webstead.effects.files import DiskTree
from webstead.site.releases.kept import keep
from webstead.site.releases.prune import prune_releases, releases_of, remove_unfinished


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_file_of_a_person_survives(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy({"app.py": "2"})
    assert seen(site.www) == {"app.py": b"2", "notes.txt": b"mine"}


def test_both_releases_see_one_file(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy({"app.py": "2"})
    (site.home.folder_of("r1") / "notes.txt").write_text("still mine")
    assert (site.www / "notes.txt").read_text() == "still mine"


def test_whoever_has_it_open_goes_on_with_the_same_file(site: Site) -> None:
    site.deploy({"app.py": "1"})
    with (site.www / "log.txt").open("w") as log:
        site.deploy({"app.py": "2"})
        log.write("written later")
    assert (site.www / "log.txt").read_text() == "written later"


def test_a_folder_that_nobody_deployed_is_one_link(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "uploads/a").mkdir(parents=True)
    (site.www / "uploads/a/b.txt").write_text("b")
    _, kept = site.deploy({"app.py": "2"})
    assert kept.linked == ("uploads",)
    assert os.readlink(site.www / "uploads") == "../../kept/uploads"
    (site.home.folder_of("r1") / "uploads/c.txt").write_text("c")
    assert (site.www / "uploads/c.txt").read_text() == "c"


def test_what_was_deployed_and_is_no_more_goes(site: Site) -> None:
    site.deploy({"app.py": "1", "old/a.txt": "a"})
    (site.www / "old/mine.txt").write_text("mine")
    (site.www / "old/a.txt").write_text("edited")
    site.deploy({"app.py": "2"})
    assert seen(site.www) == {"app.py": b"2", "old": None, "old/mine.txt": b"mine"}


def test_what_is_deployed_covers_what_is_kept_and_the_result_says_so(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "settings.py").write_text("mine")
    (site.www / "data").write_text("a file")
    (site.www / "static").mkdir()
    (site.www / "static/mine.css").write_text("mine")
    _, kept = site.deploy({"app.py": "2", "settings.py": "theirs", "data/x": "x", "static/site.css": "s"})
    assert kept.overwritten == ("data", "settings.py")
    assert (site.www / "settings.py").read_text() == "theirs"
    assert (site.www / "data/x").read_text() == "x"
    assert (site.www / "static/mine.css").read_text() == "mine"
    assert (site.home.folder_of("r1") / "settings.py").read_text() == "mine"


def test_clean_drops_it(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy({"app.py": "2"}, clean=True)
    assert seen(site.www) == {"app.py": b"2"}


def test_what_was_deleted_stays_deleted_also_after_a_rollback(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy({"app.py": "2"})
    (site.www / "notes.txt").unlink()
    (site.www / "new.txt").write_text("new")
    site.rollback("r1")
    assert seen(site.www) == {"app.py": b"1", "new.txt": b"new"}


def test_a_file_that_an_app_replaces_by_a_rename_is_the_new_one(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "state.json").write_text("1")
    site.deploy({"app.py": "2"})
    (site.www / "state.json.tmp").write_text("2")
    os.replace(site.www / "state.json.tmp", site.www / "state.json")
    site.deploy({"app.py": "3"})
    assert (site.www / "state.json").read_text() == "2"
    assert (site.www / "state.json").is_symlink()


def test_logs_that_an_app_rotates_are_all_there(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "app.log").write_text("first")
    site.deploy({"app.py": "2"})
    os.rename(site.www / "app.log", site.www / "app.log.1")
    (site.www / "app.log").write_text("second")
    site.deploy({"app.py": "3"})
    os.rename(site.www / "app.log.1", site.www / "app.log.2")
    os.rename(site.www / "app.log", site.www / "app.log.1")
    (site.www / "app.log").write_text("third")
    site.deploy({"app.py": "4"})
    logs = {"app.log": b"third", "app.log.1": b"second", "app.log.2": b"first"}
    assert seen(site.www) == {"app.py": b"4", **logs}


def test_a_link_that_was_moved_to_another_folder_is_set_right(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy({"app.py": "2", "sub/x": ""})
    os.rename(site.www / "notes.txt", site.www / "sub/notes.txt")
    site.deploy({"app.py": "3", "sub/x": ""})
    assert (site.www / "sub/notes.txt").read_text() == "mine"
    assert not (site.www / "notes.txt").is_symlink()


def test_byte_code_is_nobodys(site: Site) -> None:
    site.deploy({"app.py": "1", "pkg/__init__.py": ""})
    for folder in ("__pycache__", "pkg/__pycache__"):
        (site.www / folder).mkdir()
        (site.www / folder / "app.cpython-311.pyc").write_bytes(b"code")
    _, kept = site.deploy({"app.py": "2", "pkg/__init__.py": ""})
    assert kept.moved == ()
    assert seen(site.www) == {"app.py": b"2", "pkg": None, "pkg/__init__.py": b""}


def test_links_of_a_person_stay_when_they_stay_in_the_home(site: Site, tmp_path: Path) -> None:
    site.deploy({"app.py": "1"})
    os.symlink("app.py", site.www / "main.py")
    os.symlink("../../../data", site.www / "data")
    os.symlink("/etc/passwd", site.www / "out")
    os.symlink("../../../../../../etc", site.www / "far")
    _, kept = site.deploy({"app.py": "2"})
    assert (site.www / "main.py").read_text() == "2"
    assert (site.www / "data").is_dir()
    assert list(kept.left) == ["far", "out"]
    assert not (site.www / "out").is_symlink()
    assert not (site.home.kept / "out").exists()


def test_special_files_stay_where_they_are(site: Site) -> None:
    site.deploy({"app.py": "1"})
    os.mkfifo(site.www / "pipe")
    _, kept = site.deploy({"app.py": "2"})
    assert list(kept.left) == ["pipe"]
    assert (site.home.folder_of("r1") / "pipe").is_fifo()


def test_permissions_are_kept(site: Site) -> None:
    site.deploy({"app.py": "1", "etc/x": ""})
    (site.www / "etc/secret").write_text("s")
    (site.www / "etc/secret").chmod(0o600)
    (site.www / "etc").chmod(0o750)
    site.deploy({"app.py": "2", "etc/x": ""})
    assert (site.www / "etc/secret").stat().st_mode & 0o777 == 0o600
    assert (site.home.kept / "etc").stat().st_mode & 0o777 == 0o750


def test_a_home_can_be_moved(site: Site, tmp_path: Path) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy({"app.py": "2"})
    os.rename(tmp_path / "sites", tmp_path / "elsewhere")
    assert seen(tmp_path / "elsewhere/shop/site/wwwroot") == {"app.py": b"2", "notes.txt": b"mine"}


def test_what_old_instances_wrote_meanwhile_is_collected(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "a.txt").write_text("1")
    site.deploy({"app.py": "2"})
    old = site.home.folder_of("r1")
    (old / "late.txt").write_text("late")
    (old / "cache").mkdir()
    (old / "cache/old").write_text("old")
    (site.www / "cache").mkdir()
    (site.www / "cache/new").write_text("new")
    (old / "a.tmp").write_text("2")
    os.replace(old / "a.tmp", old / "a.txt")
    site.collect("r1", "r2")
    rest = {"cache": None, "cache/new": b"new", "cache/old": b"old"}
    assert seen(site.www) == {"a.txt": b"2", "app.py": b"2", "late.txt": b"late", **rest}


def test_logs_that_old_instances_rotate_meanwhile_are_all_there(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "app.log").write_text("first")
    site.deploy({"app.py": "2"})
    old = site.home.folder_of("r1")
    os.rename(old / "app.log", old / "app.log.1")
    (old / "app.log").write_text("second")
    site.collect("r1", "r2")
    assert seen(site.www) == {"app.py": b"2", "app.log": b"second", "app.log.1": b"first"}


def test_what_old_instances_delete_meanwhile_goes_with_its_content(site: Site) -> None:
    site.deploy({"app.py": "1"})
    for name in ("session", "changed"):
        (site.www / name).write_text("old")
    site.deploy({"app.py": "2"})
    for name in ("session", "changed"):
        (site.home.folder_of("r1") / name).unlink()
    (site.www / "changed.new").write_text("new")
    os.replace(site.www / "changed.new", site.www / "changed")
    site.collect("r1", "r2")
    assert seen(site.www) == {"app.py": b"2", "changed": b"new"}
    assert not (site.home.kept / "session").exists()


def test_a_folder_in_the_place_of_one_that_an_app_has_renamed_is_another(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "cache").mkdir()
    (site.www / "cache/a").write_text("first")
    site.deploy({"app.py": "2"})
    os.rename(site.www / "cache", site.www / "cache.old")
    (site.www / "cache").mkdir()
    (site.www / "cache/a").write_text("second")
    site.deploy({"app.py": "3"})
    both = {"cache": None, "cache/a": b"second", "cache.old": None, "cache.old/a": b"first"}
    assert seen(site.www) == {"app.py": b"3", **both}


def test_where_both_have_written_the_newer_one_is_kept(site: Site) -> None:
    site.deploy({"app.py": "1"})
    site.deploy({"app.py": "2"})
    old = site.home.folder_of("r1")
    for name, first, second in (("x", 10, 20), ("y", 20, 10)):
        (old / name).write_text("old")
        (site.www / name).write_text("new")
        os.utime(old / name, (first, first))
        os.utime(site.www / name, (second, second))
    site.collect("r1", "r2")
    assert seen(site.www) == {"app.py": b"2", "x": b"new", "y": b"old"}


def test_an_empty_folder_of_a_person_survives(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "inbox").mkdir()
    site.deploy({"app.py": "2"})
    site.deploy({"app.py": "3"})
    assert seen(site.www) == {"app.py": b"3", "inbox": None}


def test_pruning_removes_what_only_the_pruned_had_and_never_what_lies_beside(site: Site) -> None:
    site.deploy({"app.py": "1"})
    for name in ("old.txt", "stays.txt"):
        (site.www / name).write_text(name)
    site.deploy({"app.py": "2"})
    (site.www / "old.txt").unlink()
    (site.www / "stays.txt").resolve().with_suffix(".lock").write_text("by its real path")
    site.deploy({"app.py": "3"})
    prune_releases(site.home, ["r1", "r2", "r3"])
    assert releases_of(site.home) == ["r3"]
    assert sorted(path.name for path in site.home.kept.iterdir()) == ["stays.lock", "stays.txt"]


def test_what_a_crash_leaves_is_removed(site: Site) -> None:
    site.deploy({"app.py": "1"})
    (site.home.releases / ".r9").mkdir()
    (site.home.releases / "taken").symlink_to("releases/taken")
    remove_unfinished(site.home)
    assert sorted(path.name for path in site.home.releases.iterdir()) == ["r1"]


def test_what_is_kept_is_read_as_a_part_of_the_site(site: Site) -> None:
    """A web.config that a person wrote by hand holds after the next deployment, too."""
    site.deploy({"app.py": "1"})
    (site.www / "web.config").write_text("<configuration/>")
    (site.www / "templates/a").mkdir(parents=True)
    (site.www / "templates/a/b.html").write_text("b")
    (site.www / "templates/a/circle").symlink_to("..")
    site.deploy({"app.py": "2"})
    tree = DiskTree(site.home.folder_of("r2"), kept=site.home.layout("r2").kept)
    assert tree.files() == ["app.py", "templates/a/b.html", "web.config"]
    assert tree.read("web.config") == b"<configuration/>"
    assert DiskTree(site.home.folder_of("r2")).files() == ["app.py"]


@pytest.mark.parametrize("gone", ["upload.new", "cache", "deployed/part.tmp", "link"])
def test_what_an_app_removes_while_we_look_is_no_reason_to_fail(
    site: Site, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    site.deploy({"app.py": "1", "deployed/a.txt": "a"})
    (site.www / "stays.txt").write_text("mine")
    (site.www / "cache").mkdir()
    (site.www / "link").symlink_to("stays.txt")
    for name in ("upload.new", "deployed/part.tmp"):
        (site.www / name).write_text("being written")
    scanned, removed = os.scandir, Path(os.path.realpath(site.www / gone).replace("stays.txt", "link"))

    @contextmanager
    def scandir(folder: Path) -> Iterator[list[os.DirEntry[str]]]:
        with scanned(folder) as entries:
            found = list(entries)
        if any(entry.path == str(removed) for entry in found):
            if removed.is_dir():
                removed.rmdir()
            else:
                removed.unlink()
        yield found

    monkeypatch.setattr(os, "scandir", scandir)
    found = keep(site.home, "r1", site.deployed("r1"))
    assert gone not in found.texts
    assert "stays.txt" in found.texts


def test_a_folder_that_goes_while_it_is_moved_leaves_nothing_behind(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "cache").mkdir()
    real = os.symlink

    def symlink(text: str, place: Path, **more: bool) -> None:
        real(text, place, **more)
        if Path(place) == site.home.kept / "cache":
            (site.www / "cache").rmdir()

    monkeypatch.setattr(os, "symlink", symlink)
    assert "cache" not in keep(site.home, "r1", site.deployed("r1")).linked
    assert not os.path.lexists(site.home.kept / "cache")
