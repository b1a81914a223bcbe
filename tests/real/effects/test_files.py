"""The tree of a real folder, and writes that a crash cannot halve."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.broken_disk import run_where_broken
from webstead.effects import DiskTree, remove_tree, write_atomically
from webstead.project import Tree


def fill(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_the_tree_lists_the_projects_own_files_sorted(tmp_path: Path) -> None:
    fill(tmp_path, "b.py", "a/z.py", "a.py", "node_modules/x.js", "deep/node_modules/y.js", "été.txt")
    fill(tmp_path, "anyname/pyvenv.cfg", "anyname/lib/six.py")
    tree: Tree = DiskTree(tmp_path, {"node_modules"})
    assert tree.files() == ["a.py", "a/z.py", "b.py", "été.txt"]
    assert tree.read("a/z.py") == b"a/z.py"


def test_links_that_leave_the_root_are_not_there(tmp_path: Path) -> None:
    root = tmp_path / "root"
    fill(tmp_path, "secret.txt", "elsewhere/code.py", "root/real.py", "root-of-another/x.py")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outdir").symlink_to(tmp_path / "elsewhere")
    (root / "neighbour.py").symlink_to(tmp_path / "root-of-another" / "x.py")
    (root / "dangling").symlink_to("nowhere")
    (root / "inside.py").symlink_to("real.py")
    (root / "cycle").symlink_to(".")
    tree = DiskTree(root)
    assert tree.files() == ["inside.py", "real.py"]
    assert tree.read("inside.py") == b"root/real.py"


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "out.txt", "outdir/code.py", "/etc/hostname", "a/../../secret.txt", "folder", "no"],
)
def test_read_never_leaves_the_root(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    fill(tmp_path, "secret.txt", "elsewhere/code.py", "root/folder/x", "root/a/x")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outdir").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        DiskTree(root).read(path)


def test_special_files_are_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    fill(tmp_path, "a.py")
    tree = DiskTree(tmp_path)
    assert tree.files() == ["a.py"]
    with pytest.raises(FileNotFoundError):
        tree.read("pipe")


def test_the_limit_cuts_the_deepest_files_and_says_so(tmp_path: Path) -> None:
    fill(tmp_path, "media/1", "media/2", "media/3", "app.py", "z.py")
    tree = DiskTree(tmp_path, max_files=3)
    assert tree.files() == ["app.py", "media/1", "z.py"]
    assert not tree.complete
    assert DiskTree(tmp_path, max_files=5).complete


def test_a_stamp_changes_with_its_file(tmp_path: Path) -> None:
    fill(tmp_path, "a.py")
    before = DiskTree(tmp_path).stamps()
    assert DiskTree(tmp_path).stamps() == before
    os.utime(tmp_path / "a.py", ns=(1, 1))
    assert DiskTree(tmp_path).stamps() != before


def test_a_written_file_has_its_bytes_and_mode_and_no_companion(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    path.write_text("old")
    write_atomically(path, b"new", 0o600)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["secret.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["state.json"]


def test_remove_tree_takes_read_only_files_and_leaves_what_links_name(tmp_path: Path) -> None:
    fill(tmp_path, "keep/me", "gone/sub/file")
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "keep")
    (tmp_path / "gone" / "sub" / "file").chmod(0o400)
    (tmp_path / "gone" / "sub").chmod(0o500)
    remove_tree(tmp_path / "gone")
    remove_tree(tmp_path / "gone")
    assert os.listdir(tmp_path) == ["keep"]
    assert (tmp_path / "keep" / "me").exists()


REMOVE = """
import os, sys
from pathlib import Path
from webstead.effects.files import remove_tree
folder = Path(sys.argv[1])
if len(sys.argv) > 2:
    if os.geteuid() == 0:  # whom permissions do not keep out
        os.seteuid(65534)
    (folder / "inner" / "deep").mkdir(parents=True)
    (folder / "inner" / "file").touch()
    (folder / "inner").chmod(0)
try:
    remove_tree(folder)
except OSError as error:
    print(error.strerror)
"""


def test_remove_tree_enters_folders_that_their_owner_has_closed() -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        folder = Path(place) / "folder"
        done = subprocess.run(
            [sys.executable, "-c", REMOVE, str(folder), "closed"], capture_output=True, text=True, timeout=60
        )
        assert (done.stdout, done.stderr) == ("", "")
        assert not folder.exists()


@pytest.mark.needs("strace")
def test_remove_tree_says_what_the_disk_says(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert run_where_broken(folder, "openat", REMOVE, folder) == "Input/output error\n"
