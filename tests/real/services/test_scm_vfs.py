"""Reference 1.2, its last line: the files of the repository, one at a time, by commits of real git."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loads import eventually
from tests.management import Management
from webstead.errors import BuildError
from webstead.site.deploy.git import move_branch
from webstead.site.deploy.model import Commit
from webstead.site.deploy.repository import open_repository
from webstead.site.deploy.scm_files import Change, commit_change, head_of, merged
from webstead.site.store.settings import write_settings

LINES = "".join(f"line {number}\n" for number in range(20))


class Repository:
    """Of the site `shop`, with app.py and docs/a.txt at its master."""

    def __init__(self, management: Management) -> None:
        self.management = management
        assert self.put("app.py", LINES).status_code == 201
        assert self.put("docs/a.txt", "a").status_code == 201

    def ask(self, method: str, path: str, tag: str = "", content: bytes | None = None) -> httpx.Response:
        headers = {"If-Match": tag} if tag else {}
        return self.management.ask(method, f"/api/scmvfs/{path}", headers=headers, content=content)

    def put(self, path: str, content: str, tag: str = "", query: str = "") -> httpx.Response:
        return self.ask("PUT", f"{path}{query}", tag, content=content.encode())

    @property
    def head(self) -> str:
        """As an ETag."""
        return head_of(open_repository(self.management.server.site("shop")), "").etag

    def git(self, *words: str) -> str:
        folder = self.management.server.site("shop").repository
        return subprocess.run(
            ["git", f"--git-dir={folder}", *words], check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(Management(tmp_path, "shop"))


def test_an_empty_repository_has_an_empty_root(tmp_path: Path) -> None:
    management = Management(tmp_path, "shop")
    assert management.ask("GET", "/scmvfs/").json() == []
    assert management.ask("GET", "/scmvfs").headers["Location"].endswith("/scmvfs/")
    assert management.ask("GET", "/api/scmvfs/app.py").status_code == 404


def test_a_file_comes_with_its_commit(repository: Repository) -> None:
    answer = repository.ask("GET", "app.py")
    assert (answer.status_code, answer.text, answer.headers["ETag"]) == (200, LINES, repository.head)
    known = repository.management.ask("GET", "/api/scmvfs/app.py", headers={"If-None-Match": repository.head})
    assert (known.status_code, known.headers["ETag"]) == (304, repository.head)
    assert repository.ask("GET", "app.py/").status_code == 307
    assert repository.ask("GET", "docs").headers["Location"].endswith("/api/scmvfs/docs/")
    assert repository.ask("GET", "none.py").status_code == 404


def test_a_folder_is_listed_as_by_vfs(repository: Repository) -> None:
    found = {each["name"]: each for each in repository.ask("GET", "").json()}
    assert set(found) == {"app.py", "docs"}
    assert (found["app.py"]["size"], found["docs"]["size"]) == (len(LINES), 0)
    assert found["docs"]["mime"] == "inode/directory"
    assert found["docs"]["href"].endswith("/api/scmvfs/docs/")
    (inner,) = repository.ask("GET", "docs/").json()
    assert inner["path"] == "docs/a.txt"


def test_a_write_is_a_commit_that_is_deployed(repository: Repository) -> None:
    before = len(repository.management.deployer.requests)
    answer = repository.put("app.py", "new", repository.head, "?message=Say%20it%20anew")
    assert (answer.status_code, answer.headers["ETag"]) == (204, repository.head)
    assert repository.git("log", "-1", "--format=%s %an", "master").strip() == "Say it anew $shop"
    (request,) = repository.management.deployer.requests[before:]
    assert request.source == Commit(repository.head.strip('"'))
    assert repository.ask("GET", "app.py").text == "new"


def test_it_need_not_be_deployed(repository: Repository) -> None:
    before = len(repository.management.deployer.requests)
    assert repository.put("b.py", "b", query="?nodeploy").status_code == 201
    assert len(repository.management.deployer.requests) == before


def test_what_is_there_needs_a_condition(repository: Repository) -> None:
    for tag in ("", '"0000000000000000000000000000000000000000"', '"no commit"', '"--exec"'):
        answer = repository.put("app.py", "x", tag)
        assert (answer.status_code, answer.headers["ETag"]) == (412, repository.head)
    assert repository.put("app.py", "x", "*").status_code == 204


def test_an_older_commit_is_enough_for_a_file_that_did_not_change(repository: Repository) -> None:
    old = repository.head
    repository.put("docs/a.txt", "b", "*")
    assert repository.put("app.py", "x", old).status_code == 204
    assert repository.ask("GET", "docs/a.txt").text == "b"


def test_changes_in_other_places_are_merged(repository: Repository) -> None:
    old = repository.head
    repository.put("app.py", LINES.replace("line 1\n", "theirs\n"), "*")
    assert repository.put("app.py", LINES.replace("line 18\n", "mine\n"), old).status_code == 204
    text = repository.ask("GET", "app.py").text
    assert "theirs\n" in text
    assert "mine\n" in text


def test_changes_in_the_same_place_are_a_conflict_with_both(repository: Repository) -> None:
    old = repository.head
    repository.put("app.py", LINES.replace("line 1\n", "theirs\n"), "*")
    head = repository.head
    answer = repository.put("app.py", LINES.replace("line 1\n", "mine\n"), old)
    assert (answer.status_code, answer.headers["ETag"]) == (409, head)
    assert answer.headers["Content-Type"].startswith("text/plain")
    for word in ("<<<<<<< branch", "theirs", "mine", ">>>>>>> yours"):
        assert word in answer.text
    assert repository.head == head


def test_a_file_and_a_folder_are_removed(repository: Repository) -> None:
    repository.put("docs/deep/b.txt", "b")
    assert repository.ask("DELETE", "none.py", "*").status_code == 404
    assert repository.ask("DELETE", "app.py").status_code == 412
    old = repository.head
    assert repository.ask("DELETE", "app.py", "*").status_code == 200
    assert repository.ask("GET", "app.py").status_code == 404
    assert repository.ask("DELETE", "docs", "*").status_code == 409
    assert repository.ask("DELETE", "docs?recursive=true").status_code == 200
    assert repository.ask("GET", "").json() == []
    repository.put("app.py", "back")
    assert repository.ask("DELETE", "app.py", old).status_code == 412, "another file, since"


@pytest.mark.parametrize(
    ("path", "status"),
    [("a/%2E%2E/%2E%2E/x", 400), (".git/config", 409), ("app.py/inner", 409), ("docs", 409), ("new/", 409)],
)
def test_what_cannot_be_written(repository: Repository, path: str, status: int) -> None:
    head = repository.head
    assert repository.put(path, "x", "*").status_code == status
    assert repository.head == head


@pytest.mark.parametrize("name", ["--name-only", "-r", ":(top)x", "a b", "\u00e9.py", "a,b", 'a"b', "*"])
def test_a_name_is_a_name(repository: Repository, name: str) -> None:
    assert repository.put(name.replace("*", "%2A"), "x").status_code == 201
    assert name in {each["name"] for each in repository.ask("GET", "").json()}
    assert repository.ask("GET", name).text == "x"
    assert repository.ask("DELETE", name, "*").status_code == 200
    assert repository.ask("GET", "app.py").status_code == 200


def test_a_deployment_that_fails_leaves_the_branch_where_it_stood(repository: Repository) -> None:
    head = repository.head
    repository.management.deployer.error = BuildError("It does not build.", found="a", fix="b")
    answer = repository.put("app.py", "x", "*")
    assert answer.status_code == 422
    assert "It does not build." in answer.text
    assert repository.head == head


def test_a_failure_is_told_though_somebody_has_committed_more(repository: Repository) -> None:
    deployer = repository.management.deployer
    deployer.error = BuildError("It does not build.", found="a", fix="b")
    deployer.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(repository.put, "app.py", "x", "*")
        eventually(lambda: repository.ask("GET", "app.py").text == "x")
        own = open_repository(repository.management.server.site("shop"))
        head = head_of(own, "")
        more = commit_change(own, head, Change("more.py", b"m", "more", "ben"))
        move_branch(own, head.ref, more, head.commit)
        deployer.gate.set()
        answer = failing.result()
    assert answer.status_code == 422
    assert "It does not build." in answer.text
    assert repository.head == f'"{more}"', "what somebody else has committed stays"


def test_the_same_content_is_no_commit(repository: Repository) -> None:
    head, before = repository.head, len(repository.management.deployer.requests)
    assert repository.put("app.py", LINES, "*").status_code == 204
    assert (repository.head, len(repository.management.deployer.requests)) == (head, before)


def test_a_link_is_neither_told_nor_replaced(repository: Repository) -> None:
    folder = repository.management.server.site("shop").repository
    words = ["git", f"--git-dir={folder}"]
    blob = subprocess.run(
        [*words, "hash-object", "-w", "--stdin"],
        input="/etc/passwd",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    entry = f"120000 blob {blob}\tlink\n"
    tree = subprocess.run(
        [*words, "mktree"], input=entry, capture_output=True, text=True, check=True
    ).stdout.strip()
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    commit = repository.git(*identity, "commit-tree", "-m", "a link", "-p", "master", tree).strip()
    repository.git("update-ref", "refs/heads/master", commit)
    assert repository.ask("GET", "").json() == []
    assert repository.ask("GET", "link").status_code == 404
    assert repository.put("link", "x", "*").status_code == 409
    assert repository.ask("DELETE", "link", "*").status_code == 404


def test_bytes_that_both_have_changed_are_a_conflict(repository: Repository) -> None:
    repository.put("logo.png", "\0one")
    old = repository.head
    repository.put("logo.png", "\0two", "*")
    answer = repository.put("logo.png", "\0three", old)
    assert (answer.status_code, answer.headers["ETag"]) == (409, repository.head)
    assert repository.ask("DELETE", "logo.png/", "*").status_code == 307


def test_nothing_is_committed_while_the_lock_is_held(repository: Repository) -> None:
    head = repository.head
    with repository.management.deployer.hold("shop", "A deployment", "ben"):
        answer = repository.put("app.py", "x", "*")
    assert answer.status_code == 409
    assert "in progress" in answer.text
    assert repository.head == head


def test_another_branch_is_deployed_when_a_setting_says_so(repository: Repository) -> None:
    write_settings(repository.management.store, "shop", "scm", {"deployment_branch": "live"})
    assert repository.ask("GET", "app.py").status_code == 404
    assert repository.put("app.py", "live").status_code == 201
    assert repository.git("show", "live:app.py") == "live"
    assert repository.git("show", "master:app.py") == LINES


def test_writing_needs_the_scope_of_deployments(repository: Repository) -> None:
    management = repository.management
    token = management.token("files")
    assert management.ask("GET", "/api/scmvfs/app.py", headers=token).status_code == 200
    assert management.ask("PUT", "/api/scmvfs/b.py", headers=token, content=b"x").status_code == 403


TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=5).map("".join).map(str.encode)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(base=TEXTS, other=TEXTS)
def test_what_one_side_alone_has_changed_is_taken(base: bytes, other: bytes) -> None:
    for ours, theirs in ((base, other), (other, base), (other, other)):
        both = merged(base, ours, theirs)
        assert (both.content, both.clean) == (other, True)


def test_a_folder_with_a_name_that_is_no_text_is_listed(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:app.py").strip()
    entry = f"100644 blob {blob}\t".encode() + b"caf\xe9.py\0"
    folder = repository.management.server.site("shop").repository
    made = subprocess.run(
        ["git", f"--git-dir={folder}", "mktree", "-z"], input=entry, check=True, capture_output=True
    )
    words = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit-tree", "-m", "Named")
    commit = repository.git(*words, made.stdout.decode().strip()).strip()
    repository.git("update-ref", "HEAD", commit)
    (listed,) = repository.ask("GET", "").json()
    assert (listed["name"], listed["path"]) == ("caf\ufffd.py", "caf\ufffd.py")
    assert listed["href"].endswith("/api/scmvfs/caf%E9.py")
