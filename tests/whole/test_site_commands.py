"""`webstead site …` on a home that nobody serves."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from webstead.formats.webdeploy import read_profiles


def webstead(home: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "webstead", *words],
        cwd=home.parent,
        env={**os.environ, "WEBSTEAD_HOME": str(home), "WEBSTEAD_STATE_DIR": str(home.parent / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    webstead(home, "site", "create", "shop", "--host", "www.shop.example")
    return home


def shown(home: Path, name: str = "shop") -> dict[str, object]:
    value: dict[str, object] = json.loads(webstead(home, "site", "show", name, "--json").stdout)
    return value


def test_a_site_is_made_listed_and_shown(home: Path) -> None:
    webstead(home, "site", "create", "Other", "--idle-minutes", "5")
    listed = json.loads(webstead(home, "site", "list", "--json").stdout)
    assert [site["name"] for site in listed] == ["other", "shop"]
    assert listed[0]["options"]["idle_minutes"] == 5
    assert shown(home)["hosts"] == ["www.shop.example"]
    assert "no release" in webstead(home, "site", "list").stdout


def test_a_name_that_is_taken_or_none_is_refused(home: Path) -> None:
    assert "already" in webstead(home, "site", "create", "shop", code=10).stderr
    assert "cannot be the name" in webstead(home, "site", "create", "a_b", code=2).stderr
    assert "stands for something else" in webstead(home, "site", "create", "scm", code=2).stderr
    assert "61 characters" in webstead(home, "site", "create", "a" * 61, code=2).stderr


def test_a_home_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    done = webstead(tmp_path / "none", "site", "list", code=2)
    assert "webstead site create" in done.stderr
    assert not (tmp_path / "none").exists()


def test_the_only_site_need_not_be_named_and_one_of_two_must(home: Path) -> None:
    assert "Site shop" in webstead(home, "site", "show").stderr
    webstead(home, "site", "create", "other")
    assert "other, shop" in webstead(home, "site", "show", code=2).stderr


def test_settings_are_set_masked_and_removed(home: Path) -> None:
    webstead(home, "site", "settings", "set", "A=1", "SECRET_KEY=s3cret")
    assert webstead(home, "site", "settings", "list").stdout == "A=1\nSECRET_KEY=***\n"
    assert "s3cret" in webstead(home, "site", "settings", "list", "--reveal").stdout
    webstead(home, "site", "settings", "unset", "A")
    assert json.loads(webstead(home, "site", "settings", "list", "--json").stdout) == {"SECRET_KEY": "***"}
    webstead(home, "site", "settings", "set", code=2)
    assert "KEY=VALUE" in webstead(home, "site", "settings", "set", "A", code=2).stderr


def test_settings_of_deployments_are_masked_and_revealed_too(home: Path) -> None:
    words = ("site", "settings", "list", "--scm", "--json")
    webstead(home, "site", "settings", "set", "--scm", "API_TOKEN=s3cret", "odd.NAME_KEY=***", "A=1")
    masked = json.loads(webstead(home, *words).stdout)
    assert (masked["API_TOKEN"], masked["odd.NAME_KEY"], masked["A"]) == ("***", "***", "1")
    revealed = json.loads(webstead(home, *words, "--reveal").stdout)
    assert (revealed["API_TOKEN"], revealed["odd.NAME_KEY"], revealed["A"]) == ("s3cret", "***", "1")
    assert "API_TOKEN=s3cret" in webstead(home, *words[:-1], "--reveal").stdout


def test_settings_are_variables_of_a_shell_and_nothing_else(home: Path) -> None:
    webstead(home, "site", "settings", "set", "A=it's; rm -rf /", "odd.name=1")
    done = webstead(home, "site", "env", "shop")
    read = subprocess.run(
        ["/bin/bash", "-c", f'{done.stdout}\nprintf %s "$A|$WEBSITE_SITE_NAME"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == "it's; rm -rf /|shop"
    assert "odd.name" in done.stderr
    assert "odd" not in done.stdout


def test_hosts_are_added_and_given_up(home: Path) -> None:
    added = webstead(home, "site", "hosts", "add", "Shop.example", "--site", "shop", "--json")
    assert json.loads(added.stdout) == ["www.shop.example", "shop.example"]
    webstead(home, "site", "hosts", "remove", "www.shop.example")
    assert webstead(home, "site", "hosts", "list").stdout == "shop.example\n"
    assert "shop.example" in webstead(home, "site", "hosts", "remove", "x.example", code=2).stderr


def test_options_change_what_is_given(home: Path) -> None:
    webstead(home, "site", "options", "shop", "--always-on", "--idle-minutes", "9")
    webstead(home, "site", "options", "shop", "--no-always-on")
    options = shown(home)["options"]
    assert isinstance(options, dict)
    assert (options["always_on"], options["idle_minutes"]) == (False, 9)


def test_what_this_machine_cannot_do_is_refused_and_changes_nothing(home: Path) -> None:
    done = webstead(home, "site", "options", "shop", "--user", "nobody-of-this-name", "--always-on", code=2)
    assert "There is no system user nobody-of-this-name." in done.stderr
    options = shown(home)["options"]
    assert isinstance(options, dict)
    assert (options["always_on"], options["user"]) == (False, "")


def test_a_site_that_is_ensured_is_made_once_and_then_changed(home: Path) -> None:
    words = ("site", "create", "blog", "--ensure", "--json")
    made = json.loads(webstead(home, *words).stdout)
    again = json.loads(webstead(home, *words, "--host", "Blog.example", "--idle-minutes", "5").stdout)
    assert (made["hosts"], again["hosts"]) == ([], ["blog.example"])
    assert again["options"]["idle_minutes"] == 5
    assert again["created"] == made["created"]
    webstead(home, "site", "create", "other", "--ensure", "--host", "blog.example", code=10)
    assert [site["name"] for site in json.loads(webstead(home, "site", "list", "--json").stdout)] == [
        "blog",
        "shop",
    ]


def test_a_site_is_stopped_and_started(home: Path) -> None:
    webstead(home, "site", "stop", "shop")
    assert shown(home)["stopped"] is True
    webstead(home, "site", "start", "shop")
    assert shown(home)["stopped"] is False


def test_a_publish_profile_is_private_and_renewed(home: Path) -> None:
    file = home.parent / "shop.PublishSettings"
    webstead(home, "site", "publish-profile", "shop", "-o", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = read_profiles(file.read_bytes(), "a")[0]
    assert "scm" in first.url
    second = webstead(home, "site", "publish-profile", "shop", "--new-password").stdout
    assert read_profiles(second.encode(), "a")[0].password != first.password


def test_a_publish_profile_is_told_member_by_member(home: Path) -> None:
    told = json.loads(webstead(home, "site", "publish-profile", "shop", "--json").stdout)
    (first, *_) = read_profiles(webstead(home, "site", "publish-profile", "shop").stdout.encode(), "a")
    assert told == {
        "user": "$shop",
        "password": first.password.reveal(),
        "management_url": "http://shop.scm.localhost",
        "git_url": "http://shop.scm.localhost/shop.git",
        "site_url": "http://shop.localhost",
    }


def test_a_token_is_told_once(home: Path) -> None:
    made = json.loads(webstead(home, "site", "token", "make", "--name", "ci", "--days", "3", "--json").stdout)
    listed = webstead(home, "site", "token", "list").stdout
    assert made["id"] in listed
    assert made["token"] not in listed
    webstead(home, "site", "token", "delete", made["id"])
    assert "no token" in webstead(home, "site", "token", "list").stdout


def test_a_site_is_deleted_by_who_means_it(home: Path) -> None:
    assert "--yes" in webstead(home, "site", "delete", "shop", code=2).stderr
    webstead(home, "site", "delete", "shop", "--yes")
    assert json.loads(webstead(home, "site", "list", "--json").stdout) == []
    webstead(home, "site", "delete", "shop", "--yes", code=10)


def test_an_error_is_an_event_with_json(home: Path) -> None:
    done = webstead(home, "site", "show", "none", "--json", code=10)
    told = json.loads(done.stdout)
    assert (told["event"], told["error"]["what"]) == ("failed", "There is no site none.")
    assert "There is no site" not in done.stderr
    no_server = webstead(home, "site", "list", "--home", f"{home}-none", "--json", code=2)
    assert json.loads(no_server.stdout)["error"]["kind"] == "usage"


def test_a_site_may_be_named_by_an_option_everywhere(home: Path) -> None:
    webstead(home, "site", "create", "other")
    assert "Site          other" in webstead(home, "site", "show", "--site", "other").stdout
    assert "Two sites" in webstead(home, "site", "show", "shop", "--site", "other", code=2).stderr


def test_a_fix_leads_to_the_home_that_was_named(home: Path) -> None:
    where = ("--home", str(home), "--site", "shop")
    assert f"webstead deploy DIR --site shop --home {home}" in webstead(home, "releases", *where).stdout
    done = webstead(home, "logs", "--deployment", "5f2c", *where, code=2)
    assert f"webstead deployments --site shop --home {home}" in done.stderr


def test_a_token_is_deleted_by_the_beginning_of_its_id(home: Path) -> None:
    made = json.loads(webstead(home, "site", "token", "make", "--json").stdout)
    assert "no token of this id" in webstead(home, "site", "token", "delete", "zz", code=2).stderr
    done = webstead(home, "site", "token", "delete", made["id"][:4])
    assert done.stdout == f"Deleted: {made['id']}\n"


def test_that_nobody_serves_the_home_is_told_where_it_matters(home: Path) -> None:
    file = home.parent / "shop.PublishSettings"
    told = f"webstead serve --home {home}"
    assert told in webstead(home, "site", "publish-profile", "shop", "-o", str(file)).stderr
    restarted = webstead(home, "site", "restart", "shop")
    assert told in restarted.stderr
    assert "Restarted" not in restarted.stdout


def test_several_servers_are_one_too_many(home: Path) -> None:
    url = "https://ada:s3cret@scm.example.org"
    done = webstead(home, "releases", "--home", str(home), "--url", url, code=2)
    assert "Several servers" in done.stderr
    assert "s3cret" not in done.stderr
