"""Sites: those of a server, and one of them with its options, hosts, settings and credentials.

Kudu has none of this: a site on App Service is made and changed by Azure itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from webstead.client.api import Api
from webstead.client.own import own
from webstead.client.reading import Fields, fields_of, items_of
from webstead.errors import UsageError
from webstead.settings import Secret

__all__ = [
    "Site",
    "Token",
    "act",
    "add_hosts",
    "change_options",
    "change_settings",
    "create_site",
    "delete_site",
    "delete_token",
    "ensure_site",
    "list_sites",
    "list_tokens",
    "make_token",
    "publish_profile",
    "read_settings",
    "remove_hosts",
    "set_hosts",
    "show_site",
]


_WITH_SCM = (
    "Add --scm for Kudu's own settings, which deployments read; those of the app are changed by Azure itself "
    "(the portal, or az webapp config appsettings)."
)


@dataclass(frozen=True, slots=True)
class Site:
    """url: where it is visited. scm_url: its management. hosts: of its own, besides NAME.DOMAIN. release:
    that is current, "" before the first. options: as the server names them."""

    name: str
    url: str
    scm_url: str
    hosts: tuple[str, ...]
    stopped: bool
    created: datetime | None
    release: str
    options: Mapping[str, object]

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "url": self.url,
            "scm_url": self.scm_url,
            "hosts": list(self.hosts),
            "stopped": self.stopped,
            "created": None if self.created is None else self.created.isoformat(),
            "release": self.release or None,
            "options": dict(self.options),
        }


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. site: that it is for, "" for all of the server. expires: None for never."""

    id: str
    name: str
    site: str
    scopes: tuple[str, ...]
    created: datetime | None
    expires: datetime | None
    used: datetime | None

    def as_json(self) -> dict[str, object]:
        times = {"created": self.created, "expires": self.expires, "used": self.used}
        return {
            "id": self.id,
            "name": self.name,
            "site": self.site or None,
            "scopes": list(self.scopes),
            **{name: None if time is None else time.isoformat() for name, time in times.items()},
        }


def list_sites(server: Api) -> tuple[Site, ...]:
    """By name."""
    with own("a list of sites"):
        return tuple(map(_site, items_of(server.get("/api/sites"), "the list of sites")))


def create_site(server: Api, name: str, hosts: Sequence[str], options: Mapping[str, object]) -> Site:
    body = {"name": name, "hosts": list(hosts), "options": dict(options)}
    with own("making sites"):
        return _site(fields_of(server.ask("POST", "/api/sites", body), "the site"))


def ensure_site(server: Api, name: str, hosts: Sequence[str], options: Mapping[str, object]) -> Site:
    """As create_site; one that is there answers at these hosts, too, and has these options changed."""
    low = name.lower()
    if low not in [each.name for each in list_sites(server)]:
        return create_site(server, name, hosts, options)
    with closing(server.of_site(low)) as site:
        found = add_hosts(site, hosts) if hosts else show_site(site)
        return change_options(site, options) if options else found


def show_site(site: Api) -> Site:
    with own("facts about a site"):
        return _site(fields_of(site.get("/api/site"), "the site"))


def delete_site(site: Api) -> None:
    with own("deleting sites"):
        site.ask("DELETE", "/api/site")


def act(site: Api, what: str) -> None:
    """what: `start`, `stop`, `restart`."""
    with own(f"a way to {what} sites"):
        site.ask("POST", f"/api/site/{what}")


def change_options(site: Api, changes: Mapping[str, object]) -> Site:
    with own("options of sites"):
        return _site(fields_of(site.ask("PATCH", "/api/site/options", dict(changes)), "the site"))


def set_hosts(site: Api, hosts: Sequence[str]) -> Site:
    """All of its own host names, in this order."""
    with own("host names"):
        return _site(fields_of(site.ask("PUT", "/api/site/hosts", {"hosts": list(hosts)}), "the site"))


def add_hosts(site: Api, hosts: Iterable[str]) -> Site:
    """Behind those that it has."""
    there = show_site(site).hosts
    wanted = dict.fromkeys([*there, *map(str.lower, hosts)])
    return set_hosts(site, list(wanted))


def remove_hosts(site: Api, hosts: Iterable[str]) -> Site:
    """Raises UsageError for one that it does not have."""
    going, there = {host.lower() for host in hosts}, show_site(site).hosts
    if unknown := sorted(going - set(there)):
        raise UsageError(
            f"The site has no host {', '.join(unknown)}.",
            found=", ".join(there) or "it has none of its own",
            fix=f"See them: {site.place.command('site', 'hosts', 'list')}",
        )
    return set_hosts(site, [host for host in there if host not in going])


def read_settings(site: Api) -> dict[str, str]:
    """The variables of the app, in clear."""
    with own("the settings of the app by themselves", _WITH_SCM):
        settings = fields_of(site.get("/api/site/settings"), "the settings")
    return {name: value for name, value in settings.members.items() if isinstance(value, str)}


def change_settings(site: Api, changes: Mapping[str, str | None]) -> None:
    """None removes one."""
    with own("changing the settings of the app", _WITH_SCM):
        site.ask("PATCH", "/api/site/settings", dict(changes))


def publish_profile(site: Api, *, renew: bool) -> str:
    """The file as text. renew: with a new password; the old one is not taken any more."""
    with own("publish profiles"):
        reply = site.send("POST" if renew else "GET", "/api/site/publish-profile")
    return reply.body.decode("utf-8", "replace")


def list_tokens(site: Api) -> tuple[Token, ...]:
    with own("tokens"):
        return tuple(map(_token, items_of(site.get("/api/site/tokens"), "the list of tokens")))


def make_token(site: Api, name: str, scopes: Sequence[str], days: int | None) -> tuple[Token, Secret]:
    """days: until it expires; None for never. The text is told this once."""
    with own("tokens"):
        body = {"name": name, "scopes": list(scopes), "days": days}
        made = fields_of(site.ask("POST", "/api/site/tokens", body), "the token")
    return _token(made), Secret(made.needed("token"))


def delete_token(site: Api, token: str) -> None:
    """token: its id."""
    with own("tokens"):
        site.ask("DELETE", f"/api/site/tokens/{token}")


def _site(fields: Fields) -> Site:
    return Site(
        name=fields.needed("name"),
        url=fields.text("url"),
        scm_url=fields.text("scm_url"),
        hosts=fields.texts("hosts"),
        stopped=fields.flag("stopped"),
        created=fields.time("created"),
        release=fields.text("release"),
        options=fields.inner("options").members,
    )


def _token(fields: Fields) -> Token:
    return Token(
        id=fields.needed("id"),
        name=fields.text("name"),
        site=fields.text("site"),
        scopes=fields.texts("scopes"),
        created=fields.time("created"),
        expires=fields.time("expires"),
        used=fields.time("used"),
    )
