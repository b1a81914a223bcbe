"""Reference 1.4: a zip becomes the site."""

from __future__ import annotations

import asyncio
import errno
import re
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.management import NOW, Management, assert_no_lock
from webstead.errors import BuildError, HostError, StartError, UsageError, WebsteadError
from webstead.services.uploads import BLOCK, SPARE
from webstead.site.deploy.model import Url, Zip
from webstead.site.releases.manifest import write_manifest
from webstead.site.releases.note import ReleaseNote, write_note
from webstead.site.releases.pointer import switch
from webstead.site.releases.unpack import unpack
from webstead.site.store.settings import write_settings

ZIP = b"PK\x05\x06" + b"\0" * 18


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("kind", ["application/zip", "application/octet-stream", "application/json", ""])
def test_a_deployment_that_is_waited_for_is_200_and_empty(
    management: Management, method: str, kind: str
) -> None:
    answer = management.ask(method, "/api/zipdeploy", content=ZIP, headers={"Content-Type": kind})
    assert (answer.status_code, answer.content) == (200, b"")
    assert management.deployer.packages == [ZIP]
    (request,) = management.deployer.requests
    assert (request.deployer, request.message) == ("ZipDeploy", "Created via a push deployment")
    assert (request.clean, request.build) == (False, None)
    assert re.fullmatch(r"[0-9a-f]{32}", request.id)
    assert "SCM-DEPLOYMENT-ID" not in answer.headers


def test_the_query_says_who_and_how_whatever_its_case(management: Management) -> None:
    query = "Author=Ada&authoremail=a%40b.c&Deployer=GITHUB_ZIP_DEPLOY&MESSAGE=%7B%7D&Clean=true&build=false"
    management.ask("POST", f"/zipdeploy?{query}", content=ZIP)
    (request,) = management.deployer.requests
    assert (request.author, request.author_email) == ("Ada", "a@b.c")
    assert (request.deployer, request.message) == ("GITHUB_ZIP_DEPLOY", "{}")
    assert (request.clean, request.build) == (True, False)


def test_one_that_is_not_waited_for_is_202_with_a_place_to_ask(management: Management) -> None:
    management.deployer.gate.clear()
    answer = management.ask("POST", "/api/zipdeploy?isAsync=true&Deployer=az cli", content=ZIP)
    assert (answer.status_code, answer.content) == (202, b"")
    location = answer.headers["Location"]
    assert location == (
        "http://shop.scm.localhost/api/deployments/latest?deployer=az%20cli&time=2026-11-26_12-00-00Z"
    )
    assert answer.headers["Retry-After"] == "30"
    waits = management.ask("GET", location)
    assert (waits.status_code, waits.json()["status"], waits.json()["complete"]) == (202, 0, False)
    assert re.fullmatch(r"[0-9a-f]{32}", waits.json()["id"])
    management.deployer.gate.set()
    assert management.context.background.wait(20)
    done = management.ask("GET", location)
    assert (done.status_code, done.json()["status"]) == (200, 4)


@pytest.mark.parametrize("query", ["isAsync=true&", ""])
def test_a_tracked_one_tells_its_id(management: Management, query: str) -> None:
    answer = management.ask("POST", f"/api/zipdeploy?{query}trackDeploymentProgress=true", content=ZIP)
    assert management.context.background.wait(20)
    name = answer.headers["SCM-DEPLOYMENT-ID"]
    assert management.ask("GET", f"/api/deployments/{name}").json()["status"] == 4


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("The zip has an entry that leaves its folder."), 400),
        (BuildError("pip failed", found="no matching distribution"), 422),
        (StartError("The app does not start."), 422),
        (HostError("The disk is full."), 500),
    ],
)
def test_a_failure_is_no_success_and_says_why(
    management: Management, error: WebsteadError, status: int
) -> None:
    management.deployer.error = error
    answer = management.ask("POST", "/api/zipdeploy", content=ZIP)
    assert answer.status_code == status
    body = answer.json()
    assert body["Message"] == error.what
    assert (body["found"], body["ExceptionType"]) == (error.found, error.kind)
    told = management.ask("GET", f"/api/deployments/{body['deployment']}").json()
    assert (told["status"], told["status_text"]) == (3, error.what)
    assert management.ask("GET", body["log_url"]).status_code == 200


