"""Reference 1.5: OneDeploy."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests.management import Management
from webstead.site.deploy.model import Published, Url, Zip

ZIP = b"PK\x05\x06" + b"\0" * 18


def publish(management: Management, query: str, content: bytes = ZIP) -> tuple[int, object]:
    answer = management.ask("POST", f"/api/publish?{query}", content=content)
    return answer.status_code, answer.json() if answer.content else None


def test_a_zip_is_the_site_and_what_lay_there_goes(management: Management) -> None:
    assert publish(management, "type=zip") == (200, None)
    (request,) = management.deployer.requests
    assert isinstance(request.source, Zip)
    assert (request.deployer, request.clean, request.restart) == ("OneDeploy", True, True)


@pytest.mark.parametrize(("query", "clean"), [("clean=false", False), ("clean=true", True), ("", True)])
def test_clean_is_as_the_request_says(management: Management, query: str, clean: bool) -> None:
    publish(management, f"type=ZIP&{query}")
    assert management.deployer.requests[0].clean == clean


@pytest.mark.parametrize(
    ("path", "within", "target"),
    [
        ("api", "api", ""),
        ("/home/site/wwwroot/api", "api", ""),
        ("home/site/wwwroot", "", ""),
        ("%home%/data/models", "", "data/models"),
        ("$home/site/libs", "", "site/libs"),
    ],
)
def test_a_zip_goes_where_path_says(management: Management, path: str, within: str, target: str) -> None:
    assert publish(management, f"type=zip&clean=false&path={path.replace('%', '%25')}")[0] == 200
    source = management.deployer.requests[0].source
    if target:
        assert isinstance(source, Published)
        assert source.target == management.server.site("shop").root / target
    else:
        assert isinstance(source, Zip)
        assert source.path == within


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("type=static&path=robots.txt", "site/wwwroot/robots.txt"),
        ("type=Static&path=/home/data/a/b.txt", "data/a/b.txt"),
        ("type=startup", "site/scripts/startup.sh"),
        ("type=script&path=jobs/run.sh", "site/scripts/jobs/run.sh"),
        ("type=lib&path=x.so", "site/libs/x.so"),
    ],
)
def test_a_file_goes_where_its_type_says_and_nothing_else_goes(
    management: Management, query: str, target: str
) -> None:
    assert publish(management, query, b"content")[0] == 200
    (request,) = management.deployer.requests
    assert isinstance(request.source, Published)
    assert request.source.target == management.server.site("shop").root / target
    assert not request.clean
    assert management.deployer.packages == [b"content"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "type=exe",
        "type=war",
        "type=static",
        "type=static&path=a/",
        "type=static&path=../a",
        "type=zip&path=a/../../b",
        "type=zip&path=/home",
        "type=zip&path=/home/site&clean=true",
        "type=startup&path=x",
        "type=script",
        "type=script&path=/home/data/x",
        "type=lib&path=..%5Cx",
        "type=static&path=/home/x.txt&clean=true",
    ],
)
def test_what_has_no_place_is_400_as_a_string_before_anything_is_uploaded(
    management: Management, query: str
) -> None:
    status, words = publish(management, query)
    assert (status, type(words)) == (400, str)
    assert management.deployer.requests == []
    assert list(management.server.temporary.iterdir()) == []


def test_a_type_that_is_not_known_is_told_in_kudus_words(management: Management) -> None:
    assert publish(management, "type=exe") == (400, "type='exe' not recognized")


def test_the_rest_of_the_query_is_passed_over(management: Management) -> None:
    query = (
        "type=zip&deployer=GITHUB_ONE_DEPLOY&deploymentTag=1&RemoteBuild=true&ignorestack=true&restart=false"
    )
    assert publish(management, f"{query}&message=hello")[0] == 200
    (request,) = management.deployer.requests
    assert (request.deployer, request.message, request.restart) == ("OneDeploy", "hello", False)


def test_without_waiting_it_is_202_and_asked_for_like_a_zip(management: Management) -> None:
    answer = management.ask("PUT", "/publish?type=zip&Async=true&trackDeploymentProgress=true", content=ZIP)
    assert answer.status_code == 202
    assert "/api/deployments/latest?deployer=OneDeploy&time=" in answer.headers["Location"]
    assert management.context.background.wait(20)
    name = answer.headers["SCM-DEPLOYMENT-ID"]
    assert management.ask("GET", f"/api/deployments/{name}").json()["status"] == 4


def test_reset_empties_the_site_but_for_a_page(management: Management) -> None:
    assert publish(management, "reset=true", b"")[0] == 200
    (request,) = management.deployer.requests
    assert request.clean
    with zipfile.ZipFile(io.BytesIO(management.deployer.packages[0])) as archive:
        assert archive.namelist() == ["hostingstart.html"]
    assert list(management.server.temporary.iterdir()) == []


def test_a_file_of_any_type_is_fetched(management: Management) -> None:
    body = b'{"packageUri":"https://x.example/p.zip"}'
    assert publish(management, "type=zip&path=api", body)[0] == 200
    source = management.deployer.requests[0].source
    assert isinstance(source, Url)
    assert (source.url.reveal(), source.path) == ("https://x.example/p.zip", "api")
    assert publish(management, "type=static&path=x/y.txt", body)[0] == 200
    source = management.deployer.requests[1].source
    assert isinstance(source, Url)
    assert source.published is not None
    assert (source.kind, source.published.type) == ("file", "static")
    assert source.published.target == management.server.site("shop").wwwroot / "x/y.txt"
    assert publish(management, "type=zip&path=/home/data/x", body)[0] == 200
    source = management.deployer.requests[2].source
    assert isinstance(source, Url)
    assert source.published is not None
    assert source.published.target == management.server.site("shop").data / "x"
    assert publish(management, "type=script", body)[0] == 400


def test_through_the_resource_manager_all_stands_in_the_properties(management: Management) -> None:
    site = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop"
    headers = {"x-ms-geo-location": "West Europe", "Referer": f"{site}/extensions/onedeploy?api-version=1"}
    properties = {
        "packageUri": "https://x.example/p.zip",
        "type": "zip",
        "async": True,
        "ignorestack": True,
        "clean": False,
    }
    answer = management.ask("PUT", "/api/publish", headers=headers, json={"properties": properties})
    assert answer.status_code == 202
    assert answer.headers["Location"].startswith(f"{site}/deployments/latest?")
    assert management.context.background.wait(20)
    assert not management.deployer.requests[0].clean
    wrong = management.ask("PUT", "/api/publish", headers=headers, json={"properties": {"type": "exe"}})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["message"] == "type='exe' not recognized"


def test_a_reset_through_the_resource_manager_stands_in_the_properties(management: Management) -> None:
    headers = {"x-ms-geo-location": "West Europe"}
    body = {"properties": {"reset": True}}
    assert management.ask("PUT", "/api/publish", headers=headers, json=body).status_code == 200
    (request,) = management.deployer.requests
    assert request.clean
    with zipfile.ZipFile(io.BytesIO(management.deployer.packages[0])) as archive:
        assert archive.namelist() == ["hostingstart.html"]
    assert list(management.server.temporary.iterdir()) == []


def test_what_has_no_place_leaves_nothing_also_when_it_was_uploaded(management: Management) -> None:
    """Through the resource manager the type may stand in the body, so that is received first."""
    headers = {"x-ms-geo-location": "West Europe"}
    answer = management.ask("PUT", "/api/publish?type=exe", headers=headers, content=ZIP)
    assert answer.status_code == 400
    assert list(management.server.temporary.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{"])
def test_without_a_file_it_is_400(management: Management, content: bytes, tmp_path: Path) -> None:
    assert management.ask("POST", "/publish?type=zip", content=content).status_code == 400
