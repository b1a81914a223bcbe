"""Where what is published goes: the table of types, and every path that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.site.deploy.model import Published, Zip
from webstead.site.deploy.onedeploy import TYPES, placed
from webstead.site.homes import SiteHome

HOME = SiteHome(Path("/srv/sites/shop"))
FILE = Path("/srv/tmp/upload")


def target(kind: str, path: str) -> str:
    found = placed(HOME, kind, path, FILE)
    assert isinstance(found, Published)
    return found.target.relative_to(HOME.root).as_posix()


def test_a_zip_goes_to_wwwroot_or_into_a_folder_of_it() -> None:
    assert placed(HOME, "ZIP", "", FILE) == Zip(FILE)
    assert placed(HOME, "zip", "sub/folder", FILE) == Zip(FILE, "sub/folder")
    assert placed(HOME, "zip", "/home/site/wwwroot/sub", FILE) == Zip(FILE, "sub")


@pytest.mark.parametrize(
    ("kind", "path", "where"),
    [
        ("static", "logo.png", "site/wwwroot/logo.png"),
        ("static", "/home/data/logo.png", "data/logo.png"),
        ("static", "%home%/data/logo.png", "data/logo.png"),
        ("static", "/srv/sites/shop/data/logo.png", "data/logo.png"),
        ("startup", "", "site/scripts/startup.sh"),
        ("script", "jobs/run.sh", "site/scripts/jobs/run.sh"),
        ("lib", "/home/site/libs/a.whl", "site/libs/a.whl"),
        ("zip", "/home/data/models", "data/models"),
    ],
)
def test_a_file_goes_to_the_place_of_its_type(kind: str, path: str, where: str) -> None:
    assert target(kind, path) == where


@pytest.mark.parametrize(
    ("kind", "path", "clean", "words"),
    [
        ("tar", "", None, "type='tar' not recognized"),
        ("war", "", None, "not supported"),
        ("static", "", None, "Path must be defined"),
        ("startup", "x.sh", None, "must not be defined"),
        ("static", "a/../b", None, "cannot contain"),
        ("static", "folder/", None, "must not end"),
        ("zip", "..", None, "cannot contain"),
        ("zip", "/home", None, "Clean deployments"),
        ("zip", "/home/site", None, "Clean deployments"),
        ("static", "/home/x.txt", True, "Clean deployments"),
        ("script", "/home/data/x.sh", None, "must be within"),
        ("zip", "/home/site/releases", None, "deployments keep there what is theirs"),
        ("zip", "/home/site/releases/r1", False, "deployments keep there"),
        ("zip", "%home%\\site\\kept", False, "deployments keep there"),
        ("zip", "/home/site/./locks", False, "deployments keep there"),
        ("static", "/home/site/deployments/r1/status.xml", None, "Name a place in home/site/wwwroot"),
        ("static", "/home/site/repository/config", None, "deployments keep there"),
        ("static", "/home/.ssh/id_rsa", None, "deployments keep there"),
        ("zip", "/srv/sites/shop/.ssh", False, "deployments keep there"),
        ("static", "/home/data", None, "Path must name a file"),
        ("static", "/home/site/wwwroot", None, "Path must name a file"),
        ("zip", "/home/data", None, "home/data, a folder of every site. .* send clean=false"),
        ("zip", "/home/SiteExtensions", True, "Clean deployments"),
        ("static", "/home/LogFiles/x.txt", True, "Clean deployments"),
    ],
)
def test_what_cannot_be_placed_is_refused(kind: str, path: str, clean: bool | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        placed(HOME, kind, path, FILE, clean=clean)


@given(st.sampled_from(sorted(TYPES)), st.text(max_size=60))
def test_nothing_is_placed_outside_the_home(kind: str, path: str) -> None:
    try:
        found = placed(HOME, kind, path, FILE)
    except UsageError:
        return
    if isinstance(found, Published):
        assert found.target.is_relative_to(HOME.root)
        assert ".." not in found.target.parts
    else:
        assert isinstance(found, Zip)
        assert ".." not in found.path.split("/")
        assert not found.path.startswith("/")


def test_what_needs_no_room_made_may_go_where_every_site_has_a_folder() -> None:
    for kind, path, clean in (
        ("zip", "/home/data", False),
        ("static", "/home/data/x.txt", False),
        ("static", "/home/site/wwwroot/x.txt", True),
        ("zip", "/home/data/x", True),
    ):
        assert isinstance(placed(HOME, kind, path, FILE, clean=clean), Published)
