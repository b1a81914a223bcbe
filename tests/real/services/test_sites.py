"""The server's own API, and what a site's management does with the site."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from tests.management import NOW, RUN, Management, bearer
from webstead.errors import StartError
from webstead.services.application import make_app
from webstead.site.server.orders import SupervisorClient
from webstead.site.store.model import SiteOptions
from webstead.site.store.sites import create_site, find_site, set_options

SERVER = "scm.localhost:8001"


def at_server(management: Management, method: str, path: str, json: object = None) -> tuple[int, object]:
    answer = management.ask(method, path, host=SERVER, as_user=bearer(RUN.reveal()), json=json)
    return answer.status_code, answer.json() if answer.content else None


def at_site_as_server(management: Management, options: dict[str, object]) -> tuple[int, object]:
    """The options of shop, changed by who has the whole server."""
    answer = management.ask("PATCH", "/api/site/options", as_user=bearer(RUN.reveal()), json=options)
    return answer.status_code, answer.json()


def test_a_site_is_told_of(management: Management) -> None:
    site = management.ask("GET", "/api/site", host="shop.scm.localhost:8001").json()
    assert site == {
        "name": "shop",
        "url": "http://shop.localhost:8001",
        "scm_url": "http://shop.scm.localhost:8001",
        "hosts": ["www.shop.example"],
        "stopped": False,
        "created": "2026-11-26T12:00:00.0000000Z",
        "release": None,
        "options": {
            "always_on": False,
            "idle_minutes": 20,
            "user": "",
            "memory_mb": 0,
            "cpu_percent": 0,
            "read_only": False,
            "basic_auth": True,
            "releases_kept": 5,
        },
    }


def test_sites_are_created_and_listed(management: Management) -> None:
    wish = {"name": "Blog", "hosts": ["Blog.example"], "options": {"always_on": True}}
    status, made = at_server(management, "POST", "/api/sites", wish)
    assert status == 201
    assert isinstance(made, dict)
    assert (made["name"], made["hosts"], made["options"]["always_on"]) == ("blog", ["blog.example"], True)
    assert management.server.site("blog").releases.is_dir()
    status, listed = at_server(management, "GET", "/api/sites")
    assert isinstance(listed, list)
    assert [each["name"] for each in listed] == ["blog", "shop"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"name": "shop"}, 409),
        ({"name": "SHOP"}, 409),
        ({"name": "scm"}, 400),
        ({"name": "a b"}, 400),
        ({"name": "../x"}, 400),
        ({}, 400),
        ({"name": "blog", "hosts": ["www.shop.example"]}, 409),
        ({"name": "blog", "hosts": ["x:80"]}, 400),
        ({"name": "blog", "hosts": ["x.localhost"]}, 400),
        ({"name": "blog", "options": {"memory_mb": -1}}, 400),
        ({"name": "blog", "options": {"user": "a b"}}, 400),
    ],
)
def test_what_cannot_be_a_site_is_refused(
    management: Management, wish: dict[str, object], status: int
) -> None:
    assert at_server(management, "POST", "/api/sites", wish)[0] == status
    assert find_site(management.store, "blog") is None


@pytest.mark.parametrize("limit", [{"memory_mb": 64}, {"cpu_percent": 50}])
def test_a_limit_that_this_machine_cannot_enforce_is_refused(
    management: Management, limit: dict[str, object]
) -> None:
    def cannot() -> None:
        raise StartError("It cannot be limited here.", found="cgroups v1", fix="Take the limits away.")

    with patch("webstead.services.sites.check_limits", cannot):
        status, _ = at_server(management, "POST", "/api/sites", {"name": "blog", "options": limit})
        assert status == 400
        assert find_site(management.store, "blog") is None
        status, refused = at_site_as_server(management, limit)
        assert status == 400
        assert "It cannot be limited here." in str(refused)
        assert at_site_as_server(management, dict.fromkeys(limit, 0))[0] == 200


def test_the_publishing_user_is_nobody_at_the_server(management: Management) -> None:
    answer = management.ask("GET", "/api/sites", host=SERVER)
    assert answer.status_code == 403


def test_it_is_stopped_started_and_restarted(management: Management) -> None:
    assert management.ask("POST", "/api/site/stop").status_code == 204
    assert management.ask("GET", "/api/site").json()["stopped"]
    assert management.ask("POST", "/api/site/start").status_code == 204
    assert not management.ask("GET", "/api/site").json()["stopped"]
    assert management.ask("POST", "/api/site/restart").status_code == 204
    assert management.deployer.followed == ["shop"]


def test_options_and_hosts_are_changed(management: Management) -> None:
    site = management.ask("PATCH", "/api/site/options", json={"idle_minutes": 5, "basic_auth": None}).json()
    assert (site["options"]["idle_minutes"], site["options"]["basic_auth"]) == (5, True)
    site = management.ask("PUT", "/api/site/hosts", json={"hosts": ["B.example.", "b.example"]}).json()
    assert site["hosts"] == ["b.example"]
    assert management.ask("PUT", "/api/site/hosts", json={"hosts": ["a b"]}).status_code == 400


@pytest.mark.parametrize(
    "confining", [{"user": "root"}, {"user": "0"}, {"memory_mb": 64}, {"cpu_percent": 900}]
)
def test_what_confines_a_site_is_not_for_its_own_credentials(
    management: Management, confining: dict[str, object]
) -> None:
    """Of a password and of a token; who it is, or what it may take, is the server's to say."""
    for credentials in (management.publisher(), management.token("admin")):
        answer = management.ask("PATCH", "/api/site/options", as_user=credentials, json=confining)
        assert answer.status_code == 403
        assert next(iter(confining)) in answer.json()["Message"]
        assert "of the whole server" in answer.json()["fix"]
    record = find_site(management.store, "shop")
    assert record is not None
    assert record.options == SiteOptions()


