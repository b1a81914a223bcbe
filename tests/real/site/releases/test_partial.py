"""A zip that leaves out what the release that serves has: made by the client, completed by the server."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.deployments import APP, Home
from tests.fuzz_targets import fuzz_target
from webstead.client import changes as client
from webstead.client.packing import packed
from webstead.client.releases import Known
from webstead.client.selection import select
from webstead.errors import UsageError
from webstead.site.deploy.model import Zip
from webstead.site.releases.manifest import Manifest
from webstead.site.releases.partial import UNCHANGED, Incomplete, known_files
from webstead.site.releases.unpack import Like, Unpacked, unpack

FILES = {"app.py": b"print(1)", "static/a.css": b"a {}", "run.sh": b"#!"}


class Site:
    """A project, and the releases that are made of it as a client sends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.manifest = Manifest()
        self.release = folder / "none"

    def write(self, files: dict[str, bytes]) -> None:
        shutil.rmtree(self.project, ignore_errors=True)
        self.project.mkdir()
        for path, data in files.items():
            (self.project / path).parent.mkdir(parents=True, exist_ok=True)
            (self.project / path).write_bytes(data)
            (self.project / path).chmod(0o755 if path.endswith(".sh") else 0o644)

    def deploy(self, name: str) -> tuple[Unpacked, list[str]]:
        """What became of it, and the names that were sent."""
        known = {
            each.path: Known(each.size, each.crc32, each.executable)
            for each in known_files(self.release, self.manifest)
        }
        found = client.changes(select(self.project), "1", known)
        file = self.folder / f"{name}.zip"
        note = found.note if found.unchanged else None
        with packed(found.selection, note=note) as made:
            file.write_bytes(made.file.read())
        into = self.folder / name
        into.mkdir()
        like = Like(self.release, self.manifest)
        done = unpack(file, into, like=like, partial=note is not None)
        self.release, self.manifest = into, done.manifest
        with zipfile.ZipFile(file) as archive:
            return done, archive.namelist()

    def seen(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.release).as_posix(): path.read_bytes()
            for path in self.release.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_client_and_server_call_the_list_alike() -> None:
    assert client.UNCHANGED == UNCHANGED


def test_only_what_has_changed_is_sent_whatever_its_time(site: Site) -> None:
    site.write(FILES)
    assert site.deploy("1")[1] == sorted(FILES)
    new = {"app.py": b"print(2)", "static/a.css": b"a {}", "run.sh": b"#!", "new.py": b"n"}
    site.write(new)
    for path in new:
        os.utime(site.project / path, (1_800_000_000, 1_800_000_000))
    done, sent = site.deploy("2")
    assert sent == ["app.py", "new.py", UNCHANGED]
    assert site.seen() == new
    assert done.reused == 2
    assert (site.release / "run.sh").stat().st_mode & 0o111


def test_a_file_that_may_be_executed_now_is_sent(site: Site) -> None:
    site.write(FILES)
    site.deploy("1")
    (site.project / "app.py").chmod(0o755)
    assert "app.py" in site.deploy("2")[1]
    assert (site.release / "app.py").stat().st_mode & 0o111


def test_what_was_touched_in_the_release_is_sent(site: Site) -> None:
    site.write(FILES)
    site.deploy("1")
    (site.release / "app.py").write_bytes(b"print(9)")
    assert "app.py" in site.deploy("2")[1]
    assert site.seen() == FILES


