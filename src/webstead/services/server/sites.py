"""`/api/sites`: the sites of this server."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webstead.services import tokens
from webstead.services.bodies import taken
from webstead.services.context import OfServer
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.sites import OptionChanges, Site, changed_options, checked_hosts, site_of
from webstead.services.tokens import MadeToken, TokenItem, TokenWish
from webstead.services.wire import Given
from webstead.site.homes import checked_name
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
    context.server.site(name).make()
    record = create_site(context.store, name, now=context.clock.now(), hosts=hosts, options=options)
    context.host.changed(name)
    return site_of(context, record, server.asked.base)


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
        others={409: "There is one of that name, or one that has one of the hosts or this user"},
        example={"name": "shop", "hosts": ["www.example.org"], "options": {"always_on": True}},
    ),
    *tokens.routes(
        *("", show_tokens, make_token, delete_token),
        makes="Make a token for all sites",
        example={"name": "ops", "scopes": ["read"], "days": 30},
    ),
)
