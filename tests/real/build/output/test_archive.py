"""Archives are written, and unpacked again, by our own and by the system's tar."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from webstead.build.output import ENDINGS, Format, Item, folder_items, output_digest, write_archive
from webstead.build.output.unpack import unpack

FORMATS: list[Format] = ["zstd", "tar-gz", "zip"]
LONG = "a" * 120 + "/" + "b" * 120 + "/ü€.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "code.py").write_text("print(1)\n" * 5000)
    (folder / "empty").write_bytes(b"")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    (folder / "now").symlink_to("lib/code.py")
    (folder / LONG).parent.mkdir(parents=True)
    (folder / LONG).write_bytes(os.urandom(3_000_000))
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_packed_comes_out(tree: Path, tmp_path: Path, form: Format) -> None:
    made = write_archive(folder_items(tree), tmp_path / f"a{ENDINGS[form]}", form)
    unpack(str(made.path), str(tmp_path / "out"))
    again = write_archive(folder_items(tmp_path / "out"), tmp_path / f"b{ENDINGS[form]}", form)
    assert again.path.read_bytes() == made.path.read_bytes()
    assert output_digest(again.entries) == output_digest(made.entries)
    assert (tmp_path / "out" / "now").readlink() == Path("lib/code.py")
    assert os.access(tmp_path / "out" / "run", os.X_OK)
    assert not (tmp_path / "out" / "pipe").exists()


@pytest.mark.parametrize("form", ["zstd", "tar-gz"])
def test_tar_reads_what_we_write(tree: Path, tmp_path: Path, form: Format) -> None:
    made = write_archive(folder_items(tree), tmp_path / f"a{ENDINGS[form]}", form)
    (tmp_path / "out").mkdir()
    plain = tmp_path / "a.tar"
    if form == "zstd":
        import zstandard

        with made.path.open("rb") as packed, plain.open("wb") as unpacked:
            zstandard.ZstdDecompressor().copy_stream(packed, unpacked)
        words = ["tar", "-xf", str(plain)]
    else:
        words = ["tar", "-xzf", str(made.path)]
    subprocess.run([*words, "-C", str(tmp_path / "out")], check=True, timeout=30)
    assert (tmp_path / "out" / LONG).read_bytes() == (tree / LONG).read_bytes()


def test_a_file_that_changes_while_it_is_packed_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("longer than it was")
    item = Item("log", 4, source=str(tmp_path / "log"))
    with pytest.raises(OSError, match="changed while it was read"):
        write_archive([item], tmp_path / "a.tar.zst", "zstd")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log"]


def test_what_stands_in_the_archive_is_the_same_everywhere(tree: Path, tmp_path: Path) -> None:
    made = write_archive(folder_items(tree), tmp_path / "a.tar.gz", "tar-gz", epoch=1_700_000_000)
    with tarfile.open(made.path) as archive:
        members = archive.getmembers()
    assert {member.mtime for member in members} == {1_700_000_000}
    assert {(member.uid, member.gid, member.uname) for member in members} == {(0, 0, "")}
    assert {oct(member.mode) for member in members if member.isreg()} == {"0o644", "0o755"}
