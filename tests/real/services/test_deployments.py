"""Reference 1.6: the deployments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.management import NOW, Management, assert_no_lock
from webstead.effects import FakeClock
from webstead.errors import BuildError, HostError, StartError, UsageError, WebsteadError
from webstead.site.deploy.lock import Cancelled
from webstead.site.deploy.model import Request, Zip
from webstead.site.store.deployment_log import add_entry
from webstead.site.store.deployments import save_deployment
from webstead.site.store.model import Deployment, EntryType, Status

RECORD = {"status": 4, "message": "{}", "deployer": "GitHub", "author": "octocat"}


def deployed(management: Management, name: str) -> Deployment:
    package = management.server.temporary / name
    package.write_bytes(b"zip")
    request = Request("shop", Zip(package), id=name * 32, deployer="ZipDeploy", message=name)
    return management.deployer.deploy(request)


def waiting(management: Management, name: str = "temp-00000001", minutes: int = 0) -> None:
    received = NOW + timedelta(minutes=minutes)
    save_deployment(
        management.store, Deployment("shop", name, Status.BUILDING, "zip", received, temporary=True)
    )


def test_every_field_is_always_there(management: Management) -> None:
    waiting(management)
    (item,) = management.ask("GET", "/api/deployments").json()
    assert item == {
        "id": "temp-00000001",
        "status": 1,
        "status_text": "",
        "author_email": "",
        "author": "",
        "deployer": "",
        "message": "",
        "progress": "",
        "received_time": "2026-11-26T12:00:00.0000000Z",
        "start_time": None,
        "end_time": None,
        "last_success_end_time": None,
        "complete": False,
        "active": False,
        "is_temp": True,
        "is_readonly": False,
        "url": "http://shop.scm.localhost/api/deployments/temp-00000001",
        "log_url": "http://shop.scm.localhost/api/deployments/temp-00000001/log",
        "site_name": "shop",
        "provisioningState": "InProgress",
        "release": "",
    }


def test_the_list_is_newest_first_and_one_is_active(management: Management) -> None:
    for name, minutes in (("a", 1), ("b", 3), ("c", 2)):
        done = deployed(management, name)
        save_deployment(management.store, replace(done, received=NOW + timedelta(minutes=minutes)))
    for path in ("/api/deployments", "/deployments/", "/api/deployments?warmup=true"):
        items = management.ask("GET", path).json()
        assert [(item["id"][0], item["active"]) for item in items] == [
            ("b", False),
            ("c", True),
            ("a", False),
        ]
        assert {item["provisioningState"] for item in items} == {"Succeeded"}


def test_a_list_that_has_not_changed_is_304(management: Management) -> None:
    deployed(management, "a")
    first = management.ask("GET", "/deployments")
    tag = first.headers["ETag"]
    same = management.ask("GET", "/deployments", headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    deployed(management, "b")
    assert management.ask("GET", "/deployments", headers={"If-None-Match": tag}).status_code == 200
    other = management.ask(
        "GET", "/deployments?warmup=true", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200


def test_one_is_found_by_its_id_and_others_are_404(management: Management) -> None:
    deployed(management, "a")
    assert management.ask("GET", f"/api/deployments/{'a' * 32}").json()["status"] == 4
    missing = management.ask("GET", "/api/deployments/none")
    assert missing.status_code == 404
    assert missing.json()["Message"] == "Deployment 'none' not found."


def test_latest_is_202_until_it_has_ended(management: Management) -> None:
    assert management.ask("GET", "/deployments/latest").status_code == 404
    deployed(management, "a")
    done = management.ask("GET", "/deployments/latest")
    assert (done.status_code, done.json()["id"]) == (200, "a" * 32)
    waiting(management)
    waits = management.ask("GET", "/deployments/latest?deployer=x&time=y")
    assert waits.status_code == 202
    assert waits.json()["id"] == "temp-00000001"
    assert waits.headers["Location"] == "http://shop.scm.localhost/deployments/latest?deployer=x&time=y"
    assert int(waits.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("agent", "status"),
    [("azure-resource-manager/2.0", 202), ("VSTS_abc", 202), ("curl/8", 200)],
)
def test_latest_is_202_for_careful_clients_while_the_lock_is_held(
    management: Management, agent: str, status: int
) -> None:
    deployed(management, "a")
    with management.deployer.hold("shop", "A deployment", "x"):
        answer = management.ask("GET", "/deployments/latest", headers={"User-Agent": agent})
    assert answer.status_code == status


def test_the_log_of_one_and_of_latest_and_what_stands_below(management: Management) -> None:
    management.deployer.error = BuildError("pip failed")
    with pytest.raises(BuildError):
        deployed(management, "a")
    for name in ("a" * 32, "latest"):
        (entry,) = management.ask("GET", f"/deployments/{name}/log").json()
        assert entry["type"] == 2
        assert entry["log_time"] == "2026-11-26T12:00:00.0000000Z"
        assert (
            entry["details_url"] == f"http://shop.scm.localhost/api/deployments/{'a' * 32}/log/{entry['id']}"
        )
        (below,) = management.ask("GET", f"/deployments/{name}/log/{entry['id']}").json()
        assert (below["id"], below["message"], below["details_url"]) == ("", "pip failed", None)
    item = management.ask("GET", "/deployments/latest").json()
    assert (item["status"], item["status_text"], item["provisioningState"]) == (3, "pip failed", "Failed")
    assert management.ask("GET", item["log_url"]).status_code == 200


def test_the_log_of_latest_is_that_of_a_deployment_also_when_a_record_came_after_it(
    management: Management,
) -> None:
    """As after each deployment of GitHub's action."""
    management.deployer.error = BuildError("pip failed")
    with pytest.raises(BuildError):
        deployed(management, "a")
    assert management.ask("PUT", "/api/deployments/5f1234", json={**RECORD, "status": 3}).status_code == 200
    assert management.ask("GET", "/deployments/latest").json()["id"] == "5f1234"
    (entry,) = management.ask("GET", "/deployments/latest/log").json()
    (below,) = management.ask("GET", f"/deployments/latest/log/{entry['id']}").json()
    assert below["message"] == "pip failed"


