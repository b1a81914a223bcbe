"""A conda channel in a folder, written by hand: small packages of both formats, with repodata.json.

Its `python` is the one that runs the tests: a package whose `pyvenv.cfg` and link make the prefix a Python
environment of its own, so that what is installed there really runs.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import zstandard

__all__ = ["PYTHON", "SUBDIR", "Channel", "Link"]

SUBDIR = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}[platform.machine()]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PLACEHOLDER = "/opt/placeholder" + "_placeholder" * 10


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a package."""

    target: str


@dataclass(slots=True)
class Channel:
    """folder: what a client is given as the channel."""

    folder: Path
    _records: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def add(
        self,
        name: str,
        version: str = "1.0",
        build: str = "0",
        *,
        depends: Sequence[str] = (),
        files: Mapping[str, bytes | str | Link] | None = None,
        subdir: str = SUBDIR,
        noarch: Literal["", "python"] = "",
        entry_points: Sequence[str] = (),
        kind: Literal[".conda", ".tar.bz2"] = ".conda",
        truth: bool = True,
    ) -> Path:
        """Write a package and its line of the repodata. truth: False gives it the hash of something else."""
        place = "noarch" if noarch else subdir
        index: dict[str, object] = {
            "name": name,
            "version": version,
            "build": build,
            "build_number": 0,
            "depends": list(depends),
            "subdir": place,
            "timestamp": 1_700_000_000_000,
        }
        if noarch:
            index["noarch"] = noarch
        contents = {path: _bytes(data) for path, data in (files or {}).items()}
        info = _info(index, contents, entry_points if noarch else None)
        base = f"{name}-{version}-{build}"
        data = _conda(base, info, contents) if kind == ".conda" else _tar_bz2(info, contents)
        path = self.folder / place / f"{base}{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        hashes = {"md5": hashlib.md5(data, usedforsecurity=False).hexdigest(), "size": len(data)}
        sha256 = hashlib.sha256(data if truth else b"something else").hexdigest()
        self._records.setdefault(place, {})[path.name] = {**index, **hashes, "sha256": sha256}
        self.write()
        return path

    def add_python(self, version: str = PYTHON, micro: str = "99") -> None:
        """The Python of the tests, as a conda package."""
        home = Path(sys.base_prefix) / "bin"
        lib = f"lib/python{version}"
        files: dict[str, bytes | str | Link] = {
            "pyvenv.cfg": f"home = {home}\ninclude-system-site-packages = false\n",
            f"bin/python{version}": Link(str(home / f"python{version}")),
            "bin/python3": Link(f"python{version}"),
            "bin/python": Link(f"python{version}"),
            f"{lib}/site-packages/README.txt": "packages are put here\n",
        }
        self.add("python", f"{version}.{micro}", "0_cpython", files=files)

    def write(self) -> None:
        for place in {SUBDIR, "noarch", *self._records}:
            records = self._records.get(place, {})
            data = {
                "info": {"subdir": place},
                "packages": {n: r for n, r in records.items() if n.endswith(".bz2")},
                "packages.conda": {n: r for n, r in records.items() if n.endswith(".conda")},
                "repodata_version": 1,
            }
            folder = self.folder / place
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "repodata.json").write_text(json.dumps(data, indent=1))


def _bytes(data: bytes | str | Link) -> bytes | Link:
    return data.encode() if isinstance(data, str) else data


def _info(
    index: Mapping[str, object], contents: Mapping[str, bytes | Link], entry_points: Sequence[str] | None
) -> dict[str, bytes | Link]:
    info = {
        "info/index.json": json.dumps(index),
        "info/paths.json": json.dumps(
            {"paths": [_path(*item) for item in contents.items()], "paths_version": 1}
        ),
    }
    if entry_points is not None:
        noarch = {"type": "python", "entry_points": list(entry_points)}
        info["info/link.json"] = json.dumps({"noarch": noarch, "package_metadata_version": 1})
    return {path: text.encode() for path, text in info.items()}


def _path(path: str, data: bytes | Link) -> dict[str, object]:
    if isinstance(data, Link):
        return {"_path": path, "path_type": "softlink", "sha256": hashlib.sha256(b"").hexdigest()}
    entry: dict[str, object] = {
        "_path": path,
        "path_type": "hardlink",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_in_bytes": len(data),
    }
    if PLACEHOLDER.encode() in data:
        entry |= {"prefix_placeholder": PLACEHOLDER, "file_mode": "binary" if b"\0" in data else "text"}
    return entry


def _tar(contents: Mapping[str, bytes | Link], mode: Literal["w", "w:bz2"]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for path, data in contents.items():
            member = tarfile.TarInfo(path)
            if isinstance(data, Link):
                member.type, member.linkname = tarfile.SYMTYPE, data.target
                archive.addfile(member)
            else:
                member.size, member.mode = len(data), 0o755 if path.startswith("bin/") else 0o644
                archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _tar_bz2(info: Mapping[str, bytes | Link], contents: Mapping[str, bytes | Link]) -> bytes:
    return _tar({**info, **contents}, "w:bz2")


def _conda(base: str, info: Mapping[str, bytes | Link], contents: Mapping[str, bytes | Link]) -> bytes:
    out = io.BytesIO()
    pack = zstandard.ZstdCompressor().compress
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        archive.writestr(f"pkg-{base}.tar.zst", pack(_tar(contents, "w")))
        archive.writestr(f"info-{base}.tar.zst", pack(_tar(info, "w")))
    return out.getvalue()
