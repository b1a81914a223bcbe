"""Zips as they come: of GitHub, of macOS, of old .NET, damaged, hostile."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.effects import zip_listing, zip_tree
from webstead.effects.zip_tree import ZipTree
from webstead.errors import UsageError

one = fuzz_target("fuzz_zip_tree")

Member = tuple[str | zipfile.ZipInfo, bytes]


def packed(*members: Member) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def tree_of(folder: Path, data: bytes) -> ZipTree:
    (folder / "app.zip").write_bytes(data)
    return ZipTree(folder / "app.zip")


def link(name: str, text: str) -> Member:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, text.encode()


@pytest.mark.parametrize(
    ("names", "top", "files"),
    [
        (["a.py", "b/c.py"], "", ["a.py", "b/c.py"]),
        (["shop-main/", "shop-main/a.py", "shop-main/b/c.py"], "shop-main", ["a.py", "b/c.py"]),
        (["shop/a.py", "__MACOSX/shop/._a.py"], "shop", ["a.py"]),
        (["./a.py", "./b/c.py"], "", ["a.py", "b/c.py"]),
        (["site\\app\\a.py", "site\\b.py"], "site", ["app/a.py", "b.py"]),
        (["größe/é.py", "x"], "", ["größe/é.py", "x"]),
        ([], "", []),
    ],
)
def test_names_are_what_their_writers_meant(
    names: Sequence[str], top: str, files: Sequence[str], tmp_path: Path
) -> None:
    tree = tree_of(tmp_path, packed(*((name, name.encode()) for name in names)))
    assert (tree.top, tree.files()) == (top, files)
    for path in files:
        assert tree.read(path).decode().replace("\\", "/").endswith(path)


def test_utf_8_without_its_mark_is_utf_8(tmp_path: Path) -> None:
    plain = packed(("XX.py", b"1"), ("x", b""))
    tree = tree_of(tmp_path, plain.replace(b"XX.py", "é.py".encode()))
    assert tree.files() == ["x", "é.py"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([("../a.py", b"")], "leaves the folder"),
        ([("a/../../b.py", b"")], "leaves the folder"),
        ([("..\\a.py", b"")], "leaves the folder"),
        ([("/etc/passwd", b"")], "leaves the folder"),
        ([("C:/a.py", b"")], "leaves the folder"),
        ([("a/" * 3000, b"")], "leaves the folder"),
        ([("a.py", b""), ("./a.py", b"")], "a.py is in it twice"),
        ([("a", b""), ("a/b.py", b"")], "a is a file and a folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_nobody_can_unpack_refuse_the_zip(
    members: Sequence[Member], found: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        tree_of(tmp_path, packed(*members))
    assert found in caught.value.found
    assert "git archive" in caught.value.fix


def test_links_stay_inside(tmp_path: Path) -> None:
    members = (link("in.py", "a/b.py"), link("out.py", "../x"), link("root.py", "/etc/passwd"))
    tree = tree_of(tmp_path, packed(("a/b.py", b"1"), *members, link("a/up.py", "../in.py"), link("c", "c")))
    assert tree.files() == ["a/b.py", "a/up.py", "in.py"]
    assert tree.read("a/up.py") == b"1"
    for path in ("out.py", "root.py", "c"):
        with pytest.raises(FileNotFoundError):
            tree.read(path)


def stated(data: bytes, *, size: int) -> bytes:
    """The zip of one file, with another size stated for it."""
    central = data.index(b"PK\x01\x02")
    return data[: central + 24] + struct.pack("<L", size) + data[central + 28 :]


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = packed(("a.py", b"1"), ("b.py", b"2"))
    for data, found in (
        (stated(packed(("a.py", b"1")), size=0xFFFFFFF0), "unpack to 4,294,967,280"),
        (packed(("a", bytes(1 << 20))).replace(b"PK\x05\x06", b"PK\x05\x06", 1), "unpack to 1,048,576"),
        (small, "2 entries; 1 are allowed"),
    ):
        monkeypatch.setattr(zip_listing, "RATIO_COUNTS_FROM", 1000)
        monkeypatch.setattr(zip_listing, "MAX_ENTRIES", 1)
        with pytest.raises(UsageError) as caught:
            tree_of(tmp_path, data)
        assert found in caught.value.found


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    data = packed(("a.py", bytes(range(256)) * 40))
    central, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    record = data[central:end]
    twins = b"".join(record.replace(b"a.py", name) for name in (b"a.py", b"b.py", b"c.py"))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(twins), central, 0)
    with pytest.raises(UsageError) as caught:
        tree_of(tmp_path, data[:central] + twins + tail)
    assert "overlap" in caught.value.found


def test_a_directory_that_is_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_listing, "MAX_DIRECTORY", 40)
    with pytest.raises(UsageError) as caught:
        tree_of(tmp_path, packed(("a.py", b"1")))
    assert "list of its entries has 50 bytes" in caught.value.found


def test_a_file_that_is_too_large_or_damaged_is_an_error_of_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = packed(("a.py", b"1" * 500), ("b.py", b"2"))
    tree = tree_of(tmp_path, good.replace(b"PK\x03\x04", b"PK\x03\x05", 1))
    with pytest.raises(OSError, match="damaged in the zip"):
        tree.read("a.py")
    assert tree.read("b.py") == b"2"
    monkeypatch.setattr(zip_tree, "MAX_FILE", 400)
    with pytest.raises(OSError, match="it unpacks to 500 bytes"):
        tree_of(tmp_path, good).read("a.py")


def test_what_is_encrypted_or_no_zip(tmp_path: Path) -> None:
    data = bytearray(packed(("a.py", b"1")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(UsageError) as caught:
        tree_of(tmp_path, bytes(data))
    assert (caught.value.what.endswith("is encrypted."), caught.value.found) == (
        True,
        "'a.py' needs a password",
    )
    with pytest.raises(UsageError) as caught:
        tree_of(tmp_path, b"no zip")
    assert "no zip that can be read" in caught.value.what


GOOD = packed(("shop/a.py", b"1"), link("shop/b.py", "a.py"), ("shop/größe.txt", b"x" * 99))


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6), st.booleans())
def test_any_bytes_are_a_tree_or_refused(edits: list[tuple[int, int]], cut: bool) -> None:
    data = bytearray(GOOD)
    for at, value in edits:
        data[at] = value
    one(bytes(data[: edits[0][0]]) if cut and edits else bytes(data))


@given(st.binary(max_size=200))
def test_any_bytes_at_all(data: bytes) -> None:
    one(data)
    one(b"PK\x05\x06" + data)
