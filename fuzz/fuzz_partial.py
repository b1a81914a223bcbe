"""Fuzz the list of what a zip leaves out: `python fuzz partial`.

Whatever it says: the release has just the files of the base that are listed, or it is refused in words, and
nothing is written outside of its folder.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.releases.manifest import Manifest
from webstead.site.releases.partial import UNCHANGED
from webstead.site.releases.unpack import Like, unpack

__all__ = ["one"]

_BASE = {"app.py": b"print(1)", "a/b": b"", "\u00e9": b"x"}


def one(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for folder in ("base", "release"):
            (root / folder).mkdir()
        manifest = _based(root)
        with zipfile.ZipFile(root / "app.zip", "w") as archive:
            archive.writestr(UNCHANGED, data)
        try:
            done = unpack(
                root / "app.zip", root / "release", like=Like(root / "base", manifest), partial=True
            )
        except UsageError as error:
            if not error.found:
                raise AssertionError(f"an error without words: {error}") from error
            done = None
        if sorted(os.listdir(root)) != ["app.zip", "base", "release"]:
            raise AssertionError(f"written outside: {os.listdir(root)}")
        there = {
            os.path.relpath(os.path.join(at, each), root / "release")
            for at, _, files in os.walk(root / "release")
            for each in files
        }
        listed = set(filter(None, data.decode(errors="replace").split("\n")))
        if done is None and there:
            raise AssertionError("what was refused left something behind")
        if done is not None and not (there == set(done.manifest.files) == listed):
            raise AssertionError(f"{there} is not what is listed: {listed}")


def _based(root: Path) -> Manifest:
    with zipfile.ZipFile(root / "base.zip", "w") as archive:
        for path, content in _BASE.items():
            archive.writestr(path, content)
    manifest = unpack(root / "base.zip", root / "base").manifest
    (root / "base.zip").unlink()
    return manifest
