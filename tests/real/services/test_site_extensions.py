"""Reference 1.12: site extensions, installed from packages, listed, replaced and removed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.management import NOW, Management, assert_no_lock
from tests.packages import nupkg
from webstead.site.extensions.state import Status, holding, write_status
from webstead.site.homes import SiteHome

ARM = {
    "x-ms-geo-location": "West Europe",
    "referer": "https://management.azure.example/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/"
    "shop/siteextensions/hello",
}
FIELDS = [
    *("id", "title", "type", "summary", "description", "version", "extension_url", "project_url", "icon_url"),
    *("license_url", "feed_url", "authors", "installer_command_line_params", "published_date_time"),
    *("download_count", "local_is_latest_version", "local_path", "installed_date_time", "provisioningState"),
    *("comment", "packageUri"),
]


@pytest.fixture
def home(management: Management) -> SiteHome:
    return management.server.site("shop")


def feed(home: SiteHome, *packages: bytes) -> str:
    """A folder of the home with these."""
    folder = home.data / "packages"
    folder.mkdir(parents=True)
    for number, package in enumerate(packages):
        (folder / f"{number}.nupkg").write_bytes(package)
    return "data/packages"


@contextmanager
def served(package: bytes) -> Iterator[str]:
    """The address below which every path is this package."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(package)))
            self.end_headers()
            self.wfile.write(package)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is overridden
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_package_that_is_sent_is_installed_listed_and_removed(
    management: Management, home: SiteHome
) -> None:
    made = management.ask("PUT", "/api/siteextensions/hello", content=nupkg(more="<title>Hello!</title>"))
    assert made.status_code == 200
    item = made.json()
    assert list(item) == FIELDS
    assert item == {
        **dict.fromkeys(FIELDS),
        "id": "hello",
        "title": "Hello!",
        "type": 0,
        "description": "Says hello & goodbye",
        "version": "1.0.0",
        "authors": ["Ada", "Grace"],
        "download_count": 0,
        "local_path": str(home.extensions / "hello"),
        "installed_date_time": "2026-11-26T12:00:00.0000000Z",
        "provisioningState": "Succeeded",
    }
    assert made.headers["x-ms-request-id"]
    assert management.ask("GET", "/api/siteextensions").json() == [item]
    assert management.ask("GET", "/api/siteextensions/HELLO/").json() == item
    assert (home.extensions / "hello" / "index.html").read_text() == "hello 1.0.0"
    assert (home.extensions / "hello" / "hello.1.0.0.nupkg").is_file()
    settings = json.loads((home.extensions / "hello" / "SiteExtensionSettings.json").read_text())
    assert settings["version"] == "1.0.0"
    gone = management.ask("DELETE", "/api/siteextensions/hello")
    assert (gone.status_code, gone.text) == (200, "true")
    assert management.ask("GET", "/api/siteextensions/hello").status_code == 404
    assert management.ask("GET", "/api/siteextensions").json() == []
    assert list(home.extensions.iterdir()) == []
    assert list(management.server.temporary.iterdir()) == []


def test_what_is_not_there_is_404(management: Management) -> None:
    for method, path in (
        ("GET", "siteextensions/x"),
        ("DELETE", "siteextensions/x"),
        ("GET", "extensionfeed/x"),
    ):
        answer = management.ask(method, f"/api/{path}")
        assert answer.status_code == 404
        assert answer.json()["Message"] == "'x' not found."


def test_the_routes_have_the_prefix_alone(management: Management) -> None:
    assert management.ask("GET", "/siteextensions").status_code == 404
    assert management.ask("GET", "/extensionfeed").status_code == 404


def test_a_token_needs_the_scope_of_files_to_install(management: Management) -> None:
    reader = management.token("read")
    assert management.ask("GET", "/api/siteextensions", as_user=reader).status_code == 200
    refused = management.ask("PUT", "/api/siteextensions/hello", as_user=reader, content=nupkg())
    assert refused.status_code == 403


