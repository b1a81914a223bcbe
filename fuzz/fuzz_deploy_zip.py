"""Fuzz what becomes of a zip that is deployed: `python fuzz deploy_zip`.

Any bytes are a release, all of whose files are there as its manifest says, or refused in words; and nothing
is ever written outside of its folder.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.releases.manifest import facts_of, from_facts
from webstead.site.releases.unpack import Like, unpack

__all__ = ["one"]


def one(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "app.zip").write_bytes(data)
        (root / "release").mkdir()
        try:
            done = unpack(root / "app.zip", root / "release")
        except UsageError as error:
            if not (error.found and error.fix):
                raise AssertionError(f"an error without words: {error}") from error
            _check_outside(root)
            return
        _check_outside(root)
        there = {
            os.path.relpath(os.path.join(at, each), root / "release")
            for at, _, files in os.walk(root / "release")
            for each in files
        }
        if there != set(done.manifest.files):
            raise AssertionError(f"{there ^ done.manifest.files.keys()} is not as the manifest says")
        if not all(done.manifest.untouched(root / "release", path) for path in there):
            raise AssertionError("a file is not as the manifest says")
        if from_facts(facts_of(done.manifest)) != done.manifest:
            raise AssertionError("the manifest is another when it is read again")
        (root / "again").mkdir()
        again = unpack(root / "app.zip", root / "again", like=Like(root / "release", done.manifest))
        if again.manifest != done.manifest or again.reused != len(there):
            raise AssertionError("the same zip is not the same release")


def _check_outside(root: Path) -> None:
    if sorted(os.listdir(root)) != ["app.zip", "release"]:
        raise AssertionError(f"written outside: {os.listdir(root)}")
