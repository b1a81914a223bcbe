"""What repositories send when something was pushed to them, and what it means here: fetch this, or nothing.

Sources: the payloads as GitHub, GitLab and Bitbucket document them; reference 1.14 for Kudu's own
(`format`: `basic`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from webstead.errors import UsageError
from webstead.settings import Secret

__all__ = ["EMPTY", "UNSUPPORTED", "Fetch", "Nothing", "is_ci", "read_payload"]

EMPTY = "The json payload is empty."
UNSUPPORTED = "The json payload is unsupported."
"""Kudu's words."""

_LONGEST = 1 << 22
_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Fetch:
    """url: may hold credentials. branch: "" for the default one. commit: "" for the newest of it. deployer:
    as Kudu names it. message, author, email: of the newest commit, as far as they are told."""

    url: Secret
    branch: str = ""
    commit: str = ""
    deployer: str = ""
    message: str = ""
    author: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The payload is understood, and nothing follows from it. why: for the log."""

    why: str


Meaning = Fetch | Nothing
Reader = Callable[[Mapping[str, object], str], Meaning | None]


def read_payload(text: bytes, branch: str) -> Meaning:
    """branch: which one is deployed here; "" for whichever it is. Raises UsageError for what is no
    payload."""
    if not text.strip():
        raise UsageError(EMPTY, found="0 bytes", fix="Send JSON, or a form with the field `payload`.")
    try:
        data = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise _unsupported("no JSON object")
    if not data:
        raise UsageError(EMPTY, found="{}", fix="Send what the repository's web hook sends.")
    for reader in _READERS:
        if (meaning := reader(data, branch)) is not None:
            return meaning
    raise _unsupported(f"its members are {', '.join(sorted(map(str, data)))[:200]}")


def is_ci(data: bytes) -> bool:
    """Whether a repository's own hook sent it, not a person: those are answered at once, whatever they
    asked."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "format" not in value


def _basic(data: Mapping[str, object], branch: str) -> Meaning | None:
    """Kudu's own: `{"format": "basic", "url": "https://host/repo#commit"}`."""
    if data.get("format") != "basic":
        return None
    url, _, commit = _text(data, "url").partition("#")
    if not url:
        raise _unsupported("it has no url")
    if _text(data, "scm", "git").lower() not in ("git", ""):
        raise UsageError(
            "Only git repositories are fetched.", found=f"scm: {data.get('scm')}", fix="Convert it to git."
        )
    return Fetch(Secret(url), branch, commit, _host(url))


def _github(data: Mapping[str, object], branch: str) -> Meaning | None:
    """A push event of GitHub, and of Gitea and Forgejo, which send the same."""
    repository = _object(data, "repository")
    url = _text(repository, "clone_url") or _text(repository, "url")
    if not url or "ref" not in data or "after" not in data:
        return None
    newest = _object(data, "head_commit")
    return _pushed(
        *(_text(data, "ref"), _text(data, "after"), branch),
        Fetch(
            Secret(_private(url, repository)),
            deployer="GitHub" if _host(url) == "github.com" else _host(url),
            message=_text(newest, "message"),
            author=_text(_object(newest, "author"), "name"),
            email=_text(_object(newest, "author"), "email"),
        ),
    )


def _gitlab(data: Mapping[str, object], branch: str) -> Meaning | None:
    """A push event of GitLab. The URL of http is taken: ssh needs a key."""
    project = _object(data, "project") or _object(data, "repository")
    url = _text(project, "git_http_url") or _text(project, "http_url")
    if not url or data.get("object_kind") not in ("push", None):
        return None
    commits = data.get("commits")
    newest = commits[-1] if isinstance(commits, list) and commits and isinstance(commits[-1], dict) else {}
    author = _object(newest, "author")
    return _pushed(
        *(_text(data, "ref"), _text(data, "after") or _text(data, "checkout_sha"), branch),
        Fetch(
            Secret(url),
            deployer="GitLab" if _host(url) == "gitlab.com" else _host(url),
            message=_text(newest, "message"),
            author=_text(author, "name") or _text(data, "user_name"),
            email=_text(author, "email") or _text(data, "user_email"),
        ),
    )


def _bitbucket(data: Mapping[str, object], branch: str) -> Meaning | None:
    """A push event of Bitbucket Cloud: of several changes the last that fits."""
    changes = _object(data, "push").get("changes")
    html = _text(_object(_object(_object(data, "repository"), "links"), "html"), "href")
    if not isinstance(changes, list) or not html:
        return None
    fetch = Fetch(Secret(f"{html}.git"), deployer="Bitbucket")
    meanings = [_bitbucket_change(change, branch, fetch) for change in changes if isinstance(change, dict)]
    found = [meaning for meaning in meanings if isinstance(meaning, Fetch)]
    return found[-1] if found else (meanings[-1] if meanings else Nothing("it has no changes"))


def _bitbucket_change(change: Mapping[str, object], branch: str, fetch: Fetch) -> Meaning:
    new = _object(change, "new")
    if _text(new, "type") != "branch":
        return Nothing("no branch was pushed")
    target = _object(new, "target")
    raw = _text(_object(target, "author"), "raw")
    name, _, rest = raw.partition(" <")
    told = Fetch(fetch.url, "", "", fetch.deployer, _text(target, "message"), name, rest.rstrip(">"))
    return _pushed(_HEADS + _text(new, "name"), _text(target, "hash"), branch, told)


_READERS: tuple[Reader, ...] = (_basic, _bitbucket, _gitlab, _github)


def _pushed(ref: str, after: str, branch: str, fetch: Fetch) -> Meaning:
    """A push to the branch that is deployed here is fetched; nothing else is."""
    if not ref.startswith(_HEADS):
        return Nothing(f"{ref or 'nothing'} is no branch")
    pushed = ref.removeprefix(_HEADS)
    if branch and pushed != branch:
        return Nothing(f"the branch {pushed} was pushed, and {branch} is deployed here")
    if not after.strip("0"):
        return Nothing(f"the branch {pushed} was removed")
    return Fetch(fetch.url, pushed, after, fetch.deployer, fetch.message, fetch.author, fetch.email)


def _private(url: str, repository: Mapping[str, object]) -> str:
    """A private repository is fetched with the site's key, over ssh."""
    ssh = _text(repository, "ssh_url")
    return ssh if repository.get("private") is True and ssh and not urlsplit(url).username else url


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower() or urlunsplit(("", url.partition(":")[0], "", "", ""))[
            2:
        ]
    except ValueError:
        return ""


def _text(data: Mapping[str, object], name: str, default: str = "") -> str:
    value = data.get(name, default)
    return value if isinstance(value, str) else default


def _object(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _unsupported(found: str) -> UsageError:
    fix = 'Send a push event of GitHub, GitLab or Bitbucket, or {"format": "basic", "url": "https://…"}.'
    return UsageError(UNSUPPORTED, found=found, fix=fix)
