"""What web hooks of repositories mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.deploy.payloads import Fetch, Nothing, is_ci, read_payload

COMMIT, NONE = "a" * 40, "0" * 40
GITHUB = {
    "ref": "refs/heads/main",
    "after": COMMIT,
    "repository": {
        "url": "https://github.com/o/r",
        "clone_url": "https://github.com/o/r.git",
        "ssh_url": "git@github.com:o/r.git",
        "private": False,
    },
    "head_commit": {"message": "m", "author": {"name": "A", "email": "a@x"}},
}
GITLAB = {
    "object_kind": "push",
    "ref": "refs/heads/main",
    "after": COMMIT,
    "project": {"git_http_url": "https://gitlab.com/o/r.git", "git_ssh_url": "git@gitlab.com:o/r.git"},
    "commits": [{"message": "old"}, {"message": "m", "author": {"name": "A", "email": "a@x"}}],
}
BITBUCKET = {
    "repository": {"links": {"html": {"href": "https://bitbucket.org/o/r"}}},
    "push": {
        "changes": [
            {"new": {"type": "tag", "name": "v1"}},
            {
                "new": {
                    "type": "branch",
                    "name": "main",
                    "target": {"hash": COMMIT, "message": "m", "author": {"raw": "A <a@x>"}},
                }
            },
        ]
    },
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ref", "after", "repository", "url", "push", "changes", "project", "format"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(payload: object, branch: str = "main") -> Fetch | Nothing:
    return read_payload(json.dumps(payload).encode(), branch)


@pytest.mark.parametrize(
    ("payload", "url", "deployer"),
    [
        (GITHUB, "https://github.com/o/r.git", "GitHub"),
        (GITLAB, "https://gitlab.com/o/r.git", "GitLab"),
        (BITBUCKET, "https://bitbucket.org/o/r.git", "Bitbucket"),
    ],
)
def test_a_push_is_fetched(payload: object, url: str, deployer: str) -> None:
    assert read(payload) == Fetch(Secret(url), "main", COMMIT, deployer, "m", "A", "a@x")
    assert is_ci(json.dumps(payload).encode())


def test_kudus_own_payload_names_a_commit_behind_a_hash() -> None:
    payload = {"format": "basic", "url": f"https://user:pw@git.example/r.git#{COMMIT}"}
    expected = Fetch(Secret("https://user:pw@git.example/r.git"), "main", COMMIT, "git.example")
    assert read(payload) == expected
    assert not is_ci(json.dumps(payload).encode())


def test_a_private_repository_is_fetched_by_ssh() -> None:
    payload = json.loads(json.dumps(GITHUB).replace('"private": false', '"private": true'))
    fetch = read(payload)
    assert isinstance(fetch, Fetch)
    assert fetch.url == Secret("git@github.com:o/r.git")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({**GITHUB, "ref": "refs/heads/dev"}, "the branch dev was pushed, and main is deployed here"),
        ({**GITHUB, "ref": "refs/tags/v1"}, "refs/tags/v1 is no branch"),
        ({**GITHUB, "after": NONE}, "the branch main was removed"),
        ({**GITHUB, "after": ""}, "the branch main was removed"),
        ({**BITBUCKET, "push": {"changes": []}}, "it has no changes"),
    ],
)
def test_nothing_follows_from_other_pushes(payload: object, why: str) -> None:
    assert read(payload) == Nothing(why)


def test_any_branch_is_taken_where_none_is_named() -> None:
    fetch = read({**GITHUB, "ref": "refs/heads/dev"}, "")
    assert isinstance(fetch, Fetch)
    assert fetch.branch == "dev"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "empty"),
        (b" ", "empty"),
        (b"{}", "empty"),
        (b"[]", "unsupported"),
        (b"nonsense", "unsupported"),
        (b'{"zen": "Keep it logically awesome."}', "unsupported"),
        (b'{"format": "basic"}', "unsupported"),
        (b"[" * 100_000, "unsupported"),
    ],
)
def test_what_is_no_payload_is_refused_with_kudus_words(text: bytes, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        read_payload(text, "main")


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_mean_something_or_are_refused(text: bytes) -> None:
    try:
        read_payload(text, "main")
    except UsageError:
        return


@given(st.binary(max_size=100))
def test_the_fuzz_target_holds(data: bytes) -> None:
    fuzz_target("fuzz_git_push")(data)
