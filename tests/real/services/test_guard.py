"""The way of every request, through the application."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

import webstead
from tests.management import NOW, RUN, Management, basic, bearer
from webstead.effects import FakeClock
from webstead.services.scm.nouns import NOUNS as OF_SITES
from webstead.services.server.nouns import NOUNS as OF_SERVER
from webstead.site.store.model import SCOPES, SiteOptions
from webstead.site.store.sites import find_site, set_options

ENVIRONMENT = "/api/environment"


@pytest.fixture
def management(tmp_path: Path) -> Management:
    management = Management(tmp_path, "shop", "blog")
    set_options(management.store, "blog", SiteOptions(basic_auth=False))
    return management


def answer_is_harmless(answer: httpx.Response) -> bool:
    """Whether no browser runs anything of it."""
    return (
        answer.headers["content-security-policy"] == "sandbox"
        and answer.headers["x-content-type-options"] == "nosniff"
    )


def audit(management: Management, name: str = "audit.jsonl") -> list[dict[str, object]]:
    text = (management.server.log_files / name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def strangers(management: Management) -> list[dict[str, object]]:
    return audit(management, "strangers.jsonl")


@pytest.mark.parametrize("path", [ENVIRONMENT, "/environment", "/api/environment/", "/API/Environment"])
def test_the_publishing_user_is_answered_at_each_form_of_a_path(management: Management, path: str) -> None:
    answer = management.ask("GET", path)
    assert answer.status_code == 200
    assert answer.json() == {"version": webstead.__version__, "siteLastModified": None}
    assert answer.headers["x-ms-request-id"]


@pytest.mark.parametrize("path", [ENVIRONMENT, "/", "/api/none", "/docs", "/openapi.json", "/api/vfs/"])
@pytest.mark.parametrize("host", ["shop.scm.localhost", "scm.localhost", "127.0.0.1", "none.scm.localhost"])
def test_without_credentials_nothing_is_learnt(management: Management, path: str, host: str) -> None:
    answer = management.ask("GET", path, host=host, as_user={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert "$NAME" in answer.json()["fix"]


def test_where_the_host_names_none_the_user_names_the_site(management: Management) -> None:
    assert management.ask("GET", ENVIRONMENT, host="127.0.0.1:8001").status_code == 200


def test_a_site_is_found_by_its_own_host_name(management: Management) -> None:
    assert management.ask("GET", ENVIRONMENT, host="www.shop.example").status_code == 200


def test_an_unknown_path_is_404_and_an_unknown_method_405(management: Management) -> None:
    unknown = management.ask("GET", "/api/none")
    assert unknown.status_code == 404
    assert unknown.json()["Message"] == "No route has the path /api/none."
    wrong = management.ask("PATCH", ENVIRONMENT)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")


def test_a_site_that_is_not_there_is_told_to_who_may_know(management: Management) -> None:
    answer = management.ask("GET", ENVIRONMENT, host="none.scm.localhost", as_user=bearer(RUN.reveal()))
    assert answer.status_code == 404
    assert "none" in answer.json()["Message"]


def test_where_basic_is_off_the_answer_says_so_and_offers_bearer_alone(management: Management) -> None:
    answer = management.ask(
        "GET", ENVIRONMENT, host="blog.scm.localhost", as_user=management.publisher("blog")
    )
    assert answer.status_code == 401
    assert "switched off" in answer.json()["Message"]
    assert "Basic" not in answer.headers["WWW-Authenticate"]


def test_a_token_reaches_its_own_site_with_its_own_scopes(management: Management) -> None:
    reads, logs = management.token("read"), management.token("logs", site="")
    assert management.ask("GET", ENVIRONMENT, as_user=reads).status_code == 200
    other = management.ask("GET", ENVIRONMENT, host="blog.scm.localhost", as_user=reads)
    assert other.status_code == 403
    server = management.ask("GET", "/docs", host="scm.localhost", as_user=reads)
    assert server.status_code == 403
    lacks = management.ask("GET", ENVIRONMENT, as_user=logs)
    assert lacks.status_code == 403
    assert "`read`" in lacks.json()["Message"]
    assert [line["refused"] for line in audit(management)] == ["another site", "another site", "scope read"]


def test_the_openapi_document_names_the_scope_of_each_operation(management: Management) -> None:
    made = management.ask("GET", "/openapi.json").json()
    deploys, lists = made["paths"]["/api/zipdeploy"]["post"], made["paths"]["/api/deployments"]["get"]
    assert deploys["security"] == [{"basic": []}, {"bearer": ["deploy"]}]
    assert lists["security"] == [{"basic": []}, {"bearer": ["read"]}]
    assert "deploy includes read" in made["components"]["securitySchemes"]["bearer"]["description"]
    assert "deploy includes read" in management.ask("GET", "/docs").text


def test_who_guesses_waits_and_others_do_not(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    management = Management(tmp_path, clock=clock)
    wrong = basic("$shop", "guess")
    for _ in range(10):
        assert management.ask("GET", ENVIRONMENT, as_user=wrong).status_code == 401
    held = management.ask("GET", ENVIRONMENT)
    assert held.status_code == 429
    assert held.headers["Retry-After"] == "60"
    assert management.ask("GET", ENVIRONMENT, client="10.0.0.9").status_code == 200
    clock.advance(60)
    assert management.ask("GET", ENVIRONMENT).status_code == 200


def test_a_password_waits_for_the_wrong_ones_of_its_own_user_alone(tmp_path: Path) -> None:
    management = Management(tmp_path, "shop", "blog")
    for _ in range(10):
        management.ask("GET", ENVIRONMENT, as_user=basic("$shop", "guess"))
        management.ask("GET", ENVIRONMENT, as_user=bearer("guess"))
    of_blog = management.ask(
        "GET", ENVIRONMENT, host="blog.scm.localhost", as_user=management.publisher("blog")
    )
    assert of_blog.status_code == 200
    assert management.ask("GET", ENVIRONMENT, as_user=basic("$none", "guess")).status_code == 401
    for same in (basic("$SHOP", "guess"), basic("shop\\$shop", "guess"), bearer("guess")):
        assert management.ask("GET", ENVIRONMENT, as_user=same).status_code == 429


def test_a_token_that_is_right_never_waits(tmp_path: Path) -> None:
    """It cannot be guessed: whoever has it has not. An app on this machine locks nobody out."""
    management = Management(tmp_path)
    of_site, of_all = management.token("read"), management.token("read", site="")
    for wrong in (bearer("guess"), basic("$shop", "guess"), {"Authorization": "Digest x"}):
        for _ in range(11):
            management.ask("GET", ENVIRONMENT, as_user=wrong)
        assert management.ask("GET", ENVIRONMENT, as_user=wrong).status_code == 429
    for right in (of_site, of_all, bearer(RUN.reveal())):
        assert management.ask("GET", ENVIRONMENT, as_user=right).status_code == 200


def test_a_switched_off_password_is_not_told_to_be_right_while_it_waits(management: Management) -> None:
    host, wrong = "blog.scm.localhost", basic("$blog", "guess")
    for _ in range(10):
        assert management.ask("GET", ENVIRONMENT, host=host, as_user=wrong).status_code == 401
    right = management.ask("GET", ENVIRONMENT, host=host, as_user=management.publisher("blog"))
    assert right.status_code == 429


def test_a_stranger_takes_no_line_from_the_audit(tmp_path: Path) -> None:
    """What is known of changes stays, whatever nobody asks for; and how often is told as a number."""
    clock = FakeClock(NOW)
    management = Management(tmp_path, clock=clock)
    management.ask("POST", ENVIRONMENT)
    before = audit(management)
    for number in range(30):
        long = f"/{number}{'x' * 4000}"
        management.ask("GET", long, as_user={}, client="192.0.2.1")
        management.ask("POST", long, as_user=bearer("guess"), client="192.0.2.2")
    assert audit(management) == before
    assert all(len(str(line["path"])) <= 256 for line in strangers(management))
    clock.advance(60)
    management.ask("GET", ENVIRONMENT, as_user={}, client="192.0.2.3")
    seen = [(line["client"], line["refused"], line["count"]) for line in strangers(management)]
    assert seen == [
        ("192.0.2.1", "no credentials", 1),
        ("192.0.2.2", "credentials", 1),
        ("192.0.2.2", "throttled", 1),
        ("192.0.2.1", "no credentials", 29),
        ("192.0.2.2", "credentials", 9),
        ("192.0.2.2", "throttled", 19),
        ("192.0.2.3", "no credentials", 1),
    ]


def test_requests_without_credentials_are_no_guesses(management: Management) -> None:
    for _ in range(20):
        management.ask("GET", ENVIRONMENT, as_user={})
    assert management.ask("GET", ENVIRONMENT).status_code == 200


def test_the_page_of_another_site_is_refused(management: Management) -> None:
    answer = management.ask("POST", ENVIRONMENT, headers={"Origin": "http://shop.localhost"})
    assert answer.status_code == 403
    assert "http://shop.localhost" in answer.json()["found"]
    assert audit(management)[-1]["refused"] == "cross-site"


def test_changes_and_refusals_are_audited_without_secrets(management: Management) -> None:
    management.ask("GET", ENVIRONMENT)
    management.ask("POST", f"{ENVIRONMENT}?password=s3cret", content=b"s3cret")
    management.ask("GET", ENVIRONMENT, as_user=basic("$shop", "s3cret"))
    (changed,), (refused,) = audit(management), strangers(management)
    assert changed == {
        "time": NOW.isoformat(),
        "client": "127.0.0.1",
        "who": "$shop",
        "site": "shop",
        "method": "POST",
        "path": "/api/environment",
        "status": 405,
        "refused": "",
        "count": 1,
    }
    assert (refused["who"], refused["status"], refused["refused"]) == ("", 401, "credentials")
    for name in ("audit.jsonl", "strangers.jsonl"):
        path = management.server.log_files / name
        assert "s3cret" not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600


def test_through_the_resource_manager_answers_and_errors_are_wrapped(management: Management) -> None:
    path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop/environment"
    headers = {"x-ms-geo-location": "West Europe", "Referer": f"https://management.azure.com{path}"}
    item = management.ask("GET", ENVIRONMENT, headers=headers).json()
    assert (item["id"], item["location"]) == (path, "West Europe")
    assert item["properties"]["version"] == webstead.__version__
    error = management.ask("GET", "/api/none", headers=headers).json()
    assert error["error"]["code"] == "NotFound"
    assert "/api/none" in error["error"]["message"]


def test_a_path_that_is_no_text_is_refused(management: Management) -> None:
    assert management.ask("GET", "/api/%ff").status_code == 400
    assert management.ask("GET", "/api/%00").status_code == 400


def test_the_documents_tell_of_every_operation(management: Management) -> None:
    document = management.ask("GET", "/openapi.json").json()
    told = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    declared = {
        (route.path_of_schema.replace(":path}", "}"), name)
        for noun in OF_SITES
        for route in noun.ROUTES
        for name in route.names
        if name != "WEBSOCKET"
    }
    assert declared <= told
    assert answer_is_harmless(management.ask("GET", "/openapi.json"))
    page = management.ask("GET", "/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/environment" in page.text
    assert not any(word in page.text for word in ("<script", "<link", " src=", "@import"))


def test_every_route_has_a_scope_a_summary_and_words() -> None:
    for route in (route for noun in (*OF_SITES, *OF_SERVER) for route in noun.ROUTES):
        assert route.scope in SCOPES, route
        assert route.summary, route
        assert route.endpoint.__doc__, route
        assert route.path.startswith("/"), route


def test_the_password_is_nowhere_in_what_is_told(management: Management) -> None:
    record = find_site(management.store, "shop")
    assert record is not None
    assert record.password.reveal() not in repr((management.context, record))
