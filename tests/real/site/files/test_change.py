"""Changes of the files of a home, also by several at once."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from webstead.site.files.change import put_file, remove
from webstead.site.files.paths import FilePath
from webstead.site.homes import SiteHome


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp"


def home(tmp_path: Path, name: str) -> SiteHome:
    made = SiteHome(tmp_path / "sites" / name)
    made.make()
    return made


def put(site: SiteHome, temporary: Path, name: str) -> None:
    received = temporary / name
    received.write_text(name)
    put_file(site.root, FilePath(("data", name), slash=False), received, None)


def test_nobody_waits_until_a_big_folder_is_removed(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the removal of a folder takes, other files come and go: of this site and of others."""
    shop, blog = home(tmp_path, "shop"), home(tmp_path, "blog")
    (shop.data / "big" / "inner").mkdir(parents=True)
    begun, go_on, really = threading.Event(), threading.Event(), shutil.rmtree

    def slow(*words: Any, **more: Any) -> None:
        begun.set()
        assert go_on.wait(60)
        really(*words, **more)

    monkeypatch.setattr(shutil, "rmtree", slow)
    path = FilePath(("data", "big"), slash=True)
    removing = thread(lambda: remove(shop, path, temporary, if_match=None, recursive=True))
    assert begun.wait(60)
    try:
        for site in (blog, shop):
            putting = thread(lambda site=site: put(site, temporary, "new.txt"))  # type: ignore[misc]
            putting.join(10)
            assert (site.data / "new.txt").exists()
        assert not (shop.data / "big").exists()
    finally:
        go_on.set()
        removing.join(60)
    assert list(temporary.iterdir()) == []


def thread(work: Callable[[], object]) -> threading.Thread:
    made = threading.Thread(target=work, daemon=True)
    made.start()
    return made


def test_what_is_removed_is_removed_with_all_in_it_and_no_link_is_followed(
    tmp_path: Path, temporary: Path
) -> None:
    shop = home(tmp_path, "shop")
    (shop.data / "big" / "inner").mkdir(parents=True)
    (shop.data / "big" / "link").symlink_to(shop.log_files)
    os.mkfifo(shop.data / "big" / "pipe")
    (shop.data / "big" / "inner").chmod(0o500)
    remove(shop, FilePath(("data", "big"), slash=True), temporary, if_match=None, recursive=True)
    assert list(shop.data.iterdir()) == []
    assert shop.log_files.is_dir()
    assert list(temporary.iterdir()) == []