def test_an_older_version_takes_the_place_of_a_newer_one(management: Management, home: SiteHome) -> None:
    for version in ("2.0.0", "1.0.0"):
        package = nupkg(version=version, content={f"only-in-{version}": "x"})
        made = management.ask("PUT", "/api/siteextensions/hello", content=package)
        assert made.json()["version"] == version
    folder = home.extensions / "hello"
    assert not (folder / "only-in-2.0.0").exists()
    assert (folder / "only-in-1.0.0").exists()
    assert [path.name for path in folder.glob("*.nupkg")] == ["hello.1.0.0.nupkg"]


def test_a_version_that_the_package_has_not_fails_loudly(management: Management, home: SiteHome) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    refused = management.ask("PUT", "/api/siteextensions/hello?version=3.0", content=nupkg(version="2.0.0"))
    assert refused.status_code == 400
    body = refused.json()
    assert "hello 2.0.0, and 3.0 was asked for" in body["found"]
    assert (body["id"], body["provisioningState"]) == ("hello", "Failed")
    there = management.ask("GET", "/api/siteextensions/hello").json()
    assert (there["version"], there["provisioningState"]) == ("1.0.0", "Failed")
    assert "3.0 was asked for" in there["comment"]
    assert (home.extensions / "hello" / "index.html").read_text() == "hello 1.0.0"


def test_the_same_package_again_changes_nothing(management: Management, home: SiteHome) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    (home.extensions / "hello" / "of-its-own").write_text("x")
    again = management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    assert again.json()["comment"] == "It was installed already, just so."
    assert (home.extensions / "hello" / "of-its-own").exists()


def test_a_version_that_is_there_is_asked_of_no_feed(management: Management) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    again = management.ask(
        "PUT", "/api/siteextensions/hello", json={"version": "1.0", "feed_url": "data/none"}
    )
    assert (again.status_code, again.json()["version"]) == (200, "1.0.0")
    assert management.ask("PUT", "/api/siteextensions/hello", json={"version": "1.1"}).status_code == 404
    assert management.ask("PUT", "/api/siteextensions/hello", json={"version": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("package", "said"),
    [
        (b"no zip", "is no zip"),
        (nupkg(content={"%2e%2e/%2e%2e/up": "x"}), "leaves the folder"),
        (nupkg(content={"c%3a/up": "x"}), "cannot be unpacked"),
        (nupkg(content={"a.txt%3astream": "x"}), "cannot be unpacked"),
        (nupkg(content={"con.txt": "x"}), "cannot be unpacked"),
        (nupkg(content={"a b": "x", "a%20b": "y"}), "are one file"),
        (nupkg(content={}), "no file in `content`"),
        (nupkg(content={"SiteExtensionSettings.json": "{}"}), "writes itself"),
        (nupkg(nuspec="<package/>"), "no nuspec"),
        (nupkg("other"), "it is other 1.0.0, and hello was asked for"),
    ],
)
def test_a_package_that_is_refused_leaves_what_was_there(
    management: Management, home: SiteHome, package: bytes, said: str
) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg(version="0.9.0"))
    refused = management.ask("PUT", "/api/siteextensions/hello", content=package)
    assert refused.status_code == 400
    assert said in f"{refused.json()['Message']} {refused.json()['found']}"
    there = management.ask("GET", "/api/siteextensions/hello").json()
    assert (there["version"], there["provisioningState"]) == ("0.9.0", "Failed")
    assert (home.extensions / "hello" / "index.html").read_text() == "hello 0.9.0"
    assert [path.name for path in home.extensions.iterdir()] == ["hello"]
    assert list(management.server.temporary.iterdir()) == []


def test_an_installation_that_failed_from_the_start_says_so_and_is_404(management: Management) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=b"no zip")
    missing = management.ask("GET", "/api/siteextensions/hello")
    assert missing.status_code == 404
    assert "is no zip" in missing.json()["found"]
    assert management.ask("GET", "/api/siteextensions").json() == []


def test_ids_that_mean_another_folder_are_refused(management: Management) -> None:
    refused = management.ask("PUT", "/api/siteextensions/..%2F..%2Fup", content=nupkg())
    assert refused.status_code in (400, 404)
    assert management.ask("PUT", "/api/siteextensions/a..b", content=nupkg()).status_code == 400


