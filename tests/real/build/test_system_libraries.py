"""The libraries of the system that an environment's packages need."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.elf_files import elf_file
from webstead.build.environment import environment_at
from webstead.build.steps import Steps
from webstead.build.system_libraries import Needed, lacking, needed_libraries, warn_of_libraries
from webstead.effects.clock import SystemClock
from webstead.events import Event, Note
from webstead.formats.elf import read_elf


def own_machine() -> int:
    data = Path(sys.executable).resolve().read_bytes()
    return read_elf(lambda offset, size: data[offset : offset + size]).machine


def put(prefix: Path, path: str, *needed: str, runpath: str = "", name: str = "", machine: int = 0) -> None:
    file = prefix / "lib/python3.12/site-packages" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(elf_file(needed, runpath=runpath, name=name, machine=machine or own_machine()))


def record(prefix: Path, package: str, *files: str) -> None:
    info = prefix / f"lib/python3.12/site-packages/{package}.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))


def test_what_the_environment_has_itself_is_not_needed_from_outside(tmp_path: Path) -> None:
    put(tmp_path, "cv2/cv2.so", "libGL.so.1", "libinner-1a2b.so", "libbyname.so.3", "libfound.so")
    put(tmp_path, "cv2.libs/libinner-1a2b.so", "libGL.so.1")
    put(tmp_path, "other/lib.so.3.1", name="libbyname.so.3")
    put(tmp_path, "else/thing.so", "libbeside.so", runpath="$ORIGIN/deep")
    put(tmp_path, "else/deep/libbeside.so")
    record(tmp_path, "opencv_python-4.11.0", "cv2/cv2.so", "cv2.libs/libinner-1a2b.so")
    found = needed_libraries(tmp_path)
    assert [(each.library, each.package) for each in found] == [
        ("libGL.so.1", "opencv-python 4.11.0"),
        ("libfound.so", "opencv-python 4.11.0"),
    ]


def test_objects_of_other_machines_and_what_is_none_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "a/arm.so", "libarm.so", machine=40)
    (tmp_path / "broken.so").write_bytes(b"\x7fELF\x02\x01" + bytes(90))
    (tmp_path / "text.so").write_text("INPUT(libother.so)")
    assert needed_libraries(tmp_path) == []


def test_what_the_system_has_is_not_lacking(tmp_path: Path) -> None:
    needed = [Needed("libc.so.6", "x", "x.so"), Needed("libnowhere.so.9", "x", "x.so")]
    assert [each.library for each in lacking(needed, {})] == ["libnowhere.so.9"]
    (tmp_path / "libnowhere.so.9").write_bytes(b"")
    assert lacking(needed, {"LD_LIBRARY_PATH": str(tmp_path)}) == []


def test_a_build_warns_once_a_package_and_reads_the_environment_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "odd/odd.so", "libnowhere.so.9", "libelse.so.1", "libc.so.6")
    record(tmp_path, "odd-1.0", "odd/odd.so")
    events: list[Event] = []
    steps = Steps(events.append, SystemClock())
    warn_of_libraries(environment_at(tmp_path), steps, {})
    (told,) = [event.text for event in events if isinstance(event, Note)]
    assert told.startswith("odd 1.0 needs libelse.so.1, libnowhere.so.9, which this system lacks. Fix: ")
    (tmp_path / "lib/python3.12/site-packages/odd/odd.so").unlink()
    warn_of_libraries(environment_at(tmp_path), steps, {})
    assert len(events) == 2
    (tmp_path / "webstead-libraries.json").write_text("{")
    warn_of_libraries(environment_at(tmp_path), steps, {})
    assert len(events) == 2
