"""Builds of a site with a system user: all code of the project runs as that, in a cache of its own. Who is
not root learns that it has to be."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deployments import APP, Home
from webstead.effects.files import remove_tree
from webstead.errors import BuildError, StartError
from webstead.site.releases.lending import lent
from webstead.site.server.facts import Facts
from webstead.site.server.target import target_of
from webstead.site.store.model import SiteOptions, Status
from webstead.site.store.sites import find_site, set_options

NOBODY = 65534
AS_NOBODY = f"import os\nassert os.getuid() == {NOBODY}, os.getuid()\n"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """In a folder that every user can enter, with a Python that every user can run."""
    with TemporaryDirectory(prefix="webstead-test-") as made:
        Path(made).chmod(0o755)
        monkeypatch.setenv("WEBSTEAD_CACHE_DIR", str(Path(made) / "cache"))
        monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
        home = Home(Path(made) / "home")
        set_options(home.store, "shop", SiteOptions(user=str(NOBODY)))
        yield home


def we_are_root(home: Home) -> bool:
    if os.geteuid() == 0:
        return True
    with pytest.raises(StartError, match="Only root can start processes"):
        home.deploy({"app.py": APP % "one"})
    return False


def test_hooks_the_check_of_the_start_and_the_release_step_run_as_the_user(home: Home) -> None:
    if not we_are_root(home):
        return
    home.set(
        SCM_DO_BUILD_DURING_DEPLOYMENT="true",
        PRE_BUILD_COMMAND="id -u > built-by.txt; chmod 600 built-by.txt",
    )
    step = f'release: python -c "{AS_NOBODY.strip().replace(chr(10), "; ")}"\n'
    done = home.deploy({"app.py": AS_NOBODY + APP % "one", "Procfile": step, "requirements.txt": "# none\n"})
    assert done.status == Status.SUCCESS
    assert home.text("built-by.txt") == f"{NOBODY}\n"
    for path in (home.site.folder_of(done.release), *home.site.folder_of(done.release).rglob("*")):
        info = path.lstat()
        assert info.st_uid == 0, f"{path} is ours again"
        assert not info.st_mode & 0o022 or stat.S_ISLNK(info.st_mode)
    assert (home.site.wwwroot / "built-by.txt").stat().st_mode & 0o040, "the user reads it, by its group"


def test_environments_of_such_a_user_are_in_its_own_cache(home: Home) -> None:
    if not we_are_root(home):
        return
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true")
    home.deploy({"app.py": APP % "one", "requirements.txt": "# none\n"})
    cache = Path(os.environ["WEBSTEAD_CACHE_DIR"])
    assert [path.name for path in cache.iterdir()] == ["users"], "nothing of it is shared"
    own = cache / "users" / str(NOBODY)
    assert own.stat().st_mode & 0o777 == 0o700
    (made,) = (path for path in (own / "environments").iterdir() if path.is_dir())
    assert made.stat().st_uid == NOBODY


def test_an_environment_that_has_gone_is_built_again_as_the_user_when_the_site_is_warmed(home: Home) -> None:
    if not we_are_root(home):
        return
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true")
    home.deploy({"app.py": APP % "one", "requirements.txt": "# none\n"})
    environments = Path(os.environ["WEBSTEAD_CACHE_DIR"]) / "users" / str(NOBODY) / "environments"
    remove_tree(environments)
    record = find_site(home.store, "shop")
    assert record is not None
    target = target_of(home.site, Facts(record, {}, home.site.release), "shop.localhost", lambda event: None)
    assert target.error is None
    assert target.confinement.user == NOBODY
    (made,) = (path for path in environments.iterdir() if path.is_dir())
    assert made.stat().st_uid == NOBODY


@pytest.mark.parametrize(
    "wrong",
    [
        "cat {server}/server.sqlite",
        "touch {server}/sites/mine",
        "touch {site}/site/deployments/mine",
        "mkdir {cache}/environments",
        "mkdir {cache}/users/0",
    ],
)
def test_a_build_gets_at_nothing_that_is_not_the_users(home: Home, wrong: str) -> None:
    if not we_are_root(home):
        return
    folders = {"server": home.server.root, "site": home.site.root, "cache": os.environ["WEBSTEAD_CACHE_DIR"]}
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true", PRE_BUILD_COMMAND=wrong.format(**folders))
    with pytest.raises(BuildError) as raised:
        home.deploy({"app.py": APP % "one", "requirements.txt": "# none\n"})
    assert "ermission denied" in f"{raised.value.found} {raised.value.detail}"
    assert not list(home.site.releases.iterdir())


def test_the_command_of_a_deployment_runs_as_the_user_and_has_a_folder_for_its_files(home: Home) -> None:
    if not we_are_root(home):
        return
    home.set(COMMAND='id -u > by.txt && touch "$DEPLOYMENT_TEMP/x" "$NEXT_MANIFEST_PATH"')
    done = home.deploy({"app.py": APP % "one"})
    assert home.text("by.txt") == f"{NOBODY}\n"
    assert (home.site.wwwroot / "by.txt").stat().st_uid == 0
    temporary = Path(os.environ["WEBSTEAD_CACHE_DIR"]) / "users" / str(NOBODY) / "tmp"
    assert done.status == Status.SUCCESS
    assert not list(temporary.iterdir())


def test_what_links_out_of_a_lent_release_is_left_alone(tmp_path: Path) -> None:
    """A build leaves a link and a hard link to files of others behind."""
    if os.geteuid() != 0:
        with lent(tmp_path, os.geteuid(), os.getegid()):
            assert tmp_path.stat().st_uid == os.geteuid()
        return
    release, other = tmp_path / "release", tmp_path / "other"
    (release / "deep").mkdir(parents=True)
    (release / "deep" / "own").write_text("")
    other.write_text("")
    with lent(release, NOBODY, NOBODY):
        assert (release / "deep" / "own").stat().st_uid == NOBODY
        os.chown(other, 1, 1)
        os.link(other, release / "hard")
        (release / "soft").symlink_to(other)
        os.mkfifo(release / "pipe")
    assert other.stat().st_uid == 1
    assert (release / "deep" / "own").stat().st_uid == release.stat().st_uid == 0