def test_its_script_runs_with_its_arguments(management: Management, home: SiteHome) -> None:
    script = 'echo "$1|$2" > ran; echo done with "$WEBROOT_PATH"'
    body = nupkg(content={"install.sh": script, "install.cmd": "exit 1"})
    query = "installer_command_line_params=one%20'two%20three'"
    made = management.ask("PUT", f"/api/siteextensions/hello?{query}", content=body)
    assert made.status_code == 200
    assert made.json()["installer_command_line_params"] == "one 'two three'"
    assert made.json()["comment"] is None
    assert (home.extensions / "hello" / "ran").read_text() == "one|two three\n"
    log = home.root / "site" / "siteextensions" / "hello" / "install.log"
    assert log.read_text() == f"done with {home.wwwroot}"


def test_a_script_for_windows_is_not_said_to_have_run(management: Management, home: SiteHome) -> None:
    made = management.ask(
        "PUT", "/api/siteextensions/hello", content=nupkg(content={"Install.cmd": "exit 1"})
    )
    assert made.json()["comment"] == "Install.cmd is for Windows and was not run."
    assert made.json()["provisioningState"] == "Succeeded"


def test_a_script_that_fails_brings_back_the_version_before(management: Management, home: SiteHome) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    failing = nupkg(version="2.0.0", content={"install.sh": "echo no disk like this >&2; exit 3"})
    failed = management.ask("PUT", "/api/siteextensions/hello", content=failing)
    assert failed.status_code == 422
    assert failed.json()["found"] == "exit code 3: no disk like this"
    assert (home.extensions / "hello" / "index.html").read_text() == "hello 1.0.0"
    assert [path.name for path in home.extensions.iterdir()] == ["hello"]


def test_a_script_that_fails_to_take_it_away_keeps_it(management: Management, home: SiteHome) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg(content={"uninstall.sh": "exit 1"}))
    assert management.ask("DELETE", "/api/siteextensions/hello").status_code == 422
    assert management.ask("GET", "/api/siteextensions/hello").json()["version"] == "1.0.0"


def test_a_transform_is_written_where_the_package_has_none(management: Management, home: SiteHome) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    text = (home.extensions / "hello" / "scmApplicationHost.xdt").read_text()
    assert 'path="/hello"' in text
    own = nupkg(version="2.0.0", content={"applicationhost.xdt": "<configuration/>"})
    made = management.ask("PUT", "/api/siteextensions/hello", content=own)
    assert not (home.extensions / "hello" / "scmApplicationHost.xdt").exists()
    assert "is not applied here" in made.json()["comment"]


def test_two_operations_at_once_are_409_with_words(management: Management, home: SiteHome) -> None:
    with holding(home, "install", "other", management.clock):
        refused = management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
        removed = management.ask("DELETE", "/api/siteextensions/hello")
    for answer in (refused, removed):
        assert_no_lock(answer)
        assert "install of other, since 2026-11-26 12:00:00 UTC" in answer.json()["found"]
    assert list(management.server.temporary.iterdir()) == []


def test_a_worker_that_was_lost_is_canceled_and_what_was_before_is_back(
    management: Management, home: SiteHome
) -> None:
    management.ask("PUT", "/api/siteextensions/hello", content=nupkg())
    (home.extensions / "hello").rename(home.extensions / ".hello.previous")
    (home.extensions / "hello").mkdir()
    (home.extensions / "hello" / "half").touch()
    write_status(home, Status("hello", "InProgress", "install", NOW))
    there = management.ask("GET", "/api/siteextensions/hello").json()
    assert (there["version"], there["provisioningState"]) == ("1.0.0", "Canceled")
    assert "ended before it was done" in there["comment"]
    assert sorted(path.name for path in (home.extensions / "hello").iterdir()) == [
        *("SiteExtensionSettings.json", "hello.1.0.0.nupkg", "index.html", "scmApplicationHost.xdt")
    ]