def test_without_a_log_it_is_404(management: Management) -> None:
    for path in ("/deployments/none/log", "/deployments/latest/log", "/deployments/none/log/x"):
        assert management.ask("GET", path).status_code == 404


def test_a_record_is_made_by_put_and_its_url_names_it(management: Management) -> None:
    deployed(management, "a")
    body = {**RECORD, "id": "other", "details": "All jobs passed.", "author_email": None}
    answer = management.ask("PUT", "/api/deployments/5f1234", json=body)
    assert answer.status_code == 200
    item = answer.json()
    assert item["id"] == "5f1234"
    assert item["url"].endswith("/api/deployments/5f1234")
    assert (item["is_readonly"], item["complete"], item["active"], item["status"]) == (True, True, True, 4)
    (entry,) = management.ask("GET", "/deployments/5f1234/log").json()
    assert entry["message"] == "All jobs passed."
    again = management.ask("PUT", "/api/deployments/5f1234", json=body)
    assert_no_lock(again)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": 3}, 200),
        ({"status": 3, "active": True}, 400),
        ({"status": 1}, 400),
        ({"status": "x"}, 400),
        ({"start_time": "2026-11-26T10:00:00.1234567Z", "end_time": "2026-11-26T10:05:00"}, 200),
    ],
)
def test_what_a_record_may_say(management: Management, changes: dict[str, object], status: int) -> None:
    answer = management.ask("PUT", "/api/deployments/1", json={**RECORD, **changes})
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["active"] is False  # nothing serves yet


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59.9999999Z", "2026-11-26T14:00:00", "2026-11-26T12:00:01Z"]
)
def test_a_record_of_a_time_to_come_is_one_of_now(tmp_path: Path, time: str) -> None:
    """As of a client that sends its local time without a zone."""
    clock = FakeClock(NOW)
    management = Management(tmp_path, clock=clock)
    deployed(management, "a")
    answer = management.ask(
        "PUT", "/api/deployments/1", json={**RECORD, "start_time": time, "end_time": time}
    )
    now = "2026-11-26T12:00:00.0000000Z"
    assert answer.status_code == 200
    item = answer.json()
    assert {item[f"{name}_time"] for name in ("received", "start", "end", "last_success_end")} == {now}
    clock.advance(1)
    done = deployed(management, "b")
    newest = management.ask("GET", "/api/deployments").json()[0]
    assert (newest["id"], newest["active"]) == (done.id, True)