def test_while_the_lock_is_held_it_is_409_before_anything_is_uploaded(management: Management) -> None:
    with management.deployer.hold("shop", "A deployment", "octocat"):
        answer = management.ask("POST", "/api/zipdeploy", content=ZIP)
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("There is a deployment currently in progress.")
    assert "A deployment, by octocat, for 0 s" in answer.text
    assert list(management.server.temporary.iterdir()) == []


def test_a_site_that_runs_from_a_package_elsewhere_is_409(management: Management) -> None:
    write_settings(management.store, "shop", "app", {"WEBSITE_RUN_FROM_PACKAGE": "https://x.example/p.zip"})
    answer = management.ask("POST", "/api/zipdeploy", content=ZIP)
    assert_no_lock(answer)
    assert "WEBSITE_RUN_FROM_PACKAGE" in answer.json()["Message"]
    checked = management.ask("POST", "/api/zipdeploy/validate")
    assert checked.status_code == 400
    assert "WEBSITE_RUN_FROM_PACKAGE" in checked.json()["result"]


def test_a_package_is_fetched_from_its_address(management: Management) -> None:
    body = {"packageUri": "https://x.example/p.zip?sig=1", "targetPath": "api"}
    assert management.ask("POST", "/zipdeploy", json=body).status_code == 200
    (request,) = management.deployer.requests
    assert isinstance(request.source, Url)
    assert (request.source.url.reveal(), request.source.path) == (body["packageUri"], "api")
    assert "sig=1" not in repr(request)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"packageUri":"ftp://x"}',
        b'{"packageUri":1}',
        b"{}",
        b'{"packageUri":"http://[x"}',
        b" {",
    ],
)
def test_what_is_no_package_is_400(management: Management, content: bytes) -> None:
    assert management.ask("POST", "/api/zipdeploy", content=content).status_code == 400
    assert list(management.server.temporary.iterdir()) == []


def test_through_the_resource_manager_the_place_to_ask_is_there(management: Management) -> None:
    site = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop"
    headers = {"x-ms-geo-location": "West Europe", "Referer": f"{site}/extensions/zipdeploy?api-version=1"}
    body = {"properties": {"packageUri": "https://x.example/p.zip"}}
    answer = management.ask("PUT", "/zipdeploy?isAsync=true", headers=headers, json=body)
    assert answer.status_code == 202
    assert answer.headers["Location"].startswith(f"{site}/deployments/latest?deployer=ZipDeploy&time=")
    assert management.context.background.wait(20)


