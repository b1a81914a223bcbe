"""What lies in a site's repository runs nothing and leads nowhere, whoever has written it there."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.deployments import APP, Home
from tests.management import Management
from tests.pusher import Pusher, listening
from webstead.errors import BuildError
from webstead.settings import Secret
from webstead.site.deploy.git import commit_of, fetch, move_branch
from webstead.site.deploy.model import Commit
from webstead.site.deploy.repository import open_repository
from webstead.site.homes import SiteHome

EVIL = "[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {program}\n"
BARE = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path / "home", "shop", "blog")


@pytest.fixture
def pusher(tmp_path: Path, management: Management) -> Iterator[Pusher]:
    with listening(management) as port:
        yield Pusher(tmp_path / "work", management.store, port)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """It leaves `ran` beside it."""
    made = tmp_path / "program"
    made.write_text(f"#!/bin/sh\necho $0 $@ >> {tmp_path}/ran\n")
    made.chmod(0o755)
    return made


def signed(pusher: Pusher, text: str) -> str:
    """A commit that says it is signed."""
    pusher.commit(text)
    raw = pusher.git("cat-file", "commit", "HEAD")
    head, _, message = raw.partition("\n\n")
    mark = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    (pusher.folder.parent / "signed").write_text(f"{head}\n{mark}\n\n{message}\n")
    commit = pusher.git(
        "hash-object", "-t", "commit", "-w", "--literally", str(pusher.folder.parent / "signed")
    )
    pusher.git("update-ref", "refs/heads/main", commit)
    return commit


def lead_elsewhere(home: SiteHome, other: Path) -> None:
    """The repository takes all that working copies share from another one."""
    (home.repository / "commondir").write_text(f"{other}\n")


def test_a_repository_that_leads_to_another_sites_tells_nothing_of_it(
    pusher: Pusher, management: Management, tmp_path: Path
) -> None:
    pusher.commit("secret of shop")
    assert pusher.push().returncode == 0
    blog, url = management.server.site("blog"), pusher.url_of("blog")
    assert pusher.git("ls-remote", url) == ""
    lead_elsewhere(blog, management.server.site("shop").repository)
    assert pusher.git("ls-remote", url) == ""
    (blog.repository / "objects" / "info").mkdir(exist_ok=True)
    alternates = blog.repository / "objects" / "info" / "alternates"
    alternates.write_text(f"{management.server.site('shop').repository}/objects\n")
    assert pusher.git("ls-remote", url) == ""
    assert not alternates.exists()
    for name in ("packed-refs", "refs"):
        there, mine = management.server.site("shop").repository / name, blog.repository / name
        if there.exists():
            pusher.run("-C", str(tmp_path), "--version")
            os.rename(mine, tmp_path / "aside") if mine.exists() else None
            mine.symlink_to(there)
            assert pusher.git("ls-remote", url) == "", name


def test_no_program_runs_that_a_repository_names(
    pusher: Pusher, management: Management, program: Path, tmp_path: Path
) -> None:
    home = management.server.site("shop")
    pusher.commit("one")
    assert pusher.push().returncode == 0
    other = home.data / "other"
    pusher.git("clone", "--quiet", "--bare", pusher.url, str(other))
    with (other / "config").open("a") as configuration:
        configuration.write(EVIL.format(program=program))
    lead_elsewhere(home, other)
    commit = signed(pusher, "two")
    done = pusher.push()
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert done.returncode == 0, done.stderr
    assert management.deployer.requests[-1].source == Commit(commit)
    assert not (home.repository / "commondir").exists()


def test_a_commit_that_is_deployed_again_runs_nothing_that_the_configuration_names(
    tmp_path: Path, program: Path
) -> None:
    """The configuration is ours again before git reads it."""
    home = Home(tmp_path / "home")
    work = Management(home.server.root, "other")
    with listening(work) as port:
        pusher = Pusher(tmp_path / "work", work.store, port)
        (pusher.folder / "app.py").write_text(APP % "one")
        commit = signed(pusher, APP % "one")
        assert pusher.push().returncode == 0
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="false")
    (home.site.repository / "config").write_text(BARE + EVIL.format(program=program))
    home.deploy(Commit(commit), id=commit)
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert home.text("app.py") == APP % "one"


def test_options_name_anew_what_a_configuration_names(
    pusher: Pusher, management: Management, program: Path, tmp_path: Path
) -> None:
    """Also of one that is changed while git is about to read it."""
    home = management.server.site("shop")
    commit = signed(pusher, "one")
    assert pusher.push().returncode == 0
    repository = open_repository(home)
    named = f"""[core]
    fsmonitor = {program}
    hooksPath = {program.parent}
    sshCommand = {program}
    gitProxy = {program}
    pager = {program}
    alternateRefsCommand = {program}
[credential]
    helper = {program}
[gpg "ssh"]
    program = {program}
[remote "origin"]
    url = ext::{program}
    promisor = true
    partialclonefilter = blob:none
[uploadpack]
    packObjectsHook = {program}
"""
    (home.repository / "config").write_text(BARE + EVIL.format(program=program) + named)
    (program.parent / "reference-transaction").symlink_to(program)
    (home.repository / "objects" / "info" / "alternates").write_text(f"{pusher.folder}/.git/objects\n")
    assert commit_of(repository, commit).id == commit
    move_branch(repository, "refs/heads/other", commit, "0" * 40)
    repository.asked("cat-file", "blob", "a" * 40)
    repository.asked("receive-pack", "--http-backend-info-refs", str(home.repository))
    unnamed = f"http://127.0.0.1:{pusher.port}/shop.git"
    for address in ("ssh://127.0.0.1:1/x", "git://127.0.0.1:1/x", unnamed):
        with pytest.raises(BuildError):
            fetch(repository, Secret(address), "main")
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()


# What the management's other ways in may write


def archive(names: list[str]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return packed.getvalue()


def test_only_git_writes_into_the_repository(management: Management) -> None:
    home = management.server.site("shop")
    assert management.ask("GET", "/scmvfs/").status_code == 200, "it is there"
    (home.data / "link").symlink_to(home.repository)
    for path in (
        "site/repository/commondir",
        "data/link/commondir",
        "site/repository/objects/info/alternates",
    ):
        answer = management.ask("PUT", f"/api/vfs/{path}", content=b"x")
        assert answer.status_code == 409, path
        assert "push" in answer.text
    assert management.ask("PUT", "/api/vfs/site/repository/x/").status_code == 409
    for folder, name in (
        ("site/repository/", "commondir"),
        ("site/", "repository/commondir"),
        ("", "site/repository/x/y"),
    ):
        answer = management.ask("PUT", f"/api/zip/{folder}", content=archive([name]))
        assert answer.status_code == 409, (folder, name)
    assert not (home.repository / "commondir").exists()
    assert not (home.repository / "x").exists()
    assert management.ask("GET", "/api/vfs/site/repository/HEAD").status_code == 200
