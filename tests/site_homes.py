"""Sites' homes for tests: deployments as plain dictionaries, and what a person sees of wwwroot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.kept import keep, link_kept
from webstead.site.releases.late import collect
from webstead.site.releases.linking import Kept
from webstead.site.releases.manifest import EMPTY, Manifest, read_manifest, write_manifest
from webstead.site.releases.pointer import switch
from webstead.site.releases.unpack import Like, Unpacked, unpack

__all__ = ["Site", "seen", "zipped"]

_FILE, _FOLDER = 0o100644 << 16, 0o40755 << 16


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A zip as an ordinary program makes it. A name that ends in `/` is a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2024, 5, 1, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _FOLDER if name.endswith("/") else _FILE
            archive.writestr(info, content)
    return buffer.getvalue()


def seen(folder: Path) -> dict[str, bytes | None]:
    """What somebody sees who walks a folder, links followed: the content of files, None for folders."""
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            found[path.name] = None
            found.update({f"{path.name}/{below}": content for below, content in seen(path).items()})
        else:
            found[path.name] = path.read_bytes()
    return found


class Site:
    """A home, deployed to as the pipeline does it, without an app."""

    def __init__(self, root: Path) -> None:
        self.home = SiteHome(root / "sites" / "shop")
        self.home.make()
        self.number = 0
        self._found: dict[tuple[str | None, str], Kept] = {}

    @property
    def www(self) -> Path:
        return self.home.wwwroot

    def deploy(self, files: Mapping[str, bytes | str], *, clean: bool = False) -> tuple[Unpacked, Kept]:
        """The releases are called r1, r2 and so on."""
        self.number += 1
        release, old = f"r{self.number}", self.home.release
        package, folder = self.home.root / "app.zip", self.home.folder_of(release)
        package.write_bytes(zipped(files))
        folder.mkdir()
        like = Like(self.home.folder_of(old), self.deployed(old)) if old else None
        unpacked = unpack(package, folder, like=like)
        write_manifest(self.home.deployments / release, unpacked.manifest)
        kept = self.link(release, clean=clean)
        switch(self.home, release)
        return unpacked, kept

    def rollback(self, release: str) -> Kept:
        kept = self.link(release)
        switch(self.home, release, flush=False)
        return kept

    def link(self, release: str, *, clean: bool = False) -> Kept:
        old = self.home.release
        kept = keep(self.home, old, self.deployed(old)) if old and not clean else Kept()
        self._found[old, release] = kept
        return link_kept(self.home, release, kept, self.deployed(release))

    def collect(self, old: str, new: str) -> Kept:
        before = self._found.get((old, new))
        return collect(self.home, old, new, self.deployed(old), self.deployed(new), before)

    def deployed(self, release: str | None) -> Manifest:
        return EMPTY if release is None else read_manifest(self.home.deployments / release)
