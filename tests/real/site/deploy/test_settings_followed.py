"""Settings of Kudu's: what each changes in a deployment, or what the log says of one that changes nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.deployments import APP, Home
from webstead.errors import ConfigError
from webstead.site.deploy.known_settings import KNOWN
from webstead.site.deploy.model import Commit, Published, Zip
from webstead.site.deploy.onedeploy import placed
from webstead.site.store.model import EntryType
from webstead.site.store.settings import write_settings

ONE = {"app.py": APP % "one"}
UNREAD = [known for known in KNOWN if not known.read]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def of_deployments(home: Home, **settings: str) -> None:
    write_settings(home.store, "shop", "scm", settings)


@pytest.mark.parametrize("known", UNREAD, ids=lambda known: known.name)
def test_one_that_is_not_followed_is_said_with_the_reason(home: Home, known: object) -> None:
    (setting,) = [each for each in UNREAD if each is known]
    of_deployments(home, **{setting.name: "something"})
    home.deploy(ONE)
    assert f"The setting {setting.name} is not followed. {setting.doc}" in home.lines


def test_a_default_is_not_talked_of(home: Home) -> None:
    of_deployments(home, SCM_TRACE_LEVEL="1", SCM_BUILD_ARGS="")
    home.deploy(ONE)
    assert not any("is not followed" in line for line in home.lines)


@pytest.mark.parametrize(("value", "kept"), [("", True), ("0", True), ("1", False), ("true", False)])
def test_times_of_a_zip_are_kept_unless_the_setting_says_otherwise(
    home: Home, value: str, kept: bool
) -> None:
    of_deployments(home, SCM_ZIPDEPLOY_DONOT_PRESERVE_FILETIME=value)
    file = home.server.temporary / "old.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py", (2001, 2, 3, 4, 5, 6)), ONE["app.py"])
    home.deploy(Zip(file))
    old = (home.site.wwwroot / "app.py").stat().st_mtime < 1_000_000_000
    assert old is kept


@pytest.mark.parametrize(("value", "renewed"), [("", True), ("true", True), ("0", False), ("False", False)])
def test_a_script_beside_the_site_renews_instances_unless_the_setting_says_otherwise(
    home: Home, value: str, renewed: bool
) -> None:
    of_deployments(home, SCM_RESTART_APP_CONTAINER_AFTER_DEPLOYMENT=value)
    home.deploy(ONE)
    before = len(home.host.events)
    file = home.server.temporary / "published"
    file.write_text("echo hello\n")
    source = placed(home.site, "script", "a.sh", file)
    assert isinstance(source, Published)
    home.deploy(source)
    assert (len(home.host.events) > before) is renewed


@pytest.mark.needs("git")
@pytest.mark.parametrize("value", ["1", "0"])
def test_submodules_are_fetched_unless_the_setting_says_otherwise(
    home: Home, tmp_path: Path, value: str
) -> None:
    from tests.real.site.deploy.test_git import git, repository
    from webstead.errors import BuildError
    from webstead.settings import Secret
    from webstead.site.deploy.git import fetch
    from webstead.site.deploy.repository import open_repository

    repository(tmp_path / "library", {"lib.py": "lib"})
    source = tmp_path / "source"
    repository(source, ONE)
    git(source, "submodule", "--quiet", "add", str(tmp_path / "library"), "library")
    commit = repository(source, {"more.py": ""})
    fetch(open_repository(home.site), Secret(str(source)), "main", local=True)
    of_deployments(home, SCM_DISABLE_SUBMODULES=value)
    if value == "1":
        home.deploy(Commit(commit), build=False)
        assert home.text("more.py") == ""
    else:  # a folder of this machine is none that submodules come from
        with pytest.raises(BuildError, match="submodules"):
            home.deploy(Commit(commit), build=False)


def test_a_web_config_that_is_broken_is_explained_with_its_place(home: Home) -> None:
    with pytest.raises(ConfigError) as raised:
        home.deploy({**ONE, "web.config": "<configuration>\n  <system.webServer>\n</configuration>\n"})
    error = raised.value
    assert (error.path, error.line) == ("web.config", 3)
    assert "web.config" in error.what + error.found
    assert home.site.release is None


def test_mistakes_of_a_web_config_that_iis_answers_otherwise_are_warned_of(home: Home) -> None:
    config = """<configuration>
      <appSettings><add key="WSGI_HANDLER" value="app.nothing" /></appSettings>
      <system.webServer><handlers>
      <add name="p" path="*" verb="*" modules="FastCgiModule" scriptProcessor="python.exe|wfastcgi.py" />
      </handlers></system.webServer></configuration>"""
    with pytest.raises(Exception, match="nothing"):
        home.deploy({**ONE, "web.config": config})
    warned = [each.message for each in home.log(last(home)) if each.type == EntryType.WARNING]
    assert any("web.config:2 names app:nothing; app.py has no nothing" in message for message in warned)


def last(home: Home) -> str:
    from webstead.site.store.deployments import list_deployments

    return list_deployments(home.store, "shop")[0].id
