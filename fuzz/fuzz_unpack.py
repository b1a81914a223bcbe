"""Fuzz the unpacking of archives: `python fuzz unpack`.

The data are a tar, a zip, or either behind a sound member. Whatever they say: nothing is written outside the
folder, no link in it leads out, and what is refused leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import tempfile
from pathlib import Path

from webstead.build.output.unpack import Limits, Refused, unpack

__all__ = ["one"]

_LIMITS = Limits(files=200, bytes=1 << 20)


def one(data: bytes) -> None:
    for start in (b"", _sound_member()):
        _check(start + data)


def _sound_member() -> bytes:
    buffer = io.BytesIO()
    info = tarfile.TarInfo("a/b")
    info.size = 1
    with contextlib.closing(tarfile.TarFile(fileobj=buffer, mode="w")) as archive:
        archive.addfile(info, io.BytesIO(b"x"))
        return buffer.getvalue()


def _check(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "archive").write_bytes(data)
        with contextlib.suppress(Refused, OSError):
            unpack(str(folder / "archive"), str(folder / "in/out"), limits=_LIMITS)
        if {path.name for path in folder.iterdir()} - {"archive", "in"}:
            raise AssertionError("something was written outside")
        if {path.name for path in (folder / "in").iterdir()} - {"out"}:
            raise AssertionError("something was left behind")
        root = (folder / "in/out").resolve()
        for path in root.rglob("*"):
            if not path.resolve().is_relative_to(root):
                raise AssertionError(f"{path} leads out")
