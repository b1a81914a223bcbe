from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.client import packing
from webstead.client.packing import packed
from webstead.client.selection import Chosen, Selection, select
from webstead.errors import UsageError

WHEN = 1_700_000_001


def a_site(root: Path) -> Path:
    (root / "static").mkdir()
    (root / "empty").mkdir()
    (root / "app.py").write_text("print(1)\n" * 1000)
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "static" / "grüße.txt").write_text("x")
    (root / "static" / "logo.png").write_bytes(os.urandom(5000))
    for path in (*root.rglob("*"), root):
        os.utime(path, (WHEN, WHEN))
    return root


def zipped(root: Path, target: Path) -> Path:
    with packed(select(root)) as made:
        target.write_bytes(made.file.read())
        assert target.stat().st_size == made.size
    return target


def test_what_was_packed_is_read_by_pythons_own_reader(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    root = a_site(tmp_path / "site")
    with zipfile.ZipFile(zipped(root, tmp_path / "a.zip")) as archive:
        assert archive.testzip() is None
        infos = {info.filename: info for info in archive.infolist()}
        assert list(infos) == ["app.py", "empty/", "run.sh", "static/grüße.txt", "static/logo.png"]
        assert archive.read("app.py") == (root / "app.py").read_bytes()
        assert infos["app.py"].compress_size < 200
        assert infos["static/logo.png"].compress_type == zipfile.ZIP_STORED
        assert infos["run.sh"].external_attr >> 16 == 0o100755
        assert infos["empty/"].is_dir()
        assert infos["app.py"].date_time == (2023, 11, 14, 22, 13, 20)


@pytest.mark.needs("unzip")
def test_what_was_packed_is_unpacked_by_unzip_with_its_times(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    archive = zipped(a_site(tmp_path / "site"), tmp_path / "a.zip")
    subprocess.run(["unzip", "-q", archive, "-d", tmp_path / "out"], check=True)
    assert (tmp_path / "out" / "app.py").stat().st_mtime == WHEN
    assert os.access(tmp_path / "out" / "run.sh", os.X_OK)
    assert (tmp_path / "out" / "static" / "logo.png").stat().st_size == 5000


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    root = a_site(tmp_path / "site")
    first = zipped(root, tmp_path / "1.zip").read_bytes()
    assert zipped(root, tmp_path / "2.zip").read_bytes() == first


@pytest.mark.parametrize("wide", [False, True])
def test_a_large_file_is_packed_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wide: bool
) -> None:
    (tmp_path / "site").mkdir()
    root = a_site(tmp_path / "site")
    monkeypatch.setattr(packing, "_IN_MEMORY", 100)
    if wide:
        monkeypatch.setattr(packing, "_WIDE", 101)
    with zipfile.ZipFile(zipped(root, tmp_path / "a.zip")) as archive:
        assert archive.testzip() is None
        assert archive.read("app.py") == (root / "app.py").read_bytes()
        assert archive.read("static/logo.png") == (root / "static" / "logo.png").read_bytes()


def test_more_files_than_the_old_form_counts_are_all_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    files = tuple(Chosen("a", 1, WHEN, False) for _ in range(70_000))
    with packed(Selection(tmp_path, files, ())) as made, zipfile.ZipFile(made.file) as archive:
        assert len(archive.infolist()) == 70_000


def test_progress_is_told_in_bytes_of_files(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    chosen = select(a_site(tmp_path / "site"))
    told: list[int] = []
    with packed(chosen, told.append):
        assert sum(told) == chosen.size


def test_a_file_that_has_gone_is_told_by_its_name(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError) as raised,
        packed(Selection(tmp_path, (Chosen("gone", 1, WHEN, False),), ())),
    ):
        pass
    assert "gone" in raised.value.found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=2000),
    st.integers(-(1 << 40), 1 << 40),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20).filter(
        lambda name: not set("/\\\0") & set(name) and name not in (".", "..") and len(name.encode()) < 200
    ),
)
def test_any_file_is_read_again(tmp_path: Path, body: bytes, mtime: int, name: str) -> None:
    (tmp_path / name).write_bytes(body)
    with (
        packed(Selection(tmp_path, (Chosen(name, len(body), mtime, False),), ())) as made,
        zipfile.ZipFile(made.file) as archive,
    ):
        assert archive.namelist() == [name]
        assert archive.read(name) == body
