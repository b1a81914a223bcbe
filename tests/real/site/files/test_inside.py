"""Places in a home: found by open folders, never outside, whatever the links are and whoever swaps them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.observed import open_descriptors
from webstead.site.files.inside import find, open_file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "sites" / "shop"
    (home / "site" / "releases" / "r1").mkdir(parents=True)
    (home / "site" / "releases" / "r1" / "app.py").write_text("app = 1\n")
    (home / "site" / "wwwroot").symlink_to("releases/r1")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_rsa").write_text("key")
    (tmp_path / "server.sqlite").write_text("passwords")
    (tmp_path / "sites" / "blog").mkdir()
    (tmp_path / "sites" / "blog" / "secret").write_text("blog's")
    return home


def content(home: Path, *parts: str) -> str:
    with find(home, parts) as place, os.fdopen(open_file(place)) as file:
        return file.read()


def test_the_pointer_and_links_inside_are_followed(home: Path) -> None:
    assert content(home, "site", "wwwroot", "app.py") == "app = 1\n"
    (home / "data").mkdir()
    (home / "data" / "absolute").symlink_to(home / "site" / "wwwroot")
    assert content(home, "data", "absolute", "app.py") == "app = 1\n"
    with find(home, ("data", "absolute", "app.py")) as place:
        assert place.real == ("site", "releases", "r1", "app.py")
        assert place.link is None


@pytest.mark.parametrize(
    "target",
    [
        "../../server.sqlite",
        "../blog/secret",
        "/etc/passwd",
        "site/../../blog/secret",
        "site/wwwroot/../../../../blog/secret",
        ".ssh/id_rsa",
        "../shop-other/x",
    ],
)
def test_a_link_that_leads_out_or_to_what_is_private_leads_nowhere(home: Path, target: str) -> None:
    (home / "link").symlink_to(target)
    with pytest.raises(FileNotFoundError), find(home, ("link",)):
        pass


def test_an_absolute_link_to_a_home_with_a_longer_name_leads_nowhere(home: Path) -> None:
    other = home.with_name("shop2")
    other.mkdir()
    (other / "secret").write_text("theirs")
    (home / "link").symlink_to(other / "secret")
    with pytest.raises(FileNotFoundError), find(home, ("link",)):
        pass


def test_private_folders_are_not_there(home: Path) -> None:
    for parts in ((".ssh",), (".ssh", "id_rsa")):
        with pytest.raises(FileNotFoundError), find(home, parts):
            pass


def test_links_in_a_circle_end(home: Path) -> None:
    (home / "a").symlink_to("b")
    (home / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"), find(home, ("a",)):
        pass


def test_a_pipe_is_no_file_and_is_not_waited_for(home: Path) -> None:
    os.mkfifo(home / "pipe")
    with find(home, ("pipe",)) as place:
        assert not place.is_file
        with pytest.raises(FileNotFoundError):
            open_file(place)


def test_nothing_stays_open(home: Path) -> None:
    before = open_descriptors()
    with find(home, ("site", "wwwroot", "app.py")):
        pass
    for _ in range(3):
        with pytest.raises(FileNotFoundError), find(home, ("site", "none", "x")):
            pass
    assert open_descriptors() == before


def test_who_swaps_a_folder_for_a_link_meanwhile_gains_nothing(home: Path) -> None:
    """A thread makes `data/x` a folder and a link to another site by turns: what is read is the folder's file
    or nothing."""
    data = home / "data"
    (data / "folder").mkdir(parents=True)
    (data / "folder" / "secret").write_text("own")
    (data / "link").symlink_to("../../blog")
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            os.rename(data / "folder", data / "x")
            os.rename(data / "x", data / "folder")
            os.rename(data / "link", data / "x")
            os.rename(data / "x", data / "link")

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen: set[str] = set()
    try:
        for _ in range(2000):
            try:
                seen.add(content(home, "data", "x", "secret"))
            except OSError:
                continue
    finally:
        ended.set()
        swapping.join()
    assert seen <= {"own"}
