"""What the disk does not give is not taken for gone: nothing that is kept is removed for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.broken_disk import run_where_broken
from tests.site_homes import Site, seen
from webstead.site.releases.prune import prune_releases

pytestmark = pytest.mark.needs("strace")

PRUNE = """
import sys
from pathlib import Path
from webstead.site.homes import SiteHome
from webstead.site.releases.prune import prune_releases
try:
    prune_releases(SiteHome(Path(sys.argv[1])), sys.argv[2:])
except OSError as error:
    print(f"{error.filename}: {error.strerror}")
"""

REMOVE_UNFINISHED = """
import sys
from pathlib import Path
from webstead.site.homes import SiteHome
from webstead.site.releases.prune import remove_unfinished
try:
    remove_unfinished(SiteHome(Path(sys.argv[1])))
except OSError as error:
    print(f"{error.filename}: {error.strerror}")
"""

KEEP = """
import sys
from pathlib import Path
from webstead.site.homes import SiteHome
from webstead.site.releases.kept import keep
from webstead.site.releases.manifest import read_manifest
home = SiteHome(Path(sys.argv[1]))
try:
    print(keep(home, sys.argv[2], read_manifest(home.deployments / sys.argv[2])).linked)
except OSError as error:
    print(f"{error.filename}: {error.strerror}")
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three releases; both later ones have the link to a file that a person put into a deployed folder."""
    site = Site(tmp_path)
    site.deploy({"app.py": "1", "static/a.css": "a"})
    (site.www / "static" / "own.css").write_text("mine")
    for text in ("2", "3"):
        site.deploy({"app.py": text, "static/a.css": "a"})
    return site


@pytest.mark.parametrize(("calls", "path"), [("openat", "static"), ("readlink,readlinkat", "static/own.css")])
def test_what_a_release_that_cannot_be_read_may_link_to_stays(site: Site, calls: str, path: str) -> None:
    broken = site.home.folder_of("r3") / path
    assert run_where_broken(broken, calls, PRUNE, site.home.root, "r1", "r2") == f"{broken}: {EIO}\n"
    assert seen(site.www / "static") == {"a.css": b"a", "own.css": b"mine"}


def test_a_release_that_cannot_be_read_goes_and_what_it_may_link_to_stays(site: Site) -> None:
    broken = site.home.folder_of("r1") / "static"
    assert run_where_broken(broken, "openat", PRUNE, site.home.root, "r1", "r2") == ""
    assert sorted(each.name for each in site.home.releases.iterdir()) == [".spare", "r3"]
    assert seen(site.www / "static") == {"a.css": b"a", "own.css": b"mine"}


def test_what_a_crash_left_is_not_removed_where_a_release_cannot_be_read(site: Site) -> None:
    os.rename(site.home.folder_of("r1"), site.home.releases / ".r1.gone")
    broken = site.home.folder_of("r3") / "static"
    said = run_where_broken(broken, "openat", REMOVE_UNFINISHED, site.home.root)
    assert said == f"{broken}: {EIO}\n"
    assert seen(site.www / "static") == {"a.css": b"a", "own.css": b"mine"}


def test_what_cannot_be_looked_at_in_what_is_kept_is_not_taken_for_deleted(site: Site) -> None:
    broken = site.home.kept / "static" / "own.css"
    said = run_where_broken(broken, "newfstatat,lstat,stat", KEEP, site.home.root, "r3")
    assert said == f"{broken}: {EIO}\n"


def test_what_nothing_links_to_goes(site: Site) -> None:
    (site.www / "static" / "own.css").unlink()
    prune_releases(site.home, ["r1", "r2"])
    assert list(site.home.kept.iterdir()) == []


EIO = "Input/output error"