def test_a_site_does_not_free_itself(management: Management) -> None:
    held = SiteOptions(user="shop-user", memory_mb=64, cpu_percent=50, read_only=True)
    set_options(management.store, "shop", held)
    for freeing in ({"user": ""}, {"memory_mb": 0}, {"cpu_percent": 0}):
        assert management.ask("PATCH", "/api/site/options", json=freeing).status_code == 403
    same = {"user": "shop-user", "memory_mb": 64, "cpu_percent": 50, "read_only": False, "always_on": True}
    assert management.ask("PATCH", "/api/site/options", json=same).status_code == 200
    record = find_site(management.store, "shop")
    assert record is not None
    assert record.options == replace(held, read_only=False, always_on=True)


@pytest.mark.parametrize("user", ["root", "0", "00"])
def test_no_site_runs_as_root(management: Management, user: str) -> None:
    with patch("os.geteuid", lambda: 0):
        status, told = at_site_as_server(management, {"user": user})
        assert (status, "root" in str(told)) == (400, True)
        wish = {"name": "blog", "options": {"user": user}}
        assert at_server(management, "POST", "/api/sites", wish)[0] == 400
    assert find_site(management.store, "blog") is None


@pytest.mark.parametrize("user", ["nobody", "65534"])
def test_the_user_of_a_site_is_no_other_s(management: Management, user: str) -> None:
    set_options(management.store, "shop", SiteOptions(user="65534"))
    with patch("os.geteuid", lambda: 0):
        wish = {"name": "blog", "options": {"user": user}}
        status, told = at_server(management, "POST", "/api/sites", wish)
        assert (status, "shop" in str(told)) == (409, True)
        assert find_site(management.store, "blog") is None
        assert at_site_as_server(management, {"user": user})[0] == 200, "its own"
        create_site(management.store, "news", now=NOW, options=SiteOptions(user="gone-user"))
        wish = {"name": "blog", "options": {"user": "gone-user"}}
        assert at_server(management, "POST", "/api/sites", wish)[0] == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1", "localhost", "LOCALHOST.", "server-7"])
def test_names_of_the_machine_are_not_for_a_site_to_take(management: Management, host: str) -> None:
    """By them the management is asked where the user says which site is meant."""
    wish = {"hosts": ["www.shop.example", host]}
    refused = management.ask("PUT", "/api/site/hosts", json=wish)
    assert refused.status_code == 403
    assert "of the whole server" in refused.json()["fix"]
    given = management.ask("PUT", "/api/site/hosts", as_user=bearer(RUN.reveal()), json=wish)
    assert given.status_code == 200
    kept = management.ask("PUT", "/api/site/hosts", json={"hosts": [host, "shop.example"]})
    assert kept.status_code == 200, "it has it already"


def test_app_settings_are_told_in_clear_and_changed(management: Management) -> None:
    changes = {"API_KEY": "s3cret", "A": "1"}
    assert management.ask("PATCH", "/api/site/settings", json=changes).status_code == 204
    assert management.ask("PATCH", "/api/site/settings", json={"A": None}).status_code == 204
    assert management.ask("GET", "/api/site/settings").json() == {"API_KEY": "s3cret"}
    assert management.ask("PATCH", "/api/site/settings", json={"A": 1}).status_code == 400
    assert management.ask("PATCH", "/api/site/settings", json={"A=B": "1"}).status_code == 400


