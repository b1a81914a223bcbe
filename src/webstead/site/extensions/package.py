"""A `.nupkg` on the disk: its nuspec, and the files of its `content/`.

The zip itself is checked as one that becomes a release is (`releases.archive`): no links, no bombs, nothing
twice. What its names mean once they are decoded, `formats.nuget` says.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.effects.plain_files import open_plain
from webstead.effects.zip_listing import DAMAGED, open_zip
from webstead.errors import UsageError
from webstead.formats.nuget import BadName, Nuspec, content_of, nuspec_among, read_nuspec
from webstead.formats.nuget.nuspec import LARGEST_NUSPEC
from webstead.site.extensions.state import SETTINGS_FILE
from webstead.site.releases.archive import Member, listing_of

__all__ = ["Package", "digest_of", "nuspec_in", "open_package"]

_FIX = "Take a package that `nuget pack` made; a site extension has its files in the folder `content`."


@dataclass(frozen=True, slots=True)
class Package:
    """file: the zip. members: of its content, by their paths there, in the order of the zip."""

    file: Path
    nuspec: Nuspec
    members: tuple[Member, ...]

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members)

    def has(self, name: str) -> bool:
        """Whether the content has such a file at its root, in any case."""
        return any(member.path.lower() == name.lower() for member in self.members)

    @property
    def file_name(self) -> str:
        """What it is kept as, beside its files."""
        return f"{self.nuspec.id}.{self.nuspec.version}.nupkg"


def open_package(file: Path, name: str) -> Package:
    """name: of the package, for errors. Raises UsageError for what is no package, is damaged or is refused;
    ConfigError for a nuspec that cannot be used."""
    listing = listing_of(file)
    nuspec = nuspec_in(file, name)
    try:
        paths = content_of(member.path for member in listing.members)
    except BadName as fault:
        raise _refused(name, str(fault)) from None
    package = Package(file, nuspec, _placed(listing.members, paths))
    if not package.members:
        raise _refused(name, "it has no file in `content`: it is no site extension")
    for own in (SETTINGS_FILE, package.file_name):
        if any(each.path.partition("/")[0].lower() == own.lower() for each in package.members):
            raise _refused(name, f"its content has {own}, which the installation writes itself")
    return package


def nuspec_in(file: Path, name: str) -> Nuspec:
    """Raises as `open_package`."""
    with open_zip(file) as archive:
        try:
            info = archive.getinfo(nuspec_among(archive.namelist()))
            nuspec = read_nuspec(_read(archive, info, name), f"{info.filename} of {name}")
        except BadName as fault:
            raise _refused(name, str(fault)) from None
        except DAMAGED as fault:
            raise _refused(name, str(fault)) from None
    if info.filename.lower() != f"{nuspec.id}.nuspec".lower():
        raise _refused(name, f"its nuspec is called {info.filename[:100]!r}, and its id is {nuspec.id}")
    return nuspec


def digest_of(file: Path) -> str:
    """SHA-256 of its bytes; "" when it cannot be read."""
    try:
        with open(open_plain(file), "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """No more than it may be, whatever the zip says that it has."""
    with archive.open(info) as opened:
        data = opened.read(LARGEST_NUSPEC + 1)
    if len(data) > LARGEST_NUSPEC:
        raise _refused(name, f"its nuspec has more than {LARGEST_NUSPEC:,} bytes")
    return data


def _placed(members: tuple[Member, ...], paths: Mapping[str, str]) -> tuple[Member, ...]:
    return tuple(replace(each, path=paths[each.path]) for each in members if each.path in paths)


def _refused(name: str, found: str) -> UsageError:
    return UsageError(f"{name} is no package that can be installed.", found=found, fix=_FIX)
