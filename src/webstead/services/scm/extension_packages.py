"""Where the package of an extension comes from, and with what its scripts run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from webstead.errors import UsageError
from webstead.services.context import SiteContext
from webstead.services.surroundings import confinement_of, environment_of
from webstead.settings import Secret
from webstead.site.commands.run import CommandResult, run_command
from webstead.site.commands.variables import idle_seconds
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.fetch import download
from webstead.site.extensions.feed import FEED_SETTING, Feed, Offered, versions_of
from webstead.site.extensions.install import Source, Wanted, version_of
from webstead.site.extensions.operation import Workplace
from webstead.site.store.settings import read_settings

__all__ = ["NotOffered", "fetched", "from_feed", "place_of", "setting_of_feed"]


class NotOffered(UsageError):
    """The feed has no such package, or not this version of it."""

    http_status = 404


def place_of(site: SiteContext) -> Workplace:
    """Raises StartError when the site's user cannot be used."""
    user = confinement_of(site.context, site.record)
    owner = None if user.user is None or user.group is None else (user.user, user.group)

    def run(words: Sequence[str], folder: Path) -> CommandResult:
        """In a thread of its own: an installation waits for it."""
        settings, variables = environment_of(site.context, site.record)
        return asyncio.run(
            run_command(words, cwd=folder, env=variables, idle=idle_seconds(settings), confinement=user)
        )

    return Workplace(site.home, site.context.temporary, site.context.clock, run, owner)


def setting_of_feed(site: SiteContext) -> str:
    store = site.context.store
    settings = {**read_settings(store, site.name, "app"), **read_settings(store, site.name, "scm")}
    return settings.get(FEED_SETTING, "")


def fetched(url: Secret, file: Path) -> Source:
    """file: that is to be. Raises BuildError, UsageError."""
    download(url, file)
    shown = shown_url(url)
    return Source(file, shown.rpartition("/")[2] or shown, address=shown)


def from_feed(feed: Feed, wanted: Wanted) -> Offered:
    """The version that is wanted; else the newest that is no prerelease, else the newest. Raises NotOffered,
    UsageError."""
    there = versions_of(feed, wanted.id)
    if not there:
        found = feed.note or f"{len(feed.packages)} packages are in {feed.place}, none with this id"
        fix = "Send the package itself as the body, or its address as packageUri."
        raise NotOffered(f"'{wanted.id[:100]}' not found.", found=found, fix=fix)
    if not wanted.version:
        return next((each for each in there if not each.nuspec.version.is_prerelease), there[0])
    version = version_of(wanted.version)
    for each in there:
        if each.nuspec.version == version:
            return each
    found = f"the feed has {', '.join(each.nuspec.written for each in there[:20])}"
    raise NotOffered(f"'{wanted.id[:100]}' {version} not found.", found=found, fix="Ask for one of these.")
