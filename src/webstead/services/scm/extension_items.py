"""A site extension as Kudu's API shows it (reference 1.12)."""

from __future__ import annotations

from webstead.formats.nuget import Nuspec
from webstead.services.wire import Answer, Date
from webstead.site.extensions.catalogue import Installed
from webstead.site.extensions.feed import Feed, Offered, versions_of
from webstead.site.extensions.state import Kind, Status
from webstead.site.homes import SiteHome

__all__ = ["KINDS", "ExtensionItem", "item_of", "item_of_status", "offered_item"]

KINDS: tuple[Kind, ...] = ("Gallery", "WebRoot")
"""By Kudu's numbers."""


class ExtensionItem(Answer):
    """type: 0 of a gallery, 1 for one in wwwroot. extension_url: always null: only IIS serves an extension's
    own pages. published_date_time, download_count: of a gallery. local_is_latest_version: null where no feed
    knows the package. comment: what people should know of the last operation."""

    id: str
    title: str
    type: int = 0
    summary: str | None = None
    description: str | None = None
    version: str | None = None
    extension_url: str | None = None
    project_url: str | None = None
    icon_url: str | None = None
    license_url: str | None = None
    feed_url: str | None = None
    authors: tuple[str, ...] = ()
    installer_command_line_params: str | None = None
    published_date_time: Date | None = None
    download_count: int = 0
    local_is_latest_version: bool | None = None
    local_path: str | None = None
    installed_date_time: Date | None = None
    provisioningState: str | None = None
    comment: str | None = None
    packageUri: str | None = None


def item_of(home: SiteHome, there: Installed, status: Status | None, feed: Feed | None) -> ExtensionItem:
    """An extension that is installed. feed: to compare its version with; None for not."""
    settings = there.settings
    item = _described(there.nuspec)
    told: dict[str, object] = {
        "local_is_latest_version": None if feed is None else _is_latest(there, feed),
        "local_path": str(home.extensions / there.name),
        "provisioningState": "Succeeded" if status is None else status.state,
        "comment": None if status is None else status.comment or None,
    }
    if settings is not None:
        told |= {
            "type": KINDS.index(settings.kind),
            "feed_url": settings.feed or None,
            "installer_command_line_params": settings.arguments or None,
            "installed_date_time": settings.installed,
            "packageUri": settings.package or None,
        }
    return item.model_copy(update=told)


def item_of_status(status: Status) -> ExtensionItem:
    """One of which nothing is installed, yet or any more."""
    return ExtensionItem(
        id=status.id,
        title=status.id,
        type=KINDS.index(status.kind),
        provisioningState=status.state,
        comment=status.comment or None,
    )


def offered_item(offered: Offered, feed: Feed) -> ExtensionItem:
    """One of a feed."""
    return _described(offered.nuspec).model_copy(update={"feed_url": feed.place})


def _described(nuspec: Nuspec) -> ExtensionItem:
    return ExtensionItem(
        id=nuspec.id,
        title=nuspec.name,
        summary=nuspec.summary or None,
        description=nuspec.description or None,
        version=nuspec.written,
        project_url=nuspec.project_url or nuspec.repository_url or None,
        icon_url=nuspec.icon_url or None,
        license_url=nuspec.license.page or None,
        authors=nuspec.authors,
    )


def _is_latest(there: Installed, feed: Feed) -> bool | None:
    """Prereleases are not offered to who has a release."""
    version = there.nuspec.version
    known = [each.nuspec.version for each in versions_of(feed, there.nuspec.id)]
    known = [each for each in known if version.is_prerelease or not each.is_prerelease]
    return version >= max(known) if known else None
