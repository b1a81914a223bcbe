"""`/api/sites`: the sites of this server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from webstead.services import tokens
from webstead.services.bodies import taken
from webstead.services.context import OfServer
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.setting_aside import remove_later, set_aside
from webstead.services.sites import OptionChanges, Site, changed_options, checked_hosts, site_of
from webstead.services.tokens import MadeToken, TokenItem, TokenWish
from webstead.services.wire import Given
from webstead.site.homes import SiteHome, checked_name
from webstead.site.store.model import SiteOptions
from webstead.site.store.sites import create_site, find_site, list_sites

__all__ = ["ROUTES"]


class SiteWish(Given):
    """name: a part of its host name. hosts: further ones, of its own."""

    name: str = Field(max_length=100)
    hosts: list[str] = Field(default_factory=list)
    options: OptionChanges = OptionChanges()


def show_all(server: OfServer) -> list[Site]:
    """By name."""
    context = server.context
    return [site_of(context, record, server.asked.base) for record in list_sites(context.store)]


def create(server: OfServer, wish: Annotated[SiteWish, taken(SiteWish)]) -> Site:
    """A site without a release yet: it answers with a page that says how to deploy."""
    context, name = server.context, checked_name(wish.name)
    if find_site(context.store, name) is not None:
        raise ApiError(409, f"There is a site {name} already.", fix=f"See it: webstead site show {name}.")
    hosts = checked_hosts(context, name, wish.hosts, server.principal)
    options = changed_options(context, name, SiteOptions(), wish.options, server.principal)
    home = context.server.site(name)
    _check_free(home)
    remove_later(context, *(set_aside(context, home.root / folder) for folder in _WRITTEN_LAST))
    home.make()
    record = create_site(context.store, name, now=context.clock.now(), hosts=hosts, options=options)
    context.host.changed(name)
    return site_of(context, record, server.asked.base)


def _check_free(home: SiteHome) -> None:
    """No site serves what it has not been given: neither what was left of another one of its name, nor what a
    person has put there for something else. Raises ApiError, OSError."""
    if _holds_files(home.root):
        raise ApiError(
            409,
            f"There is no site {home.name}, but a folder of one, with files.",
            found=f"{home.root}",
            fix="Move it away, create the site, and put back what of it the site is to have; or remove it.",
        )


_WRITTEN_LAST = ("LogFiles", "data/jobs", "site/locks")
"""What may be written of a site that is deleted just then."""


def _holds_files(root: Path) -> bool:
    """Other than those."""
    if not os.path.lexists(root):
        return False
    skipped = {str(root / folder) for folder in _WRITTEN_LAST}
    for at, folders, files in os.walk(root, onerror=_raise):
        if files or any(os.path.islink(os.path.join(at, folder)) for folder in folders):
            return True
        folders[:] = [folder for folder in folders if os.path.join(at, folder) not in skipped]
    return False


def _raise(error: OSError) -> None:
    raise error


def show_tokens(server: OfServer) -> list[TokenItem]:
    """Those for all sites, and those for one."""
    return tokens.listed(server.context, "")


def make_token(server: OfServer, wish: Annotated[TokenWish, taken(TokenWish)]) -> MadeToken:
    """One that is for all sites; its text is in this answer alone."""
    return tokens.made(server.context, "", wish)


def delete_token(server: OfServer, id: str) -> None:  # noqa: A002 - the name in the path
    """It is refused from now on."""
    tokens.removed(server.context, "", id)


ROUTES = (
    Route("GET", "/sites", show_all, "read", "The sites", gives=list[Site], at="api"),
    Route(
        "POST",
        "/sites",
        create,
        "admin",
        "Create a site",
        gives=Site,
        status=201,
        takes=SiteWish,
        at="api",
        others={
            409: "There is one of that name, or its folder, or one that has one of the hosts or this user"
        },
        example={"name": "shop", "hosts": ["www.example.org"], "options": {"always_on": True}},
    ),
    *tokens.routes(
        *("", show_tokens, make_token, delete_token),
        makes="Make a token for all sites",
        example={"name": "ops", "scopes": ["read"], "days": 30},
    ),
)
