"""From a zip to the folder of a release."""

from __future__ import annotations

import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.errors import HostError, UsageError
from webstead.site.releases import unpack as unpacking
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
        ("link", stat.S_IFLNK | 0o777, "link or a device"),
        ("device", stat.S_IFBLK | 0o600, "link or a device"),
        ("pipe", stat.S_IFIFO | 0o600, "link or a device"),
        ("APP.py", 0o644, "where case does not count"),
        ("app.py/x", 0o644, "a file and a folder"),
        ("n" * 300, 0o644, "longer than 255"),
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
    monkeypatch.setattr(unpacking, "_AT_ONCE", 1000)
    data = {"big": os.urandom(3_000_000) + bytes(3_000_000), "small": b"1"}
    into = folder(tmp_path)
    unpack(zipped(tmp_path / "a.zip", data), into)
    assert tree(into) == data


def test_no_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_SPARE_BYTES", 1 << 60)
    into = folder(tmp_path)
    with pytest.raises(HostError, match="not enough room") as raised:
        unpack(zipped(tmp_path / "a.zip", FILES), into)
    assert "bytes are needed" in raised.value.found
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