def test_a_first_installation_that_was_lost_is_gone(management: Management, home: SiteHome) -> None:
    (home.extensions / ".hello.previous").mkdir()
    (home.extensions / "hello").mkdir()
    (home.extensions / "hello" / "hello.1.0.0.nupkg").write_bytes(nupkg())
    write_status(home, Status("hello", "InProgress", "install", NOW))
    assert management.ask("GET", "/api/siteextensions").json() == []
    answer = management.ask("GET", "/api/siteextensions/hello", headers=ARM)
    assert answer.json()["properties"]["provisioningState"] == "Canceled"
    assert list(home.extensions.iterdir()) == []


def test_a_feed_is_a_folder_of_the_home(management: Management, home: SiteHome) -> None:
    older, newer, beta = nupkg(), nupkg(version="1.10.0"), nupkg(version="2.0.0-beta")
    place = feed(home, older, newer, beta, nupkg("World"), b"no package")
    found = management.ask("GET", f"/api/extensionfeed?feedUrl={place}").json()
    assert [(each["id"], each["version"]) for each in found] == [("hello", "1.10.0"), ("World", "1.0.0")]
    assert list(found[0]) == FIELDS
    assert (found[0]["local_is_latest_version"], found[0]["feed_url"]) == (None, place)
    every = management.ask(
        "GET", f"/api/extensionfeed?feedurl=%25HOME%25/{place}&ALLOWprereleaseVersions=true"
    )
    assert every.json()[0]["version"] == "2.0.0-beta"
    named = management.ask("GET", f"/api/extensionfeed?filter=WORLD&feedUrl={home.root}/{place}").json()
    assert [each["id"] for each in named] == ["World"]
    one = management.ask("GET", f"/api/extensionfeed/hello?version=1.0&feedUrl={place}").json()
    assert one["version"] == "1.0.0"
    missing = management.ask("GET", f"/api/extensionfeed/hello?version=9&feedUrl={place}")
    assert missing.status_code == 404
    assert "2.0.0-beta, 1.10.0, 1.0.0" in missing.json()["found"]


def test_packages_of_the_feed_are_installed_by_their_id(management: Management, home: SiteHome) -> None:
    place = feed(home, nupkg(), nupkg(version="1.10.0"), nupkg(version="2.0.0-beta"))
    management.ask("POST", "/api/settings", json={"SCM_SITEEXTENSIONS_FEED_URL": place})
    latest = management.ask("PUT", "/api/siteextensions/hello").json()
    assert (latest["version"], latest["feed_url"], latest["local_is_latest_version"]) == (
        "1.10.0",
        place,
        True,
    )
    pinned = management.ask("PUT", "/api/siteextensions/hello", json={"version": "1.0"}).json()
    assert (pinned["version"], pinned["local_is_latest_version"]) == ("1.0.0", False)
    listed = management.ask("GET", "/api/siteextensions?checkLatest=false").json()
    assert listed[0]["local_is_latest_version"] is None
    missing = management.ask("PUT", "/api/siteextensions/other", json={})
    assert missing.status_code == 404
    assert missing.json()["Message"] == "'other' not found."


@pytest.mark.parametrize("place", ["../..", "/etc", "file:///etc", "data/missing", "%HOME%/../.."])
def test_a_feed_elsewhere_on_the_machine_is_refused(management: Management, place: str) -> None:
    refused = management.ask("GET", f"/api/extensionfeed?feedUrl={place.replace('%', '%25')}")
    assert refused.status_code == 400
    assert "site's home" in refused.json()["Message"]


def test_a_link_out_of_the_home_is_no_feed(management: Management, home: SiteHome, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "hello.nupkg").write_bytes(nupkg())
    (home.data / "link").symlink_to(outside)
    assert management.ask("GET", "/api/extensionfeed?feedUrl=data/link").status_code == 400


@pytest.mark.parametrize("query", ["", "?feedUrl=https://www.nuget.org/api/v2/"])
def test_without_a_feed_the_list_is_empty_and_says_why(management: Management, query: str) -> None:
    answer = management.ask("GET", f"/api/extensionfeed{query}")
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["Warning"].startswith('199 - "')


