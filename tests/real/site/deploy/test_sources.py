"""What is deployed besides a whole zip: parts of a site, files beside it, commits; and who is told."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.deployments import APP, Home
from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.deploy.again import redeploy
from webstead.site.deploy.hooks import publish
from webstead.site.deploy.model import Commit, Folder, Published, Url, Zip
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.onedeploy import placed
from webstead.site.deploy.repository import open_repository
from webstead.site.store.hooks import list_hooks, save_hook
from webstead.site.store.model import Hook

ONE = {"app.py": APP % "one"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def published(home: Home, kind: str, path: str, data: str) -> Zip | Published:
    file = home.server.temporary / "published"
    file.write_text(data)
    return placed(home.site, kind, path, file)


def test_one_file_is_put_among_those_that_serve_and_stays(home: Home) -> None:
    home.deploy({**ONE, "logo.txt": "old"})
    home.deploy(published(home, "static", "static/new.txt", "new"))
    assert (home.text("app.py"), home.text("static/new.txt")) == (APP % "one", "new")
    assert home.text("logo.txt") == "old"
    home.deploy({"app.py": APP % "two"})
    assert home.text("static/new.txt") == "new"
    assert not (home.site.wwwroot / "logo.txt").exists()


def test_a_file_that_is_published_over_another_takes_its_place(home: Home) -> None:
    home.deploy({**ONE, "logo.txt": "old"})
    home.deploy(published(home, "static", "logo.txt", "new"))
    assert home.text("logo.txt") == "new"


def test_a_zip_into_a_folder_leaves_all_else(home: Home) -> None:
    home.deploy({**ONE, "sub/old.txt": "old"})
    home.deploy(Zip(home.upload({"new.txt": "new"}), "sub"), clean=True)
    assert home.text("app.py") == APP % "one"
    assert sorted(path.name for path in (home.site.wwwroot / "sub").iterdir()) == ["new.txt"]


def test_a_script_goes_beside_the_site_and_makes_no_release(home: Home) -> None:
    before = home.deploy(ONE).release
    done = home.deploy(published(home, "startup", "", "echo hello\n"))
    script = home.site.root / "site" / "scripts" / "startup.sh"
    assert script.read_text() == "echo hello\n"
    assert os.access(script, os.X_OK)
    assert home.site.release == before
    assert done.release == ""
    assert home.host.events[-1] == f"activate {before}"


def test_a_target_that_a_link_leads_out_of_the_home_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (home.site.data / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out"):
        home.deploy(published(home, "static", "/home/data/out/file.txt", "x"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_zip_goes_nowhere_that_the_app_s_links_lead_out_to(home: Home, tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", home.site.data / "models"
    outside.mkdir()
    (outside / "theirs").write_text("theirs")
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    package = home.upload({"link/evil": "x"})
    with pytest.raises(UsageError, match="leads out"):
        home.deploy(placed(home.site, "zip", "/home/data/models", package, clean=False))
    assert [path.name for path in outside.iterdir()] == ["theirs"]
    package = home.upload({"link/mine": "x"})
    home.deploy(placed(home.site, "zip", "/home/data/models", package), clean=True)
    assert (folder / "link" / "mine").read_text() == "x", "what is emptied loses the link, too"
    assert not (folder / "link").is_symlink()
    assert [path.name for path in outside.iterdir()] == ["theirs"]
    assert list(home.server.temporary.iterdir()) == []
    assert [path.name for path in home.site.releases.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("clean", [False, True])
def test_nothing_is_published_through_a_link_to_what_deployments_need(home: Home, clean: bool) -> None:
    release = home.deploy(ONE).release
    (home.site.data / "link").symlink_to("../site/releases")
    for kind, path in (("zip", "/home/data/link"), ("static", "/home/data/link/x.txt")):
        place = placed(home.site, kind, path, home.upload({"x.txt": "x"}), clean=clean)
        with pytest.raises(UsageError, match="cannot be emptied" if clean else "Nothing can be published"):
            home.deploy(place, clean=clean)
    assert home.site.release == release
    assert home.text("app.py") == ONE["app.py"]


def test_what_a_zip_holds_for_the_folders_of_deployments_is_refused(home: Home) -> None:
    release = home.deploy(ONE).release
    for path in (f"site/releases/{release}/app.py", ".ssh/id_rsa", "site/wwwroot"):
        place = placed(home.site, "zip", "/home", home.upload({"data/a.txt": "a", path: "evil"}), clean=False)
        with pytest.raises(UsageError, match="Nothing can be published"):
            home.deploy(place)
    assert home.text("app.py") == ONE["app.py"]
    assert not (home.site.data / "a.txt").exists(), "all of it, or nothing"


def test_what_stands_in_the_way_of_a_published_file_is_named(home: Home) -> None:
    (home.site.data / "x" / "a.txt").mkdir(parents=True)
    for kind, path in (("static", "/home/data/x/a.txt"), ("zip", "/home/data/x")):
        place = placed(home.site, kind, path, home.upload({"a.txt": "a"}), clean=False)
        with pytest.raises(UsageError, match="Something else stands") as refused:
            home.deploy(place)
        assert "data/x/a.txt: a folder is there already" in refused.value.found
    assert (home.site.data / "x" / "a.txt").is_dir()


def test_what_is_published_to_a_folder_belongs_to_whom_the_folder_does(home: Home) -> None:
    if os.geteuid() != 0:
        return
    folder = home.site.data / "x"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    home.deploy(published(home, "static", "/home/data/x/a.txt", "a"))
    home.deploy(placed(home.site, "zip", "/home/data/x", home.upload({"b/c.txt": "c"}), clean=False))
    for path in (folder, folder / "a.txt", folder / "b", folder / "b" / "c.txt"):
        assert path.stat().st_uid == 65534, path


def commit_into(home: Home, work: Path, files: dict[str, str]) -> str:
    """Push a commit to the site's repository, as a client would."""
    repository = open_repository(home.site).folder
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(work)}

    def git(*words: str) -> str:
        own = ["git", "-C", str(work), "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *words]
        return subprocess.run(own, env=environ, check=True, capture_output=True, text=True).stdout.strip()

    if not (work / ".git").is_dir():
        git("init", "--quiet")
    for name, text in files.items():
        (work / name).write_text(text)
    git("add", ".")
    git("commit", "--quiet", "-m", "The first words")
    git("push", "--quiet", "--force", str(repository), "HEAD:master")
    return git("rev-parse", "HEAD")


@pytest.mark.needs("git")
def test_a_commit_is_deployed_built_and_deployed_again(home: Home, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    first = commit_into(home, work, ONE)
    done = home.deploy(Commit(first), id=first)
    assert (done.source, done.author, done.message) == ("git", "Ann", "The first words")
    assert "It is built, as is usual for a commit of the repository." in home.lines
    second = commit_into(home, work, {"app.py": APP % "two"})
    home.deploy(Commit(second), id=second)
    assert home.text("app.py") == APP % "two"
    redeploy(home.server, home.store, home.host, "shop", first, clean=False, clock=home.clock)
    assert home.text("app.py") == APP % "one"


def test_a_commit_without_a_repository_is_said_with_kudus_words(home: Home) -> None:
    with pytest.raises(NotHere, match="Repository could not be found"):
        home.deploy(Commit("a" * 40))


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent; gives `package` to who asks for it."""

    received: ClassVar[list[tuple[str, str, bytes]]] = []
    package = b""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200 if "ok" in self.path else 404)
        self.send_header("Content-Length", str(len(self.package)))
        self.end_headers()
        self.wfile.write(self.package)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


@contextmanager
def receiver(package: bytes = b"") -> Iterator[tuple[str, type[Receiver]]]:
    class Own(Receiver):
        received: ClassVar[list[tuple[str, str, bytes]]] = []

    Own.package = package
    with HTTPServer(("127.0.0.1", 0), Own) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", Own
        server.shutdown()
        thread.join()


def test_a_hook_is_told_with_its_credentials_and_how_it_went_is_recorded(home: Home) -> None:
    with receiver() as (address, told):
        save_hook(
            home.store, Hook("1", "shop", "PostDeployment", Secret(f"http://ann:p%40ss@{address}/hook"))
        )
        save_hook(home.store, Hook("2", "shop", "Other", Secret(f"http://{address}/other")))
        publish(home.store, "shop", "PostDeployment", json.dumps({"id": "x"}).encode(), clock=home.clock)
        assert told.received == [("/hook", "Basic YW5uOnBAc3M=", b'{"id": "x"}')]
    first, second = list_hooks(home.store, "shop")
    assert (first.last_status, first.last_context) == (204, '{"id": "x"}')
    assert second.last_time is None


def test_a_hook_that_nobody_answers_is_recorded_as_such(home: Home) -> None:
    save_hook(home.store, Hook("1", "shop", "PostDeployment", Secret("http://127.0.0.1:1/hook")))
    publish(home.store, "shop", "PostDeployment", b"{}", clock=home.clock)
    (hook,) = list_hooks(home.store, "shop")
    assert hook.last_status == 0
    assert hook.last_reason


def test_a_package_is_fetched_and_its_token_is_in_no_log(home: Home) -> None:
    data = home.upload(ONE).read_bytes()
    with receiver(data) as (address, _):
        done = home.deploy(Url(Secret(f"http://{address}/ok.zip?sig=hidden"), "zip"))
    assert home.text("app.py") == APP % "one"
    assert f"Fetching http://{address}/ok.zip" in home.lines
    assert not any("hidden" in entry.message for entry in home.log(done.id))


@pytest.mark.parametrize(("kind", "path"), [("static", "a/b.txt"), ("script", "b.sh"), ("lib", "c.py")])
def test_a_file_of_any_type_is_fetched_and_put_in_its_place(home: Home, kind: str, path: str) -> None:
    home.deploy(ONE)
    place = placed(home.site, kind, path, Path())
    assert isinstance(place, Published)
    with receiver(b"what was fetched") as (address, _):
        home.deploy(Url(Secret(f"http://{address}/ok?sig=hidden"), "file", published=place))
    assert place.target.read_bytes() == b"what was fetched"
    assert list(home.server.temporary.iterdir()) == []
    assert not any("hidden" in line for line in home.lines)


def test_a_folder_that_was_packed_for_the_way_is_built_and_a_plain_zip_is_not(home: Home) -> None:
    done = home.deploy(Zip(home.upload(ONE), folder=True))
    assert done.source == "folder"
    assert "It is built, as is usual for a folder." in home.lines
    home.deploy(Zip(home.upload(ONE)))
    assert any(line.startswith("It is not built") for line in home.lines)


def test_a_link_in_the_place_of_its_deployment_file_is_none(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "app.py").write_text(APP % "one")
    (folder / "real").write_text("[config]\nCOMMAND = exit 1\n")
    (folder / ".deployment").symlink_to("real")
    home.deploy(Folder(folder))
    assert home.text("app.py") == APP % "one"


def test_a_clean_zip_into_a_folder_empties_that_folder_alone(home: Home) -> None:
    home.deploy({**ONE, "pages/old.html": "old"})
    home.deploy(published(home, "static", "robots.txt", "robots"))
    www = home.site.wwwroot
    for name in ("shop.db", "pages/mine.html", "uploads/a.png"):
        (www / name).parent.mkdir(exist_ok=True)
        (www / name).write_text("the app's")
    home.deploy(Zip(home.upload({"new.html": "new"}), path="pages"), clean=True)
    assert sorted(path.name for path in (www / "pages").iterdir()) == ["new.html"]
    for name in ("shop.db", "uploads/a.png"):
        assert home.text(name) == "the app's"
    assert (home.text("robots.txt"), home.text("app.py")) == ("robots", ONE["app.py"])


def test_a_clean_zip_into_a_folder_that_the_app_made_empties_it(home: Home) -> None:
    home.deploy(ONE)
    for name in ("uploads/a.png", "uploads/x/b.png"):
        (home.site.wwwroot / name).parent.mkdir(parents=True, exist_ok=True)
        (home.site.wwwroot / name).write_text("the app's")
    home.deploy(Zip(home.upload({"new.png": "new"}), path="uploads/x"), clean=True)
    assert sorted(path.name for path in (home.site.wwwroot / "uploads/x").iterdir()) == ["new.png"]
    assert home.text("uploads/a.png") == "the app's"