def test_an_upload_that_is_cut_off_leaves_nothing(management: Management) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield ZIP * 10
        raise ConnectionError

    async def push() -> None:
        transport = httpx.ASGITransport(management.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.scm.localhost") as client:
            await client.post("/api/zipdeploy", content=cut(), headers=management.publisher())

    with pytest.raises(ConnectionError):
        asyncio.run(push())
    assert list(management.server.temporary.iterdir()) == []
    assert management.ask("GET", "/deployments").json() == []


def test_a_large_upload_arrives_whole(management: Management) -> None:
    package = ZIP + bytes(range(256)) * (3 * BLOCK // 256) + b"end"
    assert management.ask("POST", "/zipdeploy", content=package).status_code == 200
    assert management.deployer.packages == [package]


def test_an_upload_that_the_disk_has_no_room_for_is_507(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearly_full(folder: Path) -> object:
        return type("Usage", (), {"free": SPARE + 5})

    monkeypatch.setattr("webstead.services.uploads.shutil.disk_usage", nearly_full)
    answer = management.ask("POST", "/zipdeploy", content=ZIP)
    assert answer.status_code == 507
    assert "free" in answer.json()["found"]
    assert list(management.server.temporary.iterdir()) == []


def test_a_disk_that_somebody_else_fills_during_an_upload_is_507_with_sizes(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("webstead.services.uploads._write", write)
    answer = management.ask("POST", "/zipdeploy", content=ZIP)
    assert answer.status_code == 507
    assert re.search(r"\d MB are free .*No space left", answer.json()["found"])
    assert list(management.server.temporary.iterdir()) == []


def test_validate_says_whether_one_could_be_taken(management: Management) -> None:
    good = management.ask("POST", "/api/zipdeploy/validate?zipLanguage=python&zipIs64Bit=true")
    assert good.status_code == 200
    assert set(good.json()) == {"result"}
    bad = management.ask("POST", "/api/zipdeploy/validate", json={"packageUri": "x"})
    assert bad.status_code == 400
    assert "packageUri" in bad.json()["result"]
    with management.deployer.hold("shop", "A deployment", "x"):
        held = management.ask("POST", "/zipdeploy/validate")
    assert held.status_code == 400
    assert "in progress" in held.json()["result"]


def test_the_source_is_a_file_of_the_servers_own_folder(management: Management) -> None:
    management.ask("POST", "/zipdeploy", content=ZIP)
    (request,) = management.deployer.requests
    assert isinstance(request.source, Zip)
    assert request.source.file.parent == management.server.temporary
    assert management.clock.now() == NOW


def test_a_tracked_one_is_found_by_its_id_from_the_beginning(management: Management) -> None:
    management.deployer.gate.clear()
    query = "isAsync=true&trackDeploymentProgress=true"
    answer = management.ask("POST", f"/api/zipdeploy?{query}", content=ZIP)
    path = f"/api/deployments/{answer.headers['SCM-DEPLOYMENT-ID']}"
    assert not management.ask("GET", path).json()["complete"]
    management.deployer.gate.set()
    assert management.context.background.wait(20)
    assert management.ask("GET", path).json()["status"] == 4


def test_a_folder_that_was_packed_for_the_way_is_told_as_one(management: Management) -> None:
    assert management.ask("POST", "/api/zipdeploy?folder=true", content=b"PK").status_code == 200
    assert management.ask("POST", "/api/zipdeploy", content=b"PK").status_code == 200
    sources = [request.source for request in management.deployer.requests]
    assert [isinstance(source, Zip) and source.folder for source in sources] == [True, False]


def test_a_zip_that_leaves_out_what_the_site_has_names_where_it_is(management: Management) -> None:
    """Webstead's own."""
    home = management.server.site("shop")
    made = home.folder_of("1" * 32)
    made.mkdir(parents=True)
    write_note(home, made.name, ReleaseNote())
    management.ask("POST", f"/api/zipdeploy?folder=true&base={made.name}", content=ZIP)
    (request,) = management.deployer.requests
    assert isinstance(request.source, Zip)
    assert request.source.base == made.name
    answer = management.ask("POST", "/api/zipdeploy?base=gone", content=ZIP)
    assert_no_lock(answer)
    assert "leaves out" in answer.json()["Message"]
    assert len(management.deployer.requests) == 1


def test_what_need_not_be_sent_again(management: Management, tmp_path: Path) -> None:
    """Webstead's own: the files that are as they were brought."""
    home = management.server.site("shop")
    assert management.ask("GET", "/api/releases/current/files").status_code == 404
    made = home.folder_of("1" * 32)
    made.mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("app.py", "edited.py"):
            archive.writestr(name, "print(1)")
    write_manifest(home.deployments / made.name, unpack(tmp_path / "a.zip", made).manifest)
    write_note(home, made.name, ReleaseNote())
    switch(home, made.name)
    (made / "edited.py").write_text("print(22)")
    answer = management.ask("GET", "/api/releases/current/files")
    file = {"path": "app.py", "size": 8, "crc32": zlib.crc32(b"print(1)"), "executable": False}
    assert answer.json() == {"release": made.name, "files": [file]}
    assert management.ask("GET", f"/api/releases/{made.name}/files").json() == answer.json()
    write_settings(management.store, "shop", "app", {"WEBSITE_RUN_FROM_PACKAGE": "1"})
    assert management.ask("GET", "/api/releases/current/files").json()["files"] == []