def test_a_record_of_a_time_before_all_times_is_told_as_one(management: Management) -> None:
    """In UTC it would be in the year 0."""
    body = {**RECORD, "start_time": "0001-01-01T00:00:00+05:00"}
    assert management.ask("PUT", "/api/deployments/1", json=body).status_code == 200
    (item,) = management.ask("GET", "/api/deployments").json()
    assert item["start_time"] == "1970-01-01T00:00:00.0000000Z"


def test_a_put_deploys_once_more(management: Management) -> None:
    deployed(management, "a")
    deployed(management, "b")
    answer = management.ask(
        "PUT", f"/api/deployments/{'a' * 32}", json={"clean": True, "needFileUpdate": False}
    )
    assert answer.status_code == 200
    request = management.deployer.requests[-1]
    assert (request.id, request.clean) == ("a" * 32, True)
    items = management.ask("GET", "/deployments").json()
    assert [item["id"][0] for item in items if item["active"]] == ["a"]


FAILURES = [
    (partial(UsageError, "The zip has an entry that leaves its folder."), 400),
    (partial(BuildError, "pip failed", found="no matching distribution"), 422),
    (partial(StartError, "The app does not start."), 422),
    (partial(HostError, "The disk is full."), 500),
]
"""Made in each test: one that was raised keeps all that its frames held."""


@pytest.mark.parametrize(("failure", "status"), FAILURES)
def test_one_that_fails_once_more_is_told_as_when_it_was_sent(
    management: Management, failure: Callable[[], WebsteadError], status: int
) -> None:
    done, error = deployed(management, "a"), failure()
    management.deployer.error = error
    answer = management.ask("PUT", f"/api/deployments/{done.id}")
    assert answer.status_code == status
    body = answer.json()
    assert (body["Message"], body["found"], body["ExceptionType"]) == (error.what, error.found, error.kind)
    assert body["deployment"] == done.id
    assert management.ask("GET", body["log_url"]).status_code == 200


@pytest.mark.parametrize(("failure", "status"), FAILURES)
@pytest.mark.parametrize("path", ["rollback", "{first}/activate"])
def test_a_release_that_cannot_be_served_again_is_told_as_a_deployment(
    management: Management, failure: Callable[[], WebsteadError], status: int, path: str
) -> None:
    first, second, error = deployed(management, "a"), deployed(management, "b"), failure()
    management.deployer.error = error
    answer = management.ask("POST", f"/api/releases/{path.format(first=first.release)}")
    assert answer.status_code == status
    body = answer.json()
    assert (body["Message"], body["found"], body["ExceptionType"]) == (error.what, error.found, error.kind)
    assert "log_url" not in body
    assert management.server.site("shop").release == second.release


def test_one_that_is_cancelled_while_it_is_waited_for_is_told_so(management: Management) -> None:
    done = deployed(management, "a")
    management.deployer.error = Cancelled("ann")
    answer = management.ask("PUT", f"/api/deployments/{done.id}")
    assert_no_lock(answer)
    assert answer.json()["Message"] == "Cancelled by ann."


def test_a_put_without_an_id_deploys_the_active_one(management: Management) -> None:
    assert management.ask("PUT", "/deployments").status_code == 404
    deployed(management, "a")
    assert management.ask("PUT", "/deployments").status_code == 200
    assert management.deployer.requests[-1].id == "a" * 32


def test_what_cannot_be_deployed_once_more_is_404(management: Management) -> None:
    assert management.ask("PUT", "/deployments/none").status_code == 404
    management.ask("PUT", "/deployments/1", json=RECORD)
    assert management.ask("PUT", "/deployments/1").status_code == 404


