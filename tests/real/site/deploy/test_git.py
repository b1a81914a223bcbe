"""The repository of a site, with real git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from webstead.errors import BuildError, UsageError
from webstead.settings import Secret
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.git import commit_of, export, fetch, move_branch
from webstead.site.deploy.repository import Repository, open_repository
from webstead.site.homes import SiteHome


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *identity, "-C", str(folder), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def repository(folder: Path, files: dict[str, str], message: str = "first") -> str:
    """A commit in a repository of its own; its id."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch=main")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def own(tmp_path: Path) -> Repository:
    home = SiteHome(tmp_path / "sites" / "shop")
    home.make()
    return open_repository(home)


def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_a_commit_becomes_files(own: Repository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    repository(source, {"app.py": "1", "static/a b.css": "a"})
    (source / "run.sh").write_text("#!/bin/sh")
    (source / "run.sh").chmod(0o755)
    (source / "link").symlink_to("static")
    commit = repository(source, {"app.py": "2"}, "second\n\nwith a body")
    assert fetch(own, Secret(str(source)), "main", local=True) == commit
    facts = commit_of(own, commit)
    assert (facts.message, facts.author, facts.email) == ("second\n\nwith a body", "Ada", "ada@example.org")
    target = into(tmp_path)
    manifest = export(own, commit, target)
    assert (target / "app.py").read_text() == "2"
    assert os.access(target / "run.sh", os.X_OK)
    assert os.readlink(target / "link") == "static"
    assert manifest.lines() == ["app.py", "link", "run.sh", "static", "static/a b.css"]
    assert not (target / ".git").exists()


def test_an_earlier_commit_can_be_had_again(own: Repository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    first = repository(source, {"app.py": "1", "gone.py": "x"})
    git(source, "rm", "--quiet", "gone.py")
    repository(source, {"app.py": "2"})
    fetch(own, Secret(str(source)), "", local=True)
    export(own, first, into(tmp_path))
    assert (tmp_path / "into" / "app.py").read_text() == "1"
    assert (tmp_path / "into" / "gone.py").exists()


def test_a_shallow_fetch_has_no_history_until_it_is_wanted(own: Repository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    repository(source, {"app.py": "1"})
    second = repository(source, {"app.py": "2"})
    url = Secret(f"file://{source}")
    assert fetch(own, url, "main", local=True, shallow=True) == second
    assert git(own.folder, "rev-list", "--count", "refs/fetched/head") == "1"
    export(own, second, into(tmp_path))
    assert (tmp_path / "into" / "app.py").read_text() == "2"
    assert fetch(own, url, "main", local=True) == second
    assert git(own.folder, "rev-list", "--count", "refs/fetched/head") == "2"


def test_submodules_come_along(own: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path / "library", {"lib.py": "lib"})
    source = tmp_path / "source"
    repository(source, {"app.py": "1"})
    git(source, "submodule", "--quiet", "add", str(tmp_path / "library"), "library")
    commit = repository(source, {"app.py": "2"})
    fetch(own, Secret(str(source)), "main", local=True)
    with pytest.raises(BuildError, match="submodules") as raised:
        export(own, commit, into(tmp_path))
    assert "not allowed" in raised.value.detail, "no folder of this machine is fetched for a site"
    without = tmp_path / "without"
    without.mkdir()
    export(own, commit, without, submodules=False)
    assert (without / "app.py").read_text() == "2"


def test_a_link_out_of_the_repository_is_refused(own: Repository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "out").symlink_to("/etc/passwd")
    commit = repository(source, {"app.py": "1"})
    fetch(own, Secret(str(source)), "main", local=True)
    with pytest.raises(UsageError, match="link that leads out of it: out"):
        export(own, commit, into(tmp_path))


def test_nothing_of_the_repository_runs(own: Repository, tmp_path: Path) -> None:
    source, mark = tmp_path / "source", tmp_path / "ran"
    commit = repository(source, {"app.py": "1", ".gitattributes": "*.py filter=evil"})
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        hook = own.folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
    with (own.folder / "config").open("a") as configuration:
        configuration.write(
            f'[filter "evil"]\n\tsmudge = touch {mark}; cat\n[core]\n\tfsmonitor = touch {mark}\n'
        )
    own = open_repository(own.home)
    fetch(own, Secret(str(source)), "main", local=True)
    export(own, commit, into(tmp_path))
    assert not mark.exists()


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "file:///etc", "/etc", "--upload-pack=id", "-oProxyCommand=id:x"]
)
def test_an_address_that_would_run_or_read_something_here_is_refused(own: Repository, url: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        fetch(own, Secret(url), "main")


@pytest.mark.parametrize("revision", ["--output=x", "-x", "a b", "a\nb", "x" * 300])
def test_a_revision_that_is_none_is_refused(own: Repository, revision: str) -> None:
    with pytest.raises(UsageError, match="has no commit"):
        commit_of(own, revision)


def test_what_cannot_be_fetched_is_said_without_its_password(own: Repository) -> None:
    with pytest.raises(BuildError) as raised:
        fetch(own, Secret("http://user:pa55word@127.0.0.1:1/r.git?token=t0ken"), "main")
    told = f"{raised.value.what} {raised.value.found} {raised.value.detail}"
    assert "127.0.0.1:1/r.git" in told
    assert "pa55word" not in told
    assert "t0ken" not in told


def test_a_branch_moves_only_from_where_it_is_known_to_stand(own: Repository, tmp_path: Path) -> None:
    source, none = tmp_path / "source", "0" * 40
    first = repository(source, {"app.py": "1"})
    second = repository(source, {"app.py": "2"})
    fetch(own, Secret(str(source)), "main", local=True)
    move_branch(own, "refs/heads/main", first, none)
    move_branch(own, "refs/heads/main", second, first)
    with pytest.raises(UsageError, match="git cannot do that"):
        move_branch(own, "refs/heads/main", first, first)
    assert commit_of(own, "main").id == second
    move_branch(own, "refs/heads/main", none, second)
    with pytest.raises(UsageError, match="has no commit"):
        commit_of(own, "refs/heads/main")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h.example:8/r.git?x=1#f", "https://h.example:8/r.git"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("/srv/r?x", "/srv/r"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown
