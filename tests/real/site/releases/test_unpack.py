"""From a zip to the folder of a release."""

from __future__ import annotations

import errno
import os
import re
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.effects import zip_listing
from webstead.errors import HostError, UsageError, WebsteadError
from webstead.site.releases import failure, inflate
from webstead.site.releases.failure import DiskFull
from webstead.site.releases.manifest import read_manifest, write_manifest
from webstead.site.releases.unpack import Like, unpack

FILES = {"app.py": b"print(1)", "static/big.bin": bytes(range(256)) * 100_000, "static/empty": b""}
TIME = (2026, 3, 1, 12, 30, 10)
NAMES = st.lists(st.sampled_from(["a", "b.py", "c d", "\u00e9"]), min_size=1, max_size=3).map("/".join)


def zipped(path: Path, files: dict[str, bytes], **attributes: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get(name.replace(".", "_"), 0o644) << 16
            archive.writestr(info, data)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def folder(tmp_path: Path, name: str = "into") -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


def test_files_with_their_times_and_modes(tmp_path: Path) -> None:
    into = folder(tmp_path)
    done = unpack(zipped(tmp_path / "a.zip", {**FILES, "run.sh": b"#!"}, run_sh=0o755), into)
    assert tree(into) == {**FILES, "run.sh": b"#!"}
    when = datetime(*TIME, tzinfo=UTC).timestamp()
    assert (into / "app.py").stat().st_mtime == when
    assert stat.S_IMODE((into / "app.py").stat().st_mode) & 0o111 == 0
    assert (into / "run.sh").stat().st_mode & 0o111
    assert set(done.manifest.files) == {*FILES, "run.sh"}
    assert done.bytes == sum(map(len, FILES.values())) + 2
    assert done.reused == 0


def test_what_has_not_changed_is_copied_from_the_earlier_release_if_it_is_untouched_there(
    tmp_path: Path,
) -> None:
    first, second = folder(tmp_path, "1"), folder(tmp_path, "2")
    old = unpack(zipped(tmp_path / "1.zip", {**FILES, "same.py": b"s", "edited.py": b"e"}), first)
    (first / "edited.py").write_bytes(b"E")
    new = {**FILES, "app.py": b"print(2)", "same.py": b"s", "edited.py": b"e"}
    done = unpack(zipped(tmp_path / "2.zip", new), second, like=Like(first, old.manifest))
    assert tree(second) == new
    assert done.reused == 3, "of app.py and edited.py nothing may be taken"
    (second / "same.py").write_bytes(b"changed in place")
    assert (first / "same.py").read_bytes() == b"s", "no file is shared"


def test_a_folder_in_the_site_and_folders_without_files(tmp_path: Path) -> None:
    into = folder(tmp_path)
    done = unpack(zipped(tmp_path / "a.zip", {"empty/": b"", "x.py": b"1"}), into, path="sub/app")
    assert (into / "sub/app/empty").is_dir()
    assert (into / "sub/app/x.py").read_bytes() == b"1"
    assert done.manifest.lines() == ["sub", "sub/app", "sub/app/empty", "sub/app/x.py"]


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    into = folder(tmp_path)
    manifest = unpack(zipped(tmp_path / "a.zip", {**FILES, "empty/": b""}), into).manifest
    write_manifest(tmp_path / "kept", manifest)
    assert read_manifest(tmp_path / "kept") == manifest
    (tmp_path / "kept" / "files.json").unlink()
    assert read_manifest(tmp_path / "kept").lines() == manifest.lines(), "as Kudu wrote it"
    assert read_manifest(tmp_path / "nowhere").lines() == []


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("../out.py", 0o644, "leaves the folder"),
        ("a/../../out.py", 0o644, "leaves the folder"),
        ("/etc/passwd", 0o644, "leaves the folder"),
        ("C:/x.py", 0o644, "leaves the folder"),
        ("..\\out.py", 0o644, "leaves the folder"),
        ("link", stat.S_IFLNK | 0o777, "is a link"),
        ("device", stat.S_IFBLK | 0o600, "a device or a pipe"),
        ("pipe", stat.S_IFIFO | 0o600, "a device or a pipe"),
        ("socket", stat.S_IFSOCK | 0o600, "a device or a pipe"),
        ("a\nb", 0o644, "control characters"),
        ("/".join("d" * 120), 0o644, "is too long"),
        ("App.py/", stat.S_IFDIR | 0o755, "case does not count"),
        ("APP.py", 0o644, "case does not count"),
        ("app.py/x", 0o644, "a file and a folder"),
        ("n" * 300, 0o644, "is too long"),
    ],
)
def test_a_hostile_entry_refuses_the_whole_before_anything_is_written(
    tmp_path: Path, name: str, mode: int, words: str
) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", "print(1)")
        info = zipfile.ZipInfo("x")
        info.filename, info.external_attr = name, mode << 16
        archive.writestr(info, "x")
    into = folder(tmp_path)
    with pytest.raises(UsageError, match="refused") as raised:
        unpack(file, into)
    assert words in raised.value.found
    assert list(into.iterdir()) == []
    assert not (tmp_path / "out.py").exists()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"app.py": os.urandom(1000)})
    data = bytearray(file.read_bytes())
    data[500] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(UsageError, match="damaged") as raised:
        unpack(file, folder(tmp_path))
    assert "app.py" in raised.value.found


def test_a_lie_about_the_size_is_found(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"zeros": bytes(1_000_000)})
    data = file.read_bytes()
    at = data.rindex(b"PK\x01\x02") + 24
    file.write_bytes(data[:at] + (1000).to_bytes(4, "little") + data[at + 4 :])
    with pytest.raises(UsageError, match="damaged") as raised:
        unpack(file, folder(tmp_path))
    assert "1,000 bytes" in raised.value.found


def test_a_large_file_is_unpacked_by_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate, "WHOLE", 1000)
    data = {"zeros": bytes(3_000_000), "big": os.urandom(3_000_000) + bytes(3_000_000), "small": b"1"}
    into = folder(tmp_path)
    unpack(zipped(tmp_path / "a.zip", data), into)
    assert tree(into) == data


def test_no_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure, "RESERVE", 1 << 60)
    into = folder(tmp_path)
    with pytest.raises(DiskFull, match="no room") as raised:
        unpack(zipped(tmp_path / "a.zip", FILES), into)
    assert re.match(r"it needs 25\.\d MB; [\d.]+ .B are free on the file system of", raised.value.found)
    assert list(into.iterdir()) == []


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    unpack(
        zipped(tmp_path / "a.zip", {f"f{number}": b"" for number in range(200)}),
        folder(tmp_path),
        told=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (200, 200)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.binary(max_size=40), max_size=6), second=st.booleans())
def test_any_files_come_out_as_they_went_in(tmp_path: Path, files: dict[str, bytes], second: bool) -> None:
    paths = {str(parent) for path in files for parent in Path(path).parents}
    if paths & files.keys():
        return
    number = len(list(tmp_path.iterdir()))
    file, into = zipped(tmp_path / f"{number}.zip", files), folder(tmp_path, f"into{number}")
    done = unpack(file, into)
    assert tree(into) == files
    if second:
        again = folder(tmp_path, f"again{number}")
        assert unpack(file, again, like=Like(into, done.manifest)).reused == len(files)
        assert tree(again) == files


def test_a_changed_file_never_has_the_time_and_size_of_the_one_before(tmp_path: Path) -> None:
    """Some packers give each file the same time; browsers keep what has the same time and size."""
    one = zipped(tmp_path / "1.zip", {"a.css": b"1"})
    other = zipped(tmp_path / "2.zip", {"a.css": b"2"})
    like, times = None, []
    for number, package in enumerate((one, other, other, one)):
        into = folder(tmp_path, f"r{number}")
        like = Like(into, unpack(package, into, like=like).manifest)
        times.append((into / "a.css").stat().st_mtime_ns)
    assert times[1] == times[2]
    assert len(set(times)) == 3


def test_a_file_that_became_a_program_is_one(tmp_path: Path) -> None:
    first, second = folder(tmp_path, "1"), folder(tmp_path, "2")
    like = Like(first, unpack(zipped(tmp_path / "1.zip", {"run": b"#!"}), first).manifest)
    unpack(zipped(tmp_path / "2.zip", {"run": b"#!"}, run=0o755), second, like=like)
    assert (second / "run").stat().st_mode & 0o111


def test_a_copy_is_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = folder(tmp_path, "1"), folder(tmp_path, "2")
    package = zipped(tmp_path / "a.zip", FILES)
    like = Like(first, unpack(package, first).manifest)
    assert unpack(package, second, like=like).reused == len(FILES)
    with (first / "app.py").open("r+b") as file:
        file.write(b"X")
    assert tree(second) == FILES


def test_names_as_programs_write_them(tmp_path: Path) -> None:
    into = folder(tmp_path)
    files = {"static\\a.css": b"a", "./b.py": b"b", "c//d": b"d", "__MACOSX/._b": b""}
    unpack(zipped(tmp_path / "a.zip", files), into)
    assert tree(into) == {"static/a.css": b"a", "b.py": b"b", "c/d": b"d"}


def test_what_windows_would_not_take_is_a_warning(tmp_path: Path) -> None:
    done = unpack(zipped(tmp_path / "a.zip", {"aux.py": b"", "a:b": b"", "ok.py": b""}), folder(tmp_path))
    assert [text.split(" ")[0] for text in done.warnings] == ["a:b", "aux.py"]


def test_whoever_is_told_of_progress_may_end_it(tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise WebsteadError("cancelled")

    with pytest.raises(WebsteadError, match="cancelled"):
        unpack(zipped(tmp_path / "a.zip", FILES), folder(tmp_path), told=cancel)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MAX_ENTRIES", 2, "3 entries"),
        ("MAX_DIRECTORY", 10, "the list of its entries"),
        ("MAX_UNPACKED", 1000, "unpack to"),
        ("RATIO_COUNTS_FROM", 0, ""),
    ],
)
def test_what_is_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int, words: str
) -> None:
    monkeypatch.setattr(zip_listing, name, value)
    monkeypatch.setattr(zip_listing, "MAX_RATIO", 10)
    with pytest.raises(UsageError, match="refused") as raised:
        unpack(zipped(tmp_path / "a.zip", FILES), folder(tmp_path))
    assert words in raised.value.found


def test_a_double_among_many_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        for number in range(2_000):
            package.writestr(f"f{number}", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("f1999", b"")
    with pytest.raises(UsageError) as raised:
        unpack(tmp_path / "a.zip", folder(tmp_path))
    assert "f1999 is in it twice" in raised.value.found


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (10, 12, "method 12"),  # bzip2
        (20, 20, "share bytes"),  # packed
        (42, 40, "share bytes"),  # where it lies
        (16, 1, "CRC-32"),
        (8, 1, "needs a password"),
    ],
)
def test_a_lying_list_is_refused(tmp_path: Path, at: int, value: int, words: str) -> None:
    """Of two entries; the first is changed. The second begins where the first ends."""
    file = zipped(tmp_path / "a.zip", {"app.py": b"print(1)", "b.py": b"2"})
    data = bytearray(file.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + at : entry + at + 2] = value.to_bytes(2, "little")
    file.write_bytes(data)
    with pytest.raises(UsageError) as raised:
        unpack(file, folder(tmp_path))
    assert words in raised.value.found
    assert "app.py" in raised.value.found or "b.py" in raised.value.found


def test_a_local_header_that_reaches_into_the_next_entry_is_damage(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"app.py": b"print(1)", "b.py": b"2"})
    data = bytearray(file.read_bytes())
    data[28:30] = (20).to_bytes(2, "little")  # its extra field
    file.write_bytes(data)
    with pytest.raises(UsageError, match="damaged") as raised:
        unpack(file, folder(tmp_path))
    assert "app.py" in raised.value.found


@pytest.mark.parametrize("length", [0, 10, 100, 200])
def test_a_zip_that_was_cut_off_is_none(tmp_path: Path, length: int) -> None:
    file = zipped(tmp_path / "a.zip", {"app.py": os.urandom(100), "b.py": b"2"})
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(UsageError, match="no zip that can be read"):
        unpack(file, folder(tmp_path))


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "no room"), (errno.EIO, "cannot be written")])
def test_a_disk_that_fails_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    """In the midst of it, after the room was there."""
    real = os.write

    def write(target: int, content: bytes) -> int:
        if len(content) > 1_000_000:
            raise OSError(number, os.strerror(number))
        return real(target, content)

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(HostError, match=words) as raised:
        unpack(zipped(tmp_path / "a.zip", FILES), folder(tmp_path))
    assert "deploy again" in raised.value.fix
    assert ("it needs 25." in raised.value.found) == (number == errno.ENOSPC)


fuzz = fuzz_target("fuzz_deploy_zip")
SMALL = {"app.py": b"print(1)" * 9, "static/a": b"", "e/\u00e9": b"x"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_zip_is_a_release_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", SMALL).read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    fuzz(bytes(content))