def test_one_is_deleted_but_not_the_active_one_nor_while_the_lock_is_held(management: Management) -> None:
    deployed(management, "a")
    deployed(management, "b")
    path = f"/api/deployments/{'a' * 32}"
    with management.deployer.hold("shop", "A deployment", "x"):
        busy = management.ask("DELETE", path)
    assert busy.status_code == 409
    assert busy.headers["content-type"].startswith("text/plain")
    assert management.ask("DELETE", path).status_code == 204
    assert management.ask("DELETE", path).status_code == 404
    assert_no_lock(management.ask("DELETE", f"/deployments/{'b' * 32}"))


def test_one_that_runs_is_cancelled(management: Management) -> None:
    waiting(management)
    nobody = management.ask("POST", "/api/deployments/latest/cancel")
    assert_no_lock(nobody)
    assert nobody.json()["found"] == "nobody holds the lock"
    with management.deployer.hold("shop", "A deployment", "ann", deployment="b" * 32):
        another = management.ask("POST", "/api/deployments/latest/cancel")
        assert_no_lock(another)
        assert another.json()["found"] == "A deployment bbbbbbbbbb, by ann, holds the lock"
    with management.deployer.hold("shop", "A deployment", "x", deployment="temp-00000001"):
        assert management.ask("POST", "/api/deployments/latest/cancel").status_code == 202
    done = deployed(management, "a")
    assert_no_lock(management.ask("POST", f"/api/deployments/{done.id}/cancel"))


def test_through_the_resource_manager_each_is_an_item(management: Management) -> None:
    deployed(management, "a")
    path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop/deployments"
    headers = {"x-ms-geo-location": "West Europe", "Referer": f"https://management.azure.com{path}"}
    (item,) = management.ask("GET", "/deployments", headers=headers).json()["value"]
    assert (item["id"], item["name"]) == (f"{path}/{'a' * 32}", "a" * 32)
    assert item["properties"]["provisioningState"] == "Succeeded"
    record = management.ask("PUT", "/deployments/9", headers=headers, json={"properties": RECORD})
    assert record.json()["properties"]["id"] == "9"


def test_releases_are_listed_and_served_again(management: Management) -> None:
    first, second = deployed(management, "a"), deployed(management, "b")
    items = {item["id"]: item for item in management.ask("GET", "/api/releases").json()}
    assert items[second.release]["current"]
    assert (items[first.release]["deployment"], items[first.release]["message"]) == ("a" * 32, "a")
    back = management.ask("POST", "/api/releases/rollback")
    assert (back.status_code, back.json()["id"]) == (200, first.release)
    again = management.ask("POST", f"/api/releases/{second.release}/activate")
    assert again.json()["current"]
    assert management.ask("POST", "/api/releases/none/activate").status_code == 404
    assert management.ask("POST", "/api/releases/rollback", json={"release": "none"}).status_code == 404


def test_the_lock_tells_its_holder_and_is_broken(management: Management) -> None:
    assert management.ask("GET", "/api/lock").json() is None
    assert management.ask("DELETE", "/api/lock").status_code == 404
    with management.deployer.hold("shop", "A deployment", "octocat"):
        assert management.ask("GET", "/api/lock").json() == {
            "what": "A deployment",
            "by": "octocat",
            "since": "2026-11-26T12:00:00.0000000Z",
        }
        assert management.ask("DELETE", "/api/lock").status_code == 202
    assert management.deployer.cancelled == 2


def test_a_body_of_another_kind_is_400(management: Management) -> None:
    deployed(management, "a")
    for content in (b"[1]", b"{", b"\xff", b"[" * 100_000):
        answer: httpx.Response = management.ask("PUT", f"/deployments/{'a' * 32}", content=content)
        assert answer.status_code == 400


def test_a_log_entry_of_a_warning_marks_its_parent(management: Management, tmp_path: Path) -> None:
    done = deployed(management, "a")
    parent = add_entry(management.store, "shop", done.id, "Checks", now=NOW)
    add_entry(
        management.store, "shop", done.id, "No requirements", now=NOW, type=EntryType.WARNING, parent=parent
    )
    entries = management.ask("GET", f"/deployments/{done.id}/log").json()
    assert [entry["type"] for entry in entries] == [0, 1]