@pytest.mark.parametrize("number", ["351", "352", "364"])
def test_the_old_ids_of_pythons_lead_to_the_new_ones(
    management: Management, home: SiteHome, number: str
) -> None:
    new = f"azureappservice-python{number}x64"
    place = feed(home, nupkg(new))
    made = management.ask("PUT", f"/api/siteextensions/python{number}x64", json={"feed_url": place})
    assert made.json()["id"] == new
    assert management.ask("GET", f"/api/siteextensions/python{number}x64").json()["id"] == new
    assert management.ask("DELETE", f"/api/siteextensions/python{number}x64").status_code == 200


def test_a_package_of_the_old_id_is_installed_by_it(management: Management) -> None:
    made = management.ask("PUT", "/api/siteextensions/python352x64", content=nupkg("python352x64"))
    assert made.json()["id"] == "python352x64"


def test_an_extension_of_wwwroot_lies_there_and_takes_its_own_away(
    management: Management, home: SiteHome
) -> None:
    refused = management.ask("PUT", "/api/siteextensions/hello?type=WebRoot", content=nupkg())
    assert refused.status_code == 400
    release = home.releases / "r1"
    release.mkdir()
    (release / "app.py").touch()
    home.wwwroot.symlink_to(release)
    one = nupkg(content={"tools/a.txt": "a", "tools/b.txt": "b", "c.txt": "c"})
    made = management.ask("PUT", "/api/siteextensions/hello?type=1", content=one)
    assert made.status_code == 200, made.text
    assert made.json()["type"] == 1
    assert (home.wwwroot / "tools" / "a.txt").read_text() == "a"
    assert not (home.extensions / "hello" / "tools").exists()
    (home.wwwroot / "c.txt").write_text("of a person")
    two = nupkg(version="2.0.0", content={"tools/b.txt": "b"})
    management.ask("PUT", "/api/siteextensions/hello?type=WebRoot", content=two)
    assert not (home.wwwroot / "tools" / "a.txt").exists()
    assert (home.wwwroot / "tools" / "b.txt").exists()
    management.ask("DELETE", "/api/siteextensions/hello")
    assert sorted(path.name for path in home.wwwroot.iterdir()) == ["app.py", "c.txt"]


def test_the_resource_manager_gets_the_end_when_it_comes_soon(management: Management) -> None:
    made = management.ask("PUT", "/api/siteextensions/hello", headers=ARM, content=nupkg())
    assert made.status_code == 200
    wrapped = made.json()
    assert wrapped["name"] == "hello"
    assert wrapped["type"] == "Microsoft.Web/sites/siteextensions"
    assert wrapped["location"] == "West Europe"
    assert wrapped["properties"]["provisioningState"] == "Succeeded"
    assert (
        "X-MS-SITE-OPERATION" not in management.ask("GET", "/api/siteextensions/hello", headers=ARM).headers
    )
    listed = management.ask("GET", "/api/siteextensions", headers=ARM).json()
    assert [each["properties"]["id"] for each in listed["value"]] == ["hello"]
    assert management.ask("DELETE", "/api/siteextensions/hello", headers=ARM).status_code == 204
    missing = management.ask("GET", "/api/siteextensions/hello", headers=ARM)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NotFound")


def test_the_resource_manager_is_asked_to_restart_once(management: Management) -> None:
    package = nupkg(content={"applicationHost.xdt": "<configuration/>"})
    made = management.ask("PUT", "/api/siteextensions/hello", headers=ARM, content=package)
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Created")
    assert "X-MS-SITE-OPERATION" not in management.ask("GET", "/api/siteextensions/hello").headers
    first = management.ask("GET", "/api/siteextensions/hello", headers=ARM)
    assert (first.status_code, first.headers["X-MS-SITE-OPERATION"]) == (200, "restart")
    assert first.json()["properties"]["provisioningState"] == "Succeeded"
    again = management.ask("GET", "/api/siteextensions/hello", headers=ARM)
    assert "X-MS-SITE-OPERATION" not in again.headers


