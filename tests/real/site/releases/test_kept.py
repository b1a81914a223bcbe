"""What the app or a person put into wwwroot, through deployments and rollbacks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from webstead.site.homes import SiteHome
from webstead.site.releases.kept import keep, link_kept
from webstead.site.releases.linking import Kept
from webstead.site.releases.links import links_to_kept, replace_link
from webstead.site.releases.manifest import EMPTY, Entry, Manifest
from webstead.site.releases.pointer import switch, take_over
from webstead.site.releases.prune import prune_releases, remove_unfinished, surplus


class Site:
    """Releases as deployments make them, without anything else of a deployment."""

    def __init__(self, tmp_path: Path) -> None:
        self.home = SiteHome(tmp_path / "sites" / "shop")
        self.home.make()
        self.deployed: dict[str, Manifest] = {}

    @property
    def www(self) -> Path:
        return self.home.wwwroot

    def deploy(self, release: str, files: dict[str, str], *, clean: bool = False) -> Kept:
        folder = self.home.folder_of(release)
        folder.mkdir()
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        self.deployed[release] = Manifest({path: Entry(len(text), 0) for path, text in files.items()})
        return self.activate(release, clean=clean)

    def activate(self, release: str, *, clean: bool = False) -> Kept:
        current = self.home.release
        found = Kept() if current is None or clean else keep(self.home, current, self.deployed[current])
        done = link_kept(self.home, release, found, self.deployed[release])
        switch(self.home, release)
        return done

    def seen(self) -> dict[str, str]:
        return {
            os.path.relpath(os.path.join(root, name), self.www): Path(root, name).read_text()
            for root, _, names in os.walk(self.www, followlinks=True)
            for name in names
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_people_and_apps_put_there_stays_and_what_was_deployed_goes(site: Site) -> None:
    site.deploy("1", {"app.py": "1", "old.py": "x", "static/a.css": "a"})
    (site.www / "notes.txt").write_text("mine")
    (site.www / "uploads" / "2026").mkdir(parents=True)
    (site.www / "uploads" / "2026" / "me.png").write_text("png")
    (site.www / "static" / "own.css").write_text("own")
    done = site.deploy("2", {"app.py": "2", "static/a.css": "b"})
    assert done.linked == ("notes.txt", "static/own.css", "uploads")
    assert site.seen() == {
        "app.py": "2",
        "static/a.css": "b",
        "static/own.css": "own",
        "notes.txt": "mine",
        "uploads/2026/me.png": "png",
    }
    site.deploy("3", {"app.py": "3"})
    assert site.seen() == {
        "app.py": "3",
        "static/own.css": "own",
        "notes.txt": "mine",
        "uploads/2026/me.png": "png",
    }


def test_clean_removes_it(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy("2", {"app.py": "2"}, clean=True)
    assert site.seen() == {"app.py": "2"}


def test_the_release_that_serves_finds_its_files_by_their_old_paths_and_sees_what_the_new_one_writes(
    site: Site,
) -> None:
    site.deploy("1", {"app.py": "1"})
    old = site.home.folder_of("1")
    (old / "log.txt").write_text("a")
    with (old / "log.txt").open("a") as opened:
        site.deploy("2", {"app.py": "2"})
        opened.write("b")
    assert (old / "log.txt").read_text() == "ab"
    (site.www / "log.txt").write_text("c")
    assert (old / "log.txt").read_text() == "c"


def test_what_was_deleted_does_not_come_back(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy("2", {"app.py": "2"})
    (site.www / "notes.txt").unlink()
    site.deploy("3", {"app.py": "3"})
    assert site.seen() == {"app.py": "3"}


def test_what_a_deployment_brings_wins_and_is_removed_by_the_next_that_does_not(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "config.py").write_text("mine")
    done = site.deploy("2", {"app.py": "2", "config.py": "deployed"})
    assert done.overwritten == ("config.py",)
    assert site.seen()["config.py"] == "deployed"
    site.deploy("3", {"app.py": "3"})
    assert "config.py" not in site.seen()


def test_a_folder_of_ones_own_into_which_something_is_deployed_later(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "media").mkdir()
    (site.www / "media" / "mine.png").write_text("mine")
    site.deploy("2", {"app.py": "2", "media/theirs.png": "theirs"})
    assert site.seen() == {"app.py": "2", "media/mine.png": "mine", "media/theirs.png": "theirs"}
    (site.www / "media" / "new.png").write_text("new")
    site.deploy("3", {"app.py": "3"})
    assert site.seen() == {"app.py": "3", "media/mine.png": "mine", "media/new.png": "new"}
    (site.www / "media" / "newer.png").write_text("newer")
    site.deploy("4", {"app.py": "4"})
    assert set(site.seen()) == {"app.py", "media/mine.png", "media/new.png", "media/newer.png"}


def test_a_rollback_has_what_is_kept_now(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "a.txt").write_text("a")
    site.deploy("2", {"app.py": "2"})
    (site.www / "b.txt").write_text("b")
    (site.www / "a.txt").unlink()
    site.activate("1")
    assert site.seen() == {"app.py": "1", "b.txt": "b"}


def test_a_link_out_of_the_home_is_not_followed_and_not_kept(site: Site, tmp_path: Path) -> None:
    site.deploy("1", {"app.py": "1", "x/y.py": "y"})
    (tmp_path / "secret").write_text("secret")
    (site.www / "out").symlink_to(tmp_path / "secret")
    (site.www / "up").symlink_to("../../../../../secret")
    (site.www / "inside").symlink_to("x/y.py")
    os.mkfifo(site.www / "pipe")
    done = site.deploy("2", {"app.py": "2", "x/y.py": "y2"})
    assert done.left == ("out", "pipe", "up")
    assert site.seen().keys() == {"app.py", "x/y.py", "inside"}


def test_byte_code_is_not_kept(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "__pycache__").mkdir()
    (site.www / "__pycache__" / "app.pyc").write_text("")
    site.deploy("2", {"app.py": "2"})
    assert site.seen() == {"app.py": "2"}


def test_the_home_can_be_moved(site: Site, tmp_path: Path) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "notes.txt").write_text("mine")
    site.deploy("2", {"app.py": "2"})
    (tmp_path / "sites").rename(tmp_path / "elsewhere")
    moved = SiteHome(tmp_path / "elsewhere" / "shop")
    assert (moved.wwwroot / "notes.txt").read_text() == "mine"


def test_a_wwwroot_that_is_a_folder_becomes_the_first_release(tmp_path: Path) -> None:
    home = SiteHome(tmp_path / "sites" / "shop")
    home.wwwroot.mkdir(parents=True)
    (home.wwwroot / "app.py").write_text("1")
    assert take_over(home, "first")
    assert home.release == "first"
    assert (home.wwwroot / "app.py").read_text() == "1"
    assert not (home.folder_of("first")).is_symlink()
    assert not take_over(home, "second")


def test_a_pointer_to_nothing_is_not_made(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    with pytest.raises(FileNotFoundError):
        switch(site.home, "2")
    assert site.home.release == "1"


def test_releases_beyond_those_that_are_kept_go_with_what_only_they_had(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    (site.www / "one.txt").write_text("1")
    site.deploy("2", {"app.py": "2"})
    (site.www / "one.txt").unlink()
    (site.www / "two.txt").write_text("2")
    site.deploy("3", {"app.py": "3"})
    (site.home.releases / ".4.part").mkdir()
    remove_unfinished(site.home)
    prune_releases(site.home, surplus(["3", "2", "1"], "3", 2))
    assert sorted(os.listdir(site.home.releases)) == [".spare", "2", "3"], "what goes is of use once more"
    assert sorted(os.listdir(site.home.kept)) == ["two.txt"]
    assert site.seen() == {"app.py": "3", "two.txt": "2"}


@pytest.mark.parametrize(
    ("current", "most", "gone"),
    [("c", 3, ()), ("c", 2, ("a",)), ("a", 2, ("b",)), ("a", 1, ("c", "b")), (None, 2, ("b", "a"))],
)
def test_the_current_release_counts_and_stays(current: str | None, most: int, gone: tuple[str, ...]) -> None:
    assert surplus(["c", "b", "a"], current, most) == gone


def test_nothing_is_known_of_a_release_without_a_manifest(site: Site) -> None:
    site.deploy("1", {"app.py": "1"})
    site.deployed["1"] = EMPTY
    site.deploy("2", {"new.py": "2"})
    assert site.seen() == {"app.py": "1", "new.py": "2"}, "what is not known to be deployed is not removed"


def test_a_link_that_an_app_replaces_while_it_is_looked_at_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).symlink_to(f"../../kept/{name}")
    real = os.readlink

    def replaced(path: str) -> str:
        if path.endswith("a.txt"):
            os.unlink(path)
            Path(path).write_text("a file now")
        return real(path)

    monkeypatch.setattr(os, "readlink", replaced)
    assert list(links_to_kept(tmp_path)) == [("b.txt", "b.txt")]


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_link_is_changed_only_where_it_is_still_the_one_that_was_seen(
    site: Site, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    if not exchanges:  # a file system that has no such thing
        monkeypatch.setattr("webstead.site.releases.links.exchange", lambda one, other: False)
    link, file = site.home.releases / "link", site.home.releases / "file"
    link.symlink_to("seen")
    file.write_text("of the app")
    assert replace_link(site.home, link, "seen", "new")
    assert not replace_link(site.home, link, "seen", "newer")
    assert not replace_link(site.home, file, "seen", "newer")
    assert not replace_link(site.home, file, None, "newer")
    assert (os.readlink(link), file.read_text()) == ("new", "of the app")
    assert sorted(path.name for path in site.home.releases.iterdir()) == ["file", "link"]
