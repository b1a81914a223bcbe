"""Reference 1.14: web hooks and the SSH key."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.management import Management, assert_no_lock

URL = "https://user:s3cret@ci.example/hook"


def test_a_hook_is_added_found_and_deleted(management: Management) -> None:
    made = management.ask("POST", "/api/hooks", json={"event": "PostDeployment", "url": URL})
    assert made.status_code == 201
    item = made.json()
    assert item == {
        "id": item["id"],
        "event": "PostDeployment",
        "url": "https://ci.example/***",
        "insecure_ssl": False,
        "last_status": 0,
        "last_reason": "",
        "last_datetime": None,
        "last_context": "",
    }
    assert made.headers["Location"].endswith(f"/api/hooks/{item['id']}")
    assert management.ask("GET", "/hooks").json() == [item]
    assert management.ask("GET", f"/hooks/{item['id']}").json() == item
    assert management.ask("DELETE", f"/hooks/{item['id']}").status_code == 204
    assert management.ask("GET", f"/hooks/{item['id']}").status_code == 404
    assert management.ask("DELETE", f"/hooks/{item['id']}").status_code == 404


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.chat.example/services/T0/B0/s3cret", "https://hooks.chat.example/***"),
        ("http://ci.example:8080?token=s3cret", "http://ci.example:8080/***"),
        ("https://s3cret@ci.example", "https://ci.example"),
        ("https://[::1]:8080/#s3cret", "https://[::1]:8080/***"),
        ("https://ci.example/", "https://ci.example"),
    ],
)
def test_of_a_hook_the_host_is_listed_as_the_rest_is_what_lets_others_call_it(
    management: Management, url: str, shown: str
) -> None:
    management.ask("POST", "/api/hooks", json={"event": "PostDeployment", "url": url})
    answer = management.ask("GET", "/api/hooks")
    assert [item["url"] for item in answer.json()] == [shown]
    assert "s3cret" not in answer.text


def test_the_same_hook_is_the_one_that_is_there_and_another_event_is_409(management: Management) -> None:
    first = management.ask("POST", "/hooks", json={"event": "PostDeployment", "url": URL})
    again = management.ask("POST", "/hooks", json={"event": "PostDeployment", "url": URL})
    assert again.json()["id"] == first.json()["id"]
    other = management.ask("POST", "/hooks", json={"event": "Other", "url": URL})
    assert_no_lock(other)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": "PostDeployment"},
        {"event": "PostDeployment", "url": "ftp://x"},
        {"event": "PostDeployment", "url": "http://"},
        {"event": "PostDeployment", "url": "http://[x"},
        {"event": "PostDeployment", "url": "http://x:99999/"},
        {"event": "", "url": URL},
    ],
)
def test_what_is_no_hook_is_400(management: Management, body: dict[str, object]) -> None:
    assert management.ask("POST", "/hooks", json=body).status_code == 400


def test_an_event_is_sent_to_its_hooks(management: Management) -> None:
    assert management.ask("POST", "/hooks/publish/Deployed", content=b'{"a":1}').status_code == 204
    assert management.context.background.wait(10)
    assert management.deployer.told == [("shop", "Deployed", b'{"a":1}')]


def test_a_key_is_made_when_it_is_asked_for(management: Management) -> None:
    assert management.ask("GET", "/api/sshkey").json() == ""
    key = management.ask("GET", "/api/sshkey?ensurePublicKey=1").json()
    assert key.startswith("ssh-rsa ")
    assert management.ask("GET", "/sshkey").json() == key
    home = management.server.site("shop").root
    assert (home / ".ssh" / "id_rsa").stat().st_mode & 0o777 == 0o600
    assert (home / ".ssh").stat().st_mode & 0o777 == 0o700
    assert management.ask("DELETE", "/sshkey").status_code == 204
    assert management.ask("GET", "/sshkey").json() == ""


@pytest.mark.needs("ssh-keygen")
@pytest.mark.parametrize("form", ["json", "raw", "string"])
def test_a_private_key_is_taken_in_each_form(management: Management, tmp_path: Path, form: str) -> None:
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    text = path.read_text()
    if form == "raw":
        answer = management.ask("PUT", "/sshkey", content=text.encode())
    else:
        answer = management.ask("PUT", "/sshkey", json={"key": text} if form == "json" else text)
    assert answer.status_code == 204
    assert management.ask("GET", "/sshkey").json() == path.with_suffix(".pub").read_text().strip()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff", b'{"key":1}', b'{"key":""}', b"{}"])
def test_what_is_no_key_is_400(management: Management, content: bytes) -> None:
    assert management.ask("PUT", "/sshkey", content=content).status_code == 400
