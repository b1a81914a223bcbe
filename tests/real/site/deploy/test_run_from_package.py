"""WEBSITE_RUN_FROM_PACKAGE: what is kept in data/SitePackages, and what is chosen there or at an address."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deployments import APP, Home, zip_of
from tests.fuzz_targets import fuzz_target
from tests.real.site.deploy.test_sources import receiver
from webstead.effects.clock import FakeClock
from webstead.errors import BuildError, StartError, UsageError
from webstead.site.deploy.following import follow_package
from webstead.site.deploy.model import Folder
from webstead.site.deploy.pipeline import deploy
from webstead.site.deploy.rollback import rollback
from webstead.site.deploy.site_packages import choose_package, chosen_package, copy_package, keep_package
from webstead.site.releases.note import read_note
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import Deployment

fuzz = fuzz_target("fuzz_package_name")
ONE = {"app.py": APP % "one"}
TWO = {"app.py": APP % "two"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.set(WEBSITE_RUN_FROM_PACKAGE="1")
    return home


def packages(home: Home) -> list[str]:
    return sorted(path.name for path in (home.site.data / "SitePackages").glob("*.zip"))


def chosen(home: Home) -> str:
    return (home.site.data / "SitePackages" / "packagename.txt").read_text()


def choose(home: Home, name: str) -> None:
    """As a client writes it, after all that has happened."""
    choose_package(home.site, name)
    later = time.time() + 60
    os.utime(home.site.data / "SitePackages" / "packagename.txt", (later, later))


def follow(home: Home) -> Deployment | None:
    return follow_package(
        home.server,
        home.store,
        "shop",
        lambda request: deploy(home.server, home.store, home.host, request, clock=home.clock),
    )


def test_a_package_is_kept_by_its_time_and_named(home: Home) -> None:
    done = home.deploy(ONE)
    (name,) = packages(home)
    assert name == chosen(home) == read_note(home.site, done.release).runs_from
    assert len(name) == len("20261126201500.zip")
    assert f"It runs from data/SitePackages/{name}." in home.lines
    assert follow(home) is None


def test_two_packages_of_one_second_are_two(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", clock=FakeClock())
    home.set(WEBSITE_RUN_FROM_PACKAGE="1")
    first, second = home.deploy(ONE), home.deploy(TWO)
    assert packages(home) == [read_note(home.site, each.release).runs_from for each in (first, second)]
    assert chosen(home) == packages(home)[1]


def test_what_does_not_start_changes_no_name(home: Home) -> None:
    home.deploy(ONE)
    before = chosen(home)
    home.host.refuses = True
    with pytest.raises(StartError):
        home.deploy(TWO)
    assert chosen(home) == before


def test_what_fails_when_it_serves_already_keeps_its_name(home: Home) -> None:
    home.deploy(ONE)
    before = chosen(home)
    home.host.lost = True
    home.deploy(TWO)
    assert home.text("app.py") == TWO["app.py"]
    assert chosen(home) == read_note(home.site, home.site.release).runs_from != before


def test_the_newest_are_kept_as_many_as_the_setting_says(home: Home, tmp_path: Path) -> None:
    for n in range(8):
        keep_package(home.site, zip_of(tmp_path / f"{n}.zip", {"n": str(n)}), f"2026010100000{n}.zip", 3)
    assert packages(home) == [f"2026010100000{n}.zip" for n in (5, 6, 7)]


def test_a_name_that_a_client_writes_is_what_serves_after_the_next_restart(home: Home) -> None:
    home.deploy(ONE)
    zip_of(home.site.data / "SitePackages" / "by-hand.zip", TWO)
    choose(home, "by-hand.zip")
    assert home.text("app.py") == APP % "one"
    done = follow(home)
    assert done is not None
    assert home.text("app.py") == APP % "two"
    assert (done.deployer, read_note(home.site, done.release).runs_from) == (
        "WEBSITE_RUN_FROM_PACKAGE",
        "by-hand.zip",
    )
    assert chosen(home) == "by-hand.zip"
    assert follow(home) is None


def test_what_was_gone_back_to_or_deployed_otherwise_stays(home: Home, tmp_path: Path) -> None:
    first = home.deploy(ONE)
    home.deploy(TWO)
    rollback(home.server, home.store, home.host, "shop", first.release, clock=home.clock)
    assert follow(home) is None
    assert home.text("app.py") == APP % "one"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "app.py").write_text(APP % "three")
    home.deploy(Folder(tmp_path / "folder"))
    assert follow(home) is None
    assert home.text("app.py") == APP % "three"


def test_what_was_gone_back_to_stays_after_a_deployment_that_fails(home: Home) -> None:
    first = home.deploy(ONE)
    home.deploy(TWO)
    rollback(home.server, home.store, home.host, "shop", first.release, clock=home.clock)
    home.host.refuses = True
    with pytest.raises(StartError):
        home.deploy({"app.py": APP % "three"})
    home.host.refuses = False
    assert follow(home) is None
    assert home.text("app.py") == APP % "one"


@pytest.mark.parametrize("name", ["missing.zip", "../../secret.zip", "x.txt", "a/b.zip", "\0.zip"])
def test_a_name_that_leads_to_no_package_is_said_and_changes_nothing(home: Home, name: str) -> None:
    home.deploy(ONE)
    choose(home, name)
    with pytest.raises(UsageError):
        follow(home)
    assert home.text("app.py") == APP % "one"


@given(text=st.binary(max_size=300) | st.from_regex(rb"[./\w-]{1,40}\.zip\s?"))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_there_names_a_file_of_the_folder_or_none(text: bytes) -> None:
    fuzz(text)


def test_links_that_the_app_put_there_are_not_followed(home: Home, tmp_path: Path) -> None:
    folder, secret = home.site.data / "SitePackages", zip_of(tmp_path / "secret.zip", TWO)
    folder.mkdir()
    (folder / "linked.zip").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        copy_package(home.site, "linked.zip", tmp_path / "copy.zip")
    (folder / "packagename.txt").symlink_to(tmp_path / "name")
    (tmp_path / "name").write_text("secret.zip")
    assert chosen_package(home.site) is None
    choose_package(home.site, "mine.zip")
    assert (tmp_path / "name").read_text() == "secret.zip"


def test_a_folder_that_is_a_link_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (home.site.data / "SitePackages").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        choose_package(home.site, "x.zip")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_address_is_fetched_and_deployed_when_it_has_another_package(home: Home) -> None:
    with receiver(home.upload(ONE).read_bytes()) as (address, told):
        home.set(WEBSITE_RUN_FROM_PACKAGE=f"http://{address}/ok.zip?sig=secret")
        done = follow(home)
        assert done is not None
        assert home.text("app.py") == APP % "one"
        assert read_note(home.site, done.release).runs_from.startswith("sha256:")
        assert "secret" not in done.message
        assert follow(home) is None
        told.package = home.upload(TWO).read_bytes()
        assert follow(home) is not None
        assert home.text("app.py") == APP % "two"
    assert not (home.site.data / "SitePackages").exists()
    assert not list(home.server.temporary.glob("package-*"))


def test_an_address_that_gives_nothing_leaves_what_serves(home: Home) -> None:
    home.deploy(ONE)
    with receiver() as (address, _):
        home.set(WEBSITE_RUN_FROM_PACKAGE=f"http://{address}/missing.zip?sig=secret")
        with pytest.raises(BuildError) as raised:
            follow(home)
    assert "404" in raised.value.found
    assert "secret" not in raised.value.found
    assert home.text("app.py") == APP % "one"
    assert len(list_deployments(home.store, "shop")) == 1


def test_without_the_setting_nothing_is_followed(home: Home) -> None:
    home.deploy(ONE)
    zip_of(home.site.data / "SitePackages" / "by-hand.zip", TWO)
    choose(home, "by-hand.zip")
    home.set(WEBSITE_RUN_FROM_PACKAGE="0")
    assert follow(home) is None
