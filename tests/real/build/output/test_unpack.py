"""Archives that want out, too much, or twice: nothing is left of them, and nothing outside is touched."""

from __future__ import annotations

import io
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.build.output.unpack import LIMITS, Limits, Refused, unpack

REG, LINK, HARD, FIFO = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE
Member = tuple[str, bytes, str]


def tar_of(*members: Member) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind, text in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == REG:
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
            else:
                info.linkname = text
                archive.addfile(info)
    return buffer.getvalue()


def zip_of(*members: Member) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, kind, text in members:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.external_attr = (stat.S_IFLNK if kind == LINK else stat.S_IFREG) << 16
            archive.writestr(info, text)
    return buffer.getvalue()


HOSTILE: dict[str, tuple[Member, ...]] = {
    "up": (("../out", REG, "x"),),
    "up in the middle": (("a/../../out", REG, "x"),),
    "absolute": (("/tmp/out", REG, "x"),),
    "link out": (("a", LINK, "../out"),),
    "absolute link": (("a", LINK, "/etc"),),
    "written through a link": (("a", LINK, "/tmp"), ("a/out", REG, "x")),
    "written through a later link": (("a/out", REG, "x"), ("a", LINK, "/tmp")),
    "links that lead out together": (("b", LINK, "."), ("c", LINK, "b/../out")),
    "twice": (("a", REG, "x"), ("a", REG, "y")),
    "file and folder": (("a", REG, "x"), ("a/b", REG, "y")),
}
ONLY_TAR: dict[str, tuple[Member, ...]] = {
    "hard link out": (("a", HARD, "../../etc/passwd"),),
    "hard link to a link": (("a", LINK, "/etc/passwd"), ("b", HARD, "a")),
    "hard link to what is there": (("a", HARD, "/etc/passwd"),),
    "pipe": (("a", FIFO, ""),),
}


def refused(data: bytes, folder: Path, limits: Limits = LIMITS, outside: tuple[str, ...] = ()) -> str:
    (folder / "archive").write_bytes(data)
    with pytest.raises(Refused) as caught:
        unpack(str(folder / "archive"), str(folder / "out"), outside, limits)
    assert [path.name for path in folder.iterdir()] == ["archive"]
    return str(caught.value)


@pytest.mark.parametrize("members", [*HOSTILE.values(), *ONLY_TAR.values()], ids=[*HOSTILE, *ONLY_TAR])
def test_a_hostile_tar_is_refused(members: tuple[Member, ...], tmp_path: Path) -> None:
    refused(tar_of(*members), tmp_path)


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_zip_is_refused(members: tuple[Member, ...], tmp_path: Path) -> None:
    refused(zip_of(*members), tmp_path)


def test_limits(tmp_path: Path) -> None:
    three = tar_of(*((f"{n}", REG, "x" * 10) for n in range(3)))
    assert "more than 2 files" in refused(three, tmp_path, Limits(files=2))
    assert "more than 20 bytes" in refused(three, tmp_path, Limits(bytes=20))


def test_a_link_that_may_lead_out_is_no_way_for_others(tmp_path: Path) -> None:
    python = ("bin/python", LINK, "/usr/bin/python3")
    also = ("bin/python3", LINK, "python")
    (tmp_path / "archive").write_bytes(tar_of(python, also))
    unpack(str(tmp_path / "archive"), str(tmp_path / "fine"), ["bin/python"])
    assert (tmp_path / "fine/bin/python3").is_symlink()
    (tmp_path / "sub").mkdir()
    bad = tar_of(("bin", LINK, "/tmp"), ("x", LINK, "bin/y"))
    refused(bad, tmp_path / "sub", outside=("bin",))


def test_hard_links_to_files_before_them_are_copies(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(tar_of(("a", REG, "x"), ("b/c", HARD, "a")))
    unpack(str(tmp_path / "archive"), str(tmp_path / "out"))
    assert (tmp_path / "out/b/c").read_text() == "x"


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_cut_archive_is_refused(cut: int, tmp_path: Path) -> None:
    data = tar_of(*((f"{n}", REG, f"{n}" * 700) for n in range(40)))
    refused(data[:-cut], tmp_path)


parts = st.sampled_from(["a", "b", "..", ".", "", "c" * 200, "\udcff", "x\0y"])
names = st.lists(parts, min_size=1, max_size=4).map("/".join)
members = st.tuples(names, st.sampled_from([REG, LINK, HARD, FIFO, tarfile.DIRTYPE]), names)


@settings(max_examples=150, deadline=None)
@given(st.lists(members, max_size=6), st.integers(0, 3000), st.binary(max_size=3))
def test_nothing_is_ever_written_outside(found: list[Member], at: int, instead: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            for path, kind, text in found:
                info = tarfile.TarInfo(path.replace("\0", ""))
                info.type, info.linkname = kind, text.replace("\0", "")
                archive.addfile(info)
        data = bytearray(plain.getvalue())
        data[at : at + len(instead)] = instead
        (folder / "archive").write_bytes(data)
        try:
            unpack(str(folder / "archive"), str(folder / "in/out"))
        except (Refused, OSError):
            assert not (folder / "in/out").exists()
        else:
            root = (folder / "in/out").resolve()
            assert all(path.resolve().is_relative_to(root) for path in root.rglob("*"))
        assert {path.name for path in folder.iterdir()} <= {"archive", "in"}
        assert {path.name for path in (folder / "in").iterdir()} <= {"out"}


FUZZ = fuzz_target("fuzz_unpack")
SOUND = (tar_of(("a", REG, "x"), ("b", LINK, "a")), zip_of(("a", REG, "x"), ("b", LINK, "a")))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SOUND), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=9))
def test_any_damage_is_borne(sound: bytes, damage: list[tuple[int, int]]) -> None:
    data = bytearray(sound)
    for at, value in damage:
        data[at % len(data)] = value
    FUZZ(bytes(data))
