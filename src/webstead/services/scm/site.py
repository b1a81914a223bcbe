"""`/api/site`: the site itself. Webstead's own; Kudu leaves it to Azure's resource manager."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Path
from pydantic import Field, RootModel
from starlette.responses import Response

from webstead.formats.webdeploy import write_profiles
from webstead.services import tokens
from webstead.services.bodies import taken
from webstead.services.context import OfSite, SiteContext
from webstead.services.routes import Route
from webstead.services.setting_aside import remove_later, set_aside
from webstead.services.sites import (
    OptionChanges,
    Site,
    changed_options,
    checked_hosts,
    existing,
    site_of,
)
from webstead.services.tokens import MadeToken, TokenItem, TokenWish
from webstead.services.wire import Given
from webstead.site.deploy.package import RUN_FROM_PACKAGE
from webstead.site.store.settings import read_settings, write_settings
from webstead.site.store.sites import (
    delete_site,
    find_site,
    new_password,
    set_hosts,
    set_options,
    set_stopped,
)

__all__ = ["ROUTES"]

Name = Annotated[str, Path(max_length=100)]

_CANCEL_SECONDS = 60.0
"""A deployment that was cancelled ends its programs at once; a switch to another release comes to its end."""


class Hosts(Given):
    """All of them: those that are left out are given up."""

    hosts: list[str]


SettingName = Annotated[str, Field(pattern=r"^[^=\x00]{1,512}$")]
SettingValue = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=1 << 16)]


class AppSettings(RootModel[dict[SettingName, SettingValue | None]]):
    """By name; null removes one."""


def show(site: OfSite) -> Site:
    """What it is called, where it is reached, what serves, and how it is hosted."""
    return site_of(site.context, existing(site.context, site.name), site.asked.base)


def delete(site: OfSite) -> None:
    """With its releases, files and records. The publishing user ends with it. A deployment that runs is
    cancelled, and its end is waited for."""
    context, by = site.context, site.principal.name
    context.deployer.cancel(site.name, by)
    with context.deployer.hold(site.name, "The site is deleted", by, seconds=_CANCEL_SECONDS):
        aside = _forget(site)
    try:
        context.host.changed(site.name)
    finally:
        remove_later(context, aside, _what_was_written_last(site))


def _forget(site: SiteContext) -> FilePath | None:
    """The files go first: what is cut off here leaves a site without files, and no files that the next site
    of this name would find."""
    home, context = site.home.root, site.context
    aside = set_aside(context, home)
    try:
        delete_site(context.store, site.name)
    except BaseException:
        if aside is not None:
            aside.rename(home)
        raise
    return aside


def _what_was_written_last(site: SiteContext) -> FilePath | None:
    """By instances and jobs, when their home was gone; unless somebody has made a new site meanwhile."""
    if find_site(site.context.store, site.name) is not None:
        return None
    return set_aside(site.context, site.home.root)


def start(site: OfSite) -> None:
    """Let it serve again."""
    _set_stopped(site, False)


def stop(site: OfSite) -> None:
    """Everybody gets 403 until it is started."""
    _set_stopped(site, True)


def restart(site: OfSite) -> None:
    """Renew its instances, without losing a request; a site that runs from a package gets the one that is
    named now, which is a deployment of its own."""
    if not site.context.deployer.follow_package(site.name):
        site.context.host.recycle(site.name)


def change_options(site: OfSite, changes: Annotated[OptionChanges, taken(OptionChanges)]) -> Site:
    """What is left out stays. What confines the site (user, memory_mb, cpu_percent) is changed with a token
    of the whole server alone."""
    changed = changed_options(site.context, site.name, site.record.options, changes, site.principal)
    set_options(site.context.store, site.name, changed)
    site.context.host.changed(site.name)
    return show(site)


def put_hosts(site: OfSite, wanted: Annotated[Hosts, taken(Hosts)]) -> Site:
    """Its own host names, besides the one below the server's domain. A name of the machine (an address, one
    without a dot) is given with a token of the whole server alone."""
    hosts = checked_hosts(site.context, site.name, wanted.hosts, site.principal, site.record.hosts)
    set_hosts(site.context.store, site.name, hosts)
    site.context.host.changed(site.name)
    return show(site)


def show_settings(site: OfSite) -> dict[str, str]:
    """The app settings, which are variables of the app, in clear."""
    return read_settings(site.context.store, site.name, "app")


def change_settings(site: OfSite, changes: Annotated[AppSettings, taken(AppSettings)]) -> None:
    """The site's processes are renewed with them."""
    write_settings(site.context.store, site.name, "app", changes.root)
    site.context.host.changed(site.name)
    if any(name.upper() == RUN_FROM_PACKAGE for name in changes.root):
        site.context.background.start(
            f"follow the package of {site.name}", lambda: site.context.deployer.follow_package(site.name)
        )