def test_the_publish_profile_has_the_password_and_a_new_one_ends_the_old(management: Management) -> None:
    old = management.publisher()
    profile = management.ask("GET", "/api/site/publish-profile")
    record = find_site(management.store, "shop")
    assert record is not None
    assert profile.headers["content-type"] == "application/xml"
    assert record.password.reveal() in profile.text
    renewed = management.ask("POST", "/api/site/publish-profile")
    assert record.password.reveal() not in renewed.text
    assert management.ask("GET", "/api/site", as_user=old).status_code == 401
    assert management.ask("GET", "/api/site").status_code == 200


def test_tokens_are_made_listed_and_deleted(management: Management) -> None:
    wish = {"name": "ci", "scopes": ["deploy", "read"], "days": 1}
    made = management.ask("POST", "/api/site/tokens", json=wish)
    assert made.status_code == 201
    token = made.json()
    assert (token["site"], token["scopes"]) == ("shop", ["read", "deploy"])
    assert token["expires"] == "2026-11-27T12:00:00.0000000Z"
    user = bearer(token.pop("token"))
    assert management.ask("GET", "/api/site", as_user=user).status_code == 200
    assert management.ask("GET", "/api/site/tokens", as_user=user).status_code == 403
    (listed,) = management.ask("GET", "/api/site/tokens").json()
    assert {**listed, "used": None} == token
    assert management.ask("DELETE", f"/api/site/tokens/{token['id']}").status_code == 204
    assert management.ask("DELETE", f"/api/site/tokens/{token['id']}").status_code == 404
    assert management.ask("GET", "/api/site", as_user=user).status_code == 401


def test_a_site_cannot_delete_the_tokens_of_the_server(management: Management) -> None:
    status, made = at_server(management, "POST", "/api/tokens", {"name": "ops"})
    assert status == 201
    assert isinstance(made, dict)
    assert management.ask("DELETE", f"/api/site/tokens/{made['id']}").status_code == 404
    assert at_server(management, "DELETE", f"/api/tokens/{made['id']}") == (204, None)


def test_a_deleted_site_is_gone_with_its_files(management: Management) -> None:
    user = management.publisher()
    assert management.ask("DELETE", "/api/site").status_code == 204
    assert management.context.background.wait(10)
    assert not management.server.site("shop").root.exists()
    assert list(management.server.temporary.iterdir()) == []
    assert management.ask("GET", "/api/site", as_user=user).status_code == 401
    assert at_server(management, "GET", "/api/sites") == (200, [])


def test_a_site_is_deleted_also_when_its_host_does_not_answer(management: Management) -> None:
    nobody = SupervisorClient(management.server.root / "nobody.sock")
    management.context = replace(management.context, host=nobody)
    management.app = make_app(management.context)
    assert management.ask("DELETE", "/api/site").status_code == 500
    assert management.context.background.wait(10)
    assert not management.server.site("shop").root.exists()
    assert find_site(management.store, "shop") is None


def test_a_site_whose_records_cannot_be_deleted_keeps_its_files(management: Management) -> None:
    file = management.server.site("shop").data / "notes.txt"
    file.write_text("mine")
    with management.store.write() as connection:
        connection.execute(
            "CREATE TRIGGER kept BEFORE DELETE ON sites BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
    assert management.ask("DELETE", "/api/site").is_error
    assert file.read_text() == "mine"
    assert management.ask("GET", "/api/site").status_code == 200


def test_a_site_is_not_deleted_under_a_deployment_that_does_not_end(management: Management) -> None:
    with management.deployer.hold("shop", "A deployment", "ann"):
        assert management.ask("DELETE", "/api/site").status_code == 409
    assert (management.deployer.cancelled, management.deployer.waited) == (1, 60.0)
    assert management.server.site("shop").releases.is_dir()


@pytest.mark.parametrize("file", ["site/wwwroot/app.py", "data/shop.db", ".ssh/id_rsa", "site/releases/r1/a"])
def test_a_site_is_not_given_the_files_of_another_one(management: Management, file: str) -> None:
    left = management.server.site("blog").root / file
    left.parent.mkdir(parents=True)
    left.write_text("of another one")
    status, said = at_server(management, "POST", "/api/sites", {"name": "blog"})
    assert isinstance(said, dict)
    assert (status, said["found"]) == (409, str(management.server.site("blog").root))
    assert find_site(management.store, "blog") is None
    assert left.read_text() == "of another one"


def test_what_was_written_last_of_a_deleted_site_is_in_nobody_s_way(management: Management) -> None:
    home = management.server.site("blog")
    log, lock = home.log_files / "Application" / "a.log", home.lock
    for file in (log, lock):
        file.parent.mkdir(parents=True)
        file.write_text("of the one before")
    assert at_server(management, "POST", "/api/sites", {"name": "blog"})[0] == 201
    assert (log.exists(), lock.exists(), log.parent.is_dir()) == (False, False, True)
    assert management.context.background.wait(10)
    assert list(management.server.temporary.iterdir()) == []