PATHS = st.sampled_from(["a", "b", "d/x", "d/y", "d/e/z", "c", "c.sh"])
CONTENTS = st.dictionaries(PATHS, st.binary(max_size=2), min_size=1, max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(trees=st.lists(CONTENTS, min_size=2, max_size=3))
def test_the_release_is_the_folder_whatever_was_there(tmp_path: Path, trees: list[dict[str, bytes]]) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    site = Site(tmp_path)
    for number, tree in enumerate(trees):
        site.write(tree)
        site.deploy(str(number))
        assert site.seen() == tree


# What a client may claim


def base(folder: Path) -> Like:
    """With app.py, static/a.css and run.sh."""
    site = Site(folder)
    site.write(FILES)
    site.deploy("base")
    return Like(site.release, site.manifest)


def claim(folder: Path, listed: bytes, files: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(folder / "claim.zip", "w") as archive:
        archive.writestr(UNCHANGED, listed)
        for path, data in (files or {}).items():
            archive.writestr(path, data)
    return folder / "claim.zip"


@pytest.mark.parametrize(
    "listed",
    [b"gone.py", b"../base/app.py", b"/etc/passwd", b"static", b"app.py/", b"app.py\0", b"./app.py"],
)
def test_what_the_release_does_not_have_is_refused(tmp_path: Path, listed: bytes) -> None:
    like = base(tmp_path)
    (tmp_path / "into").mkdir()
    with pytest.raises(Incomplete, match="leaves out"):
        unpack(claim(tmp_path, listed), tmp_path / "into", like=like, partial=True)
    assert not list((tmp_path / "into").iterdir())


@pytest.mark.parametrize(
    ("listed", "files", "words"),
    [
        (b"app.py", {"App.py": b""}, "case does not count"),
        (b"app.py", {"app.py/x": b""}, "a file and a folder"),
        (b"\xff", {}, "no UTF-8"),
    ],
)
def test_what_cannot_be_beside_it_is_refused(
    tmp_path: Path, listed: bytes, files: dict[str, bytes], words: str
) -> None:
    like = base(tmp_path)
    (tmp_path / "into").mkdir()
    with pytest.raises(UsageError) as raised:
        unpack(claim(tmp_path, listed, files), tmp_path / "into", like=like, partial=True)
    assert words in f"{raised.value.what} {raised.value.found}"
    assert not list((tmp_path / "into").iterdir())


def test_a_zip_without_the_list_is_refused(tmp_path: Path) -> None:
    like = base(tmp_path)
    (tmp_path / "into").mkdir()
    with pytest.raises(UsageError, match="no list"):
        unpack(tmp_path / "base.zip", tmp_path / "into", like=like, partial=True)


def test_what_is_sent_and_listed_is_what_was_sent(tmp_path: Path) -> None:
    like = base(tmp_path)
    (tmp_path / "into").mkdir()
    file = claim(tmp_path, b"app.py\nrun.sh", {"app.py": b"sent"})
    assert set(unpack(file, tmp_path / "into", like=like, partial=True).manifest.files) == {
        "app.py",
        "run.sh",
    }
    assert (tmp_path / "into/app.py").read_bytes() == b"sent"


fuzz = fuzz_target("fuzz_partial")


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.sampled_from(["app.py", "a/b", "a", "..", "x\ny", ""])).map("\n".join))
def test_any_list_is_a_release_or_refused(data: str) -> None:
    fuzz(data.encode())


# As a deployment


def app(answer: str) -> str:
    return APP % answer


def partial(home: Home, listed: str, files: dict[str, str], release: str) -> Zip:
    return Zip(home.upload({**files, UNCHANGED: listed}), folder=True, base=release)


def test_a_deployment_of_what_has_changed_and_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.deploy({"app.py": app("1"), "a.txt": "a", "b.txt": "b"})
    second = home.deploy(partial(home, "a.txt", {"app.py": app("2")}, first.release))
    www = home.site.wwwroot
    assert sorted(path.name for path in www.iterdir()) == ["a.txt", "app.py"]
    assert (www / "a.txt").read_text() == "a"
    assert not (home.site.deployments / second.id / "package.zip").exists(), "it is not whole"


def test_a_base_that_has_gone_is_told_and_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.deploy({"app.py": app("1")})
    for gone in ("0" * 32, "../releases", ".spare"):
        with pytest.raises(Incomplete, match="leaves out") as raised:
            home.deploy(partial(home, "app.py", {}, gone))
        assert "webstead deploy --whole" in raised.value.fix
    assert home.site.release == first.release
