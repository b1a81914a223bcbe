"""A feed that is a folder of packages in the site's home. Galleries on the network are not asked here.

Whoever may call the management names the folder, so that it lies in the home: nothing else of the machine is
told to them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from webstead.errors import UsageError, WebsteadError
from webstead.formats.nuget import Nuspec, Version, present_id, same_id
from webstead.site.extensions.package import nuspec_in
from webstead.site.files.inside import find
from webstead.site.files.paths import read_path
from webstead.site.homes import SiteHome

__all__ = ["FEED_SETTING", "Feed", "Offered", "latest", "open_feed", "versions_of"]

FEED_SETTING = "SCM_SITEEXTENSIONS_FEED_URL"
_MOST = 1000
"""Packages of a folder that are looked at."""

_HOMES = ("%home%", "$home", "${home}")


@dataclass(frozen=True, slots=True)
class Offered:
    """A package of a feed."""

    nuspec: Nuspec
    file: Path


@dataclass(frozen=True, slots=True)
class Feed:
    """place: as it was named. note: why it offers nothing, "" where it does."""

    place: str
    packages: tuple[Offered, ...] = ()
    note: str = ""


def open_feed(home: SiteHome, place: str) -> Feed:
    """place: a folder of the home (`data/packages`, `%HOME%/data/packages`), "" for none. What is in it and
    is no package is passed over. Raises UsageError for a folder that is missing or elsewhere."""
    if not place.strip():
        return Feed("", note=f"No feed is set: name a folder of the home by feedUrl or {FEED_SETTING}.")
    if "://" in place and urlsplit(place).scheme.lower() != "file":
        return Feed(place, note="This server asks no gallery on the network: name a folder of the home.")
    try:
        parts = read_path(_below(home, place.strip())).parts
        with find(home.root, parts) as found:
            if found.own is None:
                raise NotADirectoryError
            names = sorted(name for name in os.listdir(found.own) if name.lower().endswith(".nupkg"))
            folder = home.root.joinpath(*found.real)
    except (OSError, ValueError):
        raise UsageError(
            "The feed is no folder of the site's home.",
            found=place[:200],
            fix="Put the packages below its home, as data/packages, and name that folder.",
        ) from None
    offered = (_offered(folder / name) for name in names[:_MOST])
    return Feed(place, tuple(each for each in offered if each is not None))


def versions_of(feed: Feed, extension: str) -> tuple[Offered, ...]:
    """The newest first. By the id, else by the one that took its place."""
    for wanted in dict.fromkeys((extension, present_id(extension))):
        found = [each for each in feed.packages if same_id(each.nuspec.id, wanted)]
        if found:
            return tuple(sorted(found, key=lambda each: each.nuspec.version, reverse=True))
    return ()


def latest(feed: Feed, *, prereleases: bool) -> tuple[Offered, ...]:
    """The newest version of each package, by id."""
    newest: dict[str, Offered] = {}
    for each in feed.packages:
        if prereleases or not each.nuspec.version.is_prerelease:
            key = each.nuspec.id.lower()
            newest[key] = max(newest.get(key, each), each, key=_version)
    return tuple(newest[key] for key in sorted(newest))


def _version(offered: Offered) -> Version:
    return offered.nuspec.version


def _below(home: SiteHome, place: str) -> str:
    """The path below the home. Raises ValueError for one that is not."""
    if place.lower().startswith("file:"):
        place = unquote(urlsplit(place).path)
    place = place.replace("\\", "/")
    for word in _HOMES:
        if place.lower().startswith(word):
            return place[len(word) :]
    if not place.startswith("/"):
        return place
    return Path(os.path.normpath(place)).relative_to(home.root).as_posix()


def _offered(file: Path) -> Offered | None:
    if file.is_symlink() or not file.is_file():
        return None
    try:
        return Offered(nuspec_in(file, file.name), file)
    except (WebsteadError, OSError):
        return None