def publish_profile(site: OfSite) -> Response:
    """The file for GitHub's action, Visual Studio and the rest. It holds the password."""
    record, told = existing(site.context, site.name), show(site)
    text = write_profiles(site.name, told.scm_url, told.url, f"${site.name}", record.password)
    return Response(text, media_type="application/xml")


def renew_publish_profile(site: OfSite) -> Response:
    """With a new password: the one before is refused from now on."""
    new_password(site.context.store, site.name)
    return publish_profile(site)


def list_tokens(site: OfSite) -> list[TokenItem]:
    """The bearer tokens of this site; their texts are not known here."""
    return tokens.listed(site.context, site.name)


def make_token(site: OfSite, wish: Annotated[TokenWish, taken(TokenWish)]) -> MadeToken:
    """A new one; its text is in this answer alone."""
    return tokens.made(site.context, site.name, wish)


def delete_token(site: OfSite, id: Name) -> None:  # noqa: A002 - the name in the path
    """It is refused from now on."""
    tokens.removed(site.context, site.name, id)


def _set_stopped(site: OfSite, stopped: bool) -> None:
    set_stopped(site.context.store, site.name, stopped)
    site.context.host.changed(site.name)


ROUTES = (
    Route("GET", "/site", show, "read", "The site", gives=Site, at="api"),
    Route(
        "DELETE",
        "/site",
        delete,
        "admin",
        "Delete the site",
        status=204,
        at="api",
        others={409: "A deployment runs, and does not end"},
    ),
    Route("POST", "/site/start", start, "admin", "Start the site", status=204, at="api"),
    Route("POST", "/site/stop", stop, "admin", "Stop the site", status=204, at="api"),
    Route("POST", "/site/restart", restart, "admin", "Renew the site's instances", status=204, at="api"),
    Route(
        "PATCH",
        "/site/options",
        change_options,
        "admin",
        "Change how it is hosted",
        gives=Site,
        takes=OptionChanges,
        at="api",
        others={409: "Another site has this user"},
        example={"always_on": True},
    ),
    Route(
        "PUT",
        "/site/hosts",
        put_hosts,
        "admin",
        "Set its own host names",
        gives=Site,
        takes=Hosts,
        at="api",
        others={409: "Another site has one of them"},
        example={"hosts": ["www.example.org"]},
    ),
    Route("GET", "/site/settings", show_settings, "settings", "App settings", gives=dict[str, str], at="api"),
    Route(
        "PATCH",
        "/site/settings",
        change_settings,
        "settings",
        "Change app settings",
        status=204,
        takes=AppSettings,
        at="api",
        example={"LOG_LEVEL": "debug", "OLD": None},
    ),
    Route(
        "GET",
        "/site/publish-profile",
        publish_profile,
        "admin",
        "The publish profile",
        media="application/xml",
        at="api",
    ),
    Route(
        "POST",
        "/site/publish-profile",
        renew_publish_profile,
        "admin",
        "The publish profile with a new password",
        media="application/xml",
        at="api",
    ),
    *tokens.routes(
        *("/site", list_tokens, make_token, delete_token),
        makes="Make a token",
        example={"name": "ci", "scopes": ["deploy"], "days": 90},
    ),
)