def test_a_long_installation_is_polled(
    management: Management, home: SiteHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webstead.services.scm.site_extensions.GRACE_SECONDS", 0.05)
    place = feed(home, nupkg(content={"install.sh": "until [ -e ../../data/go ]; do sleep 0.02; done"}))
    body = {"properties": {"feed_url": place}}
    made = management.ask("PUT", "/api/siteextensions/hello", headers=ARM, json=body)
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Created")
    running = management.ask("GET", "/api/siteextensions/hello", headers=ARM)
    assert (running.status_code, running.json()["properties"]["provisioningState"]) == (201, "InProgress")
    assert management.ask("DELETE", "/api/siteextensions/hello", headers=ARM).status_code == 409
    (home.data / "go").touch()
    assert management.context.background.wait(30)
    ended = management.ask("GET", "/api/siteextensions/hello", headers=ARM)
    assert (ended.status_code, ended.json()["properties"]["provisioningState"]) == (200, "Succeeded")


def test_a_failure_is_told_to_the_resource_manager(management: Management) -> None:
    failed = management.ask("PUT", "/api/siteextensions/hello", headers=ARM, content=b"no zip")
    assert (failed.status_code, failed.json()["error"]["code"]) == (400, "BadRequest")
    polled = management.ask("GET", "/api/siteextensions/hello", headers=ARM).json()["properties"]
    assert polled["provisioningState"] == "Failed"
    assert "is no zip" in polled["comment"]


def test_a_package_is_fetched_from_its_address(management: Management, home: SiteHome) -> None:
    refused = management.ask("PUT", "/api/siteextensions/hello", json={"packageUri": "file:///etc/passwd"})
    assert refused.status_code == 400
    with served(nupkg()) as address:
        body = {"packageUri": f"{address}/hello.nupkg?sig=s3cret", "type": "Gallery"}
        made = management.ask("PUT", "/api/siteextensions/hello", json=body)
    assert made.json()["packageUri"] == f"{address}/hello.nupkg"
    assert "s3cret" not in (home.extensions / "hello" / "SiteExtensionSettings.json").read_text()
    gone = management.ask("PUT", "/api/siteextensions/hello", json={"packageUri": f"{address}/2.nupkg"})
    assert gone.status_code == 422
    assert management.ask("GET", "/api/siteextensions/hello").json()["version"] == "1.0.0"
    assert list(management.server.temporary.iterdir()) == []


def test_jobs_of_a_package_are_jobs_of_the_site(management: Management, home: SiteHome) -> None:
    jobs = {"App_Data/jobs/triggered/greet/run.py": "print('hello of a job')"}
    package = nupkg("Hello.World", content={**jobs, "App_Data/jobs/continuous/wait/run.sh": "sleep 9"})
    management.ask("PUT", "/api/siteextensions/Hello.World", content=package)
    listed = management.ask("GET", "/api/webjobs").json()
    assert [(each["type"], each["name"]) for each in listed] == [
        *(("triggered", "Hello.World(greet)"), ("continuous", "Hello.World(wait)"))
    ]
    path = "/api/triggeredwebjobs/Hello.World(greet)"
    assert management.ask("POST", f"{path}/run").status_code == 202
    assert management.context.background.wait(30)
    run = management.ask("GET", path).json()["latest_run"]
    assert run["status"] == "Success"
    assert "hello of a job" in management.ask("GET", run["output_url"]).text
    refused = management.ask("DELETE", path)
    assert refused.status_code == 409
    assert "belongs to the extension Hello.World" in refused.text
    management.ask("DELETE", "/api/siteextensions/hello.world")
    assert management.ask("GET", "/api/webjobs").json() == []


@pytest.mark.parametrize("name", ["..(greet)", "a/b(greet)", "hello(..)", "hello(a/b)", "hello()", "con(x)"])
def test_a_job_of_an_extension_leads_nowhere_else(management: Management, home: SiteHome, name: str) -> None:
    (home.root / "App_Data" / "jobs" / "triggered" / "greet").mkdir(parents=True)
    (home.root / "App_Data" / "jobs" / "triggered" / "greet" / "run.py").touch()
    assert management.ask("GET", f"/api/triggeredwebjobs/{name.replace('/', '%2F')}").status_code == 404
