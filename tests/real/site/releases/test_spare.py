"""A folder that lies ready for the next release: taken, fitted, and never anybody else's."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.site.deploy.spares import Spares
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.releases import spare
from webstead.site.releases.manifest import EMPTY, Manifest, write_manifest
from webstead.site.releases.pointer import switch
from webstead.site.releases.spare import copy_to_spare, give_to_spare, has_spare, take_spare
from webstead.site.releases.unpack import Like, Unpacked, unpack

TIME = (2026, 3, 1, 12, 30, 10)
FILES = {"app.py": b"print(1)", "static/a.css": b"a {}", "static/deep/b.css": b"b {}", "run.sh": b"#!"}


class Site:
    """Releases of zips, as deployments make them."""

    def __init__(self, folder: Path) -> None:
        self.home = ServerHome(folder).site("shop")
        self.home.make()
        self.folder = folder
        self.manifests: dict[str, Manifest] = {}

    def release(self, name: str, files: dict[str, bytes], like: str = "") -> Unpacked:
        raw = self.home.releases / f".{name}"
        raw.mkdir()
        base = Like(self.home.folder_of(like), self.manifests[like]) if like else None
        taken = take_spare(self.home, raw)
        done = unpack(zipped(self.folder / f"{name}.zip", files), raw, like=base, spare=taken)
        raw.rename(self.home.folder_of(name))
        write_manifest(self.home.deployments / name, done.manifest)
        self.manifests[name] = done.manifest
        return done

    def copy(self, name: str) -> None:
        copy_to_spare(self.home, name, self.manifests[name], lambda: False)

    def seen(self, name: str) -> dict[str, bytes]:
        folder = self.home.folder_of(name)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if not path.is_dir() or path.is_symlink()
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(info, data)
    return path


def test_only_what_is_new_is_written(site: Site) -> None:
    site.release("1", FILES)
    site.copy("1")
    before = {path: (site.home.releases / ".spare/files" / path).stat().st_ino for path in FILES}
    new = {**FILES, "app.py": b"print(2)", "new.py": b"n"}
    del new["static/a.css"]
    done = site.release("2", new, like="1")
    assert site.seen("2") == new
    assert done.reused == 2
    folder = site.home.folder_of("2")
    assert (folder / "run.sh").stat().st_ino == before["run.sh"], "it stayed where it was"
    assert (folder / "run.sh").stat().st_mode & 0o111
    assert not has_spare(site.home)
    assert sorted(os.listdir(site.home.releases)) == ["1", "2"]


def test_no_file_is_shared_with_the_release_that_it_was_copied_from(site: Site) -> None:
    site.release("1", FILES)
    site.copy("1")
    site.release("2", FILES, like="1")
    (site.home.folder_of("2") / "app.py").write_bytes(b"written in place")
    assert site.seen("1") == FILES


def test_a_release_that_goes_is_the_next_one_s_folder(site: Site) -> None:
    site.release("1", FILES)
    os.symlink("../../kept/shop.db", site.home.folder_of("1") / "shop.db")
    assert give_to_spare(site.home, "1")
    assert not site.home.folder_of("1").exists()
    done = site.release("2", {**FILES, "app.py": b"print(2)"})
    assert site.seen("2") == {**FILES, "app.py": b"print(2)"}, "no link of the earlier release is left"
    assert done.reused == 3
    site.release("3", FILES, like="2")
    site.copy("3")
    assert not give_to_spare(site.home, "2"), "one is enough"


def break_in_place(path: Path) -> None:
    facts = path.stat()
    path.write_bytes(b"print(9)")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))


def replace_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inner").touch()


def give_second_name(path: Path) -> None:
    os.link(path, path.with_name("second.py"))
    os.rename(path.with_name("second.py"), path.parents[4] / "second.py")


@pytest.mark.parametrize(
    "touch",
    [
        break_in_place,
        replace_by_link,
        replace_by_folder,
        give_second_name,
        lambda path: path.chmod(0o666),
        lambda path: path.chmod(0o4644),
        lambda path: path.unlink(),
    ],
    ids=["edited", "link", "folder", "second name", "writable by all", "setuid", "gone"],
)
def test_what_was_touched_is_not_taken(site: Site, touch: object) -> None:
    site.release("1", FILES)
    assert give_to_spare(site.home, "1")
    assert callable(touch)
    touch(site.home.releases / ".spare/files/app.py")
    done = site.release("2", FILES)
    assert done.reused == 3
    assert site.seen("2") == FILES
    facts = (site.home.folder_of("2") / "app.py").lstat()
    assert (facts.st_mode & 0o7777, facts.st_nlink) == (0o644, 1)


def test_a_copy_that_was_halted_is_of_use(site: Site) -> None:
    site.release("1", FILES)
    halted = iter([False, False, True])
    copy_to_spare(site.home, "1", site.manifests["1"], lambda: next(halted))
    done = site.release("2", FILES)
    assert site.seen("2") == FILES
    assert done.reused == 2


def test_there_is_one_only_where_it_was_made(site: Site) -> None:
    raw = site.home.releases / ".2"
    raw.mkdir()
    assert take_spare(site.home, raw) == EMPTY
    assert raw.is_dir()
    (site.home.releases / ".spare").mkdir()
    assert take_spare(site.home, raw) == EMPTY, "a crash came before its files"


def test_it_is_made_after_a_deployment_where_it_saves_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.release("1", FILES)
    switch(site.home, "1")
    spares = Spares()
    made(spares, site.home)
    assert not has_spare(site.home), "four files are written at once"
    monkeypatch.setattr(spare, "WORTH_FILES", 4)
    made(spares, site.home)
    assert has_spare(site.home)
    shutil.rmtree(site.home.releases / ".spare")
    monkeypatch.setattr(spare, "ROOM", 1 << 60)
    made(spares, site.home)
    assert not has_spare(site.home), "the disk has no ample room for it"


def made(spares: Spares, home: SiteHome) -> None:
    spares.begin(home)
    for making in list(spares.making):
        making.join()


CONTENTS = st.dictionaries(
    st.sampled_from(["a", "b", "d/x", "d/y", "d/e/z", "c/w", "run.sh"]), st.binary(max_size=2), max_size=6
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=CONTENTS, second=CONTENTS, third=CONTENTS, touched=st.sampled_from(["", "a", "d/x", "d/e/z"]))
def test_whatever_lay_there_the_release_is_what_the_zip_says(
    tmp_path: Path,
    first: dict[str, bytes],
    second: dict[str, bytes],
    third: dict[str, bytes],
    touched: str,
) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    site = Site(tmp_path)
    site.release("1", first)
    site.release("2", second, like="1")
    if touched in first:
        (site.home.folder_of("1") / touched).write_bytes(b"touched")
    give_to_spare(site.home, "1")
    site.release("3", third, like="2")
    assert site.seen("3") == third
    assert site.seen("2") == second
