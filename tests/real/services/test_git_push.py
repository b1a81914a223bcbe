"""`git push`, `git clone` and the hooks of repositories against the management, with real git over real
HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.loads import eventually
from tests.management import Management
from tests.pusher import Pusher, begun, listening, of_git
from webstead.errors import BuildError
from webstead.formats.git_protocol import FLUSH, packet
from webstead.settings import Secret
from webstead.site.deploy.git import commit_of
from webstead.site.deploy.model import Commit, Url
from webstead.site.deploy.repository import open_repository
from webstead.site.store.model import SCOPES, Scope
from webstead.site.store.settings import write_settings


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path / "home")


@pytest.fixture
def pusher(tmp_path: Path, management: Management) -> Iterator[Pusher]:
    with listening(management) as port:
        yield Pusher(tmp_path / "work", management.store, port)


def test_a_push_deploys_its_commit_and_shows_the_log(pusher: Pusher, management: Management) -> None:
    commit = pusher.commit("hello")
    done = pusher.push()
    assert done.returncode == 0, done.stderr
    (request,) = management.deployer.requests
    assert request.source == Commit(commit)
    assert (request.id, request.author, request.author_email) == (commit, "Ada", "ada@example.org")
    assert request.message == "say hello"
    assert commit_of(open_repository(management.server.site("shop")), "main").id == commit


def test_a_push_whose_deployment_fails_is_rejected_and_can_be_tried_again(
    pusher: Pusher, management: Management
) -> None:
    first = pusher.commit("one")
    assert pusher.push().returncode == 0
    second = pusher.commit("two")
    management.deployer.error = BuildError("pip failed", found="no such package", fix="spell it right")
    done = pusher.push()
    assert done.returncode == 1
    assert "[remote rejected] main -> main (deployment failed)" in done.stderr
    assert "remote: Error: pip failed" in done.stderr
    assert "remote: spell it right" in done.stderr
    assert commit_of(open_repository(management.server.site("shop")), "main").id == first
    management.deployer.error = None
    assert pusher.push().returncode == 0
    assert commit_of(open_repository(management.server.site("shop")), "main").id == second


def test_a_first_push_that_fails_leaves_no_branch(pusher: Pusher, management: Management) -> None:
    pusher.commit("one")
    management.deployer.error = BuildError("pip failed")
    assert pusher.push().returncode == 1
    assert pusher.git("ls-remote", pusher.url) == ""


def test_another_branch_is_taken_and_not_deployed(pusher: Pusher, management: Management) -> None:
    commit = pusher.commit("one")
    assert pusher.push("main:refs/heads/dev").returncode == 0
    assert management.deployer.requests == []
    assert commit_of(open_repository(management.server.site("shop")), "dev").id == commit
    write_settings(management.store, "shop", "scm", {"deployment_branch": "release"})
    assert pusher.push("main:refs/heads/main").returncode == 0
    assert management.deployer.requests == []
    assert pusher.push("main:refs/heads/release").returncode == 0
    assert len(management.deployer.requests) == 1


def test_a_push_can_be_received_alone(pusher: Pusher, management: Management) -> None:
    write_settings(management.store, "shop", "app", {"SCM_DISABLE_DEPLOY_ON_PUSH": "1"})
    pusher.commit("one")
    assert pusher.push().returncode == 0
    assert management.deployer.requests == []


def test_a_push_while_a_deployment_runs_is_told_so(pusher: Pusher, management: Management) -> None:
    pusher.commit("one")
    with management.deployer.hold("shop", "A deployment", "CI"):
        done = pusher.push()
    assert done.returncode != 0
    assert "409" in done.stderr
    assert "remote: There is a deployment currently in progress." in done.stderr


def test_a_push_to_a_site_that_runs_from_an_address_is_told_so(
    pusher: Pusher, management: Management
) -> None:
    write_settings(management.store, "shop", "app", {"WEBSITE_RUN_FROM_PACKAGE": "https://x.example/p.zip"})
    pusher.commit("one")
    done = pusher.push()
    assert done.returncode != 0
    assert "remote: The site runs from an address: WEBSITE_RUN_FROM_PACKAGE" in done.stderr
    assert "remote: Put the package there" in done.stderr


def test_wrong_credentials_get_nothing(pusher: Pusher, management: Management) -> None:
    pusher.commit("one")
    done = pusher.run("-c", "core.askpass=true", "push", pusher.url.replace(":", ":x", 2), "main")
    assert done.returncode != 0
    assert management.deployer.requests == []


def test_who_may_read_files_may_fetch_and_who_may_deploy_may_push(
    pusher: Pusher, management: Management, tmp_path: Path
) -> None:
    pusher.commit("one")
    assert pusher.push().returncode == 0
    pusher.commit("two")
    plain = f"http://127.0.0.1:{pusher.port}/shop.git"

    def may(scope: Scope, *words: str) -> bool:
        header = f"http.extraHeader=Authorization: {management.token(scope)['Authorization']}"
        done = pusher.run("-c", header, *words)
        assert done.returncode == 0 or "403" in done.stderr, done.stderr
        return done.returncode == 0

    scopes: dict[Scope, tuple[bool, bool]] = {
        scope: (
            may(scope, "clone", "--quiet", plain, str(tmp_path / scope)),
            may(scope, "push", plain, "main", f"main:refs/heads/by-{scope}"),
        )
        for scope in SCOPES
    }
    nothing = dict.fromkeys(SCOPES, (False, False))
    assert scopes == {**nothing, "files": (True, False), "deploy": (False, True)}


def test_the_last_word_of_a_query_is_what_is_asked_for_and_what_is_allowed(management: Management) -> None:
    pushes, fetches = "service=git-receive-pack", "service=git-upload-pack"
    for query, status in (
        (f"{pushes}&{fetches}", 403),
        (f"{fetches}&{pushes}", 200),
        (f"{pushes}&SERVICE=git-upload-pack", 403),
    ):
        answer = management.ask("GET", f"/shop.git/info/refs?{query}", as_user=management.token("deploy"))
        assert answer.status_code == status, query


def test_what_was_pushed_can_be_cloned_and_fetched(pusher: Pusher, tmp_path: Path) -> None:
    pusher.commit("one")
    assert pusher.push().returncode == 0
    for number in range(60):  # enough that a fetch is packed by its client
        pusher.commit(f"number {number}")
    assert pusher.push().returncode == 0
    pusher.git("clone", "--quiet", "--branch", "main", pusher.url, str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "app.py").read_text() == "number 59"
    commit = pusher.commit("more")
    assert pusher.push().returncode == 0
    pusher.git("-C", str(tmp_path / "clone"), "fetch", "--quiet")
    assert pusher.git("-C", str(tmp_path / "clone"), "rev-parse", "origin/main") == commit


def test_a_large_push_streams_through(pusher: Pusher, management: Management) -> None:
    (pusher.folder / "big.bin").write_bytes(bytes(range(256)) * 4096 + pusher.folder.name.encode() * 100_000)
    commit = pusher.commit("big")
    assert pusher.push().returncode == 0
    assert commit_of(open_repository(management.server.site("shop")), "main").id == commit


def test_a_branch_can_be_removed(pusher: Pusher, management: Management) -> None:
    pusher.commit("one")
    assert pusher.push().returncode == 0
    assert pusher.push(":main").returncode == 0
    assert pusher.git("ls-remote", pusher.url) == ""
    assert len(management.deployer.requests) == 1


@pytest.mark.parametrize("service", ["upload-pack", "receive-pack"])
def test_a_request_that_is_cut_off_in_its_body_leaves_no_process(
    pusher: Pusher, management: Management, service: str
) -> None:
    commit = pusher.commit("one")
    assert pusher.push().returncode == 0
    repository = management.server.site("shop").repository
    update = f"{commit} {'a' * 40} refs/heads/main\0report-status side-band-64k".encode()
    body = packet(update) + FLUSH + b"PACK\0\0\0\2\0\0\0\1" if service == "receive-pack" else b"0032want"
    with begun(pusher.port, "shop", management.publisher()["Authorization"], service, body):
        eventually(lambda: bool(of_git(repository)))
    eventually(lambda: not of_git(repository))
    assert not list((repository / "objects").glob("*incoming*")), "nor what was received in part"
    assert commit_of(open_repository(management.server.site("shop")), "main").id == commit


def test_a_body_that_cannot_be_unpacked_is_told_to_the_client(pusher: Pusher, management: Management) -> None:
    pusher.commit("one")
    assert pusher.push().returncode == 0
    answer = management.ask(
        *("POST", "/shop.git/git-receive-pack"),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/x-git-receive-pack-request"},
        content=b"this is no gzip",
    )
    assert answer.status_code == 200
    assert of_git(management.server.site("shop").repository) == []


def test_only_the_sites_own_name_is_a_repository(management: Management) -> None:
    answer = management.ask("GET", "/blog.git/info/refs?service=git-upload-pack")
    assert answer.status_code == 404
    assert "/shop.git" in answer.json()["fix"]


def test_the_dumb_protocol_is_not_spoken(management: Management) -> None:
    assert management.ask("GET", "/shop.git/info/refs").status_code == 403


# Hooks of repositories

GITHUB = {
    "ref": "refs/heads/main",
    "after": "a" * 40,
    "repository": {"clone_url": "https://github.com/o/r.git"},
    "head_commit": {"message": "m", "author": {"name": "A", "email": "a@x"}},
}


def test_a_push_event_is_fetched_in_the_background(management: Management) -> None:
    answer = management.ask("POST", "/deploy", json=GITHUB)
    assert answer.status_code == 202
    assert "/api/deployments/latest" in answer.headers["Location"]
    assert management.context.background.wait(10)
    (request,) = management.deployer.requests
    assert request.source == Url(Secret("https://github.com/o/r.git"), "git", "a" * 40)
    assert (request.id, request.deployer, request.author, request.message) == ("a" * 40, "GitHub", "A", "m")


def test_a_push_event_in_a_form(management: Management) -> None:
    form = f"payload={quote(json.dumps(GITHUB))}".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert management.ask("POST", "/deploy", content=form, headers=kind).status_code == 202


def test_a_push_event_waits_for_the_deployment_that_runs(management: Management) -> None:
    with management.deployer.hold("shop", "A deployment", "CI"):
        assert management.ask("POST", "/deploy", json=GITHUB).status_code == 202
        assert management.deployer.requests == []
    assert management.context.background.wait(10)
    assert len(management.deployer.requests) == 1


def test_kudus_own_payload_is_waited_for(management: Management) -> None:
    payload = {"format": "basic", "url": "https://git.example/r.git#v1"}
    assert management.ask("POST", "/deploy", json=payload).status_code == 200
    (request,) = management.deployer.requests
    assert request.source == Url(Secret("https://git.example/r.git"), "git", "v1")


def test_another_branch_and_no_payload_deploy_nothing(management: Management) -> None:
    write_settings(management.store, "shop", "scm", {"deployment_branch": "release"})
    ignored = management.ask("POST", "/deploy", json=GITHUB)
    assert ignored.status_code == 200
    assert "release is deployed here" in ignored.headers["X-Webstead-Ignored"]
    for content, words in ((b"", "empty"), (b"{}", "empty"), (b'{"a": 1}', "unsupported")):
        refused = management.ask("POST", "/deploy", content=content)
        assert refused.status_code == 400
        assert words in refused.json()
    assert management.deployer.requests == []


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ("refs/heads/Änderung", r"the branch \xc4nderung was pushed, and release is deployed here"),
        ("refs/heads/фича", r"the branch \u0444\u0438\u0447\u0430 was pushed, and release is deployed here"),
        ("refs/tags/v1-🎉", r"refs/tags/v1-\U0001f389 is no branch"),
        ("refs/tags/a\r\nSet-Cookie: b=1", r"refs/tags/a\r\nSet-Cookie: b=1 is no branch"),
        ("refs/tags/\ud800", r"refs/tags/\ud800 is no branch"),
    ],
)
def test_a_branch_whose_name_no_header_can_hold_is_passed_over_too(
    management: Management, ref: str, told: str
) -> None:
    write_settings(management.store, "shop", "scm", {"deployment_branch": "release"})
    with listening(management) as port:
        answer = httpx.post(
            f"http://127.0.0.1:{port}/deploy",
            content=json.dumps({**GITHUB, "ref": ref}),
            headers={**management.publisher(), "Host": "shop.scm.localhost"},
        )
    assert (answer.status_code, answer.headers["X-Webstead-Ignored"]) == (200, told)


def test_hooks_can_be_switched_off(management: Management) -> None:
    write_settings(management.store, "shop", "scm", {"ScmType": "None"})
    assert management.ask("POST", "/deploy", json=GITHUB).status_code == 403


def test_the_address_of_hooks_opened_in_a_browser_leads_to_the_root(management: Management) -> None:
    answer = management.ask("GET", "/deploy")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://shop.scm.localhost/"
    assert management.ask("DELETE", "/deploy").status_code in (404, 405)
