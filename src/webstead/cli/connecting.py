"""Which management a command speaks to: that of a server here, of a home that nobody serves (then in this
process), of a server elsewhere, or of App Service; and which site is meant.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from webstead.cli.folder_note import FolderNote
    from webstead.client import Api, Place
    from webstead.site.homes import ServerHome

__all__ = ["Chosen", "chosen", "server_api", "server_chosen", "site_api"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the options say. home: None for the one of this user. told: by whom, for the line that says it; ""
    when the options themselves do."""

    site: str | None
    home: Path | None
    profile: Path | None
    url: str | None
    told: str = ""


def chosen(
    site: str | None,
    home: Path | None,
    profile: Path | None,
    url: str | None,
    folder: Path | None = None,
    *,
    environment: Collection[str] = (),
) -> Chosen:
    """folder: that was deployed before: where to is then known. environment: the names of those that nobody
    typed; they are passed over where the command line names another place. Raises UsageError for options that
    exclude each other."""
    from webstead.cli.folder_note import read_note

    given = _prevailing(Chosen(site, home, profile, url), environment)
    _check(given)
    if given.site or given.profile or given.url:
        return given
    note = read_note(folder or Path())
    if note is None or (given.home is not None and not _is_of(note, given.home)):
        return given
    return Chosen(note.site or None, given.home or note.home, note.profile, note.url, _AS_LAST)


_AS_LAST = "as this folder was deployed last"


def _is_of(note: FolderNote, home: Path) -> bool:
    from webstead.site.homes import default_home

    if note.profile is not None or note.url is not None:
        return False
    return (note.home or default_home()).resolve() == home.resolve()


def server_chosen(home: Path | None, url: str | None, *, environment: Collection[str] = ()) -> Chosen:
    """What is about a whole server; where a folder was deployed to is nothing to it. Raises UsageError."""
    given = _prevailing(Chosen(None, home, None, url), environment)
    _check(given)
    return given


def _prevailing(given: Chosen, environment: Collection[str]) -> Chosen:
    """Without what only the environment says, where the command line names another place."""
    from webstead.client.place import names_server

    def typed_only(name: str, value: T) -> T | None:
        return None if name in environment else value

    typed = Chosen(
        typed_only("site", given.site),
        typed_only("home", given.home),
        typed_only("profile", given.profile),
        typed_only("url", given.url),
    )
    if typed.home or typed.profile or typed.url:
        named = given.site if typed.url is None or names_server(typed.url) else typed.site
        return replace(typed, site=typed.site if typed.profile else named)
    if typed.site:
        server = given.url if given.url is not None and names_server(given.url) else None
        return replace(given, profile=None, url=server)
    return given


def _check(given: Chosen) -> None:
    from webstead.client.place import shown_url
    from webstead.errors import UsageError

    url = None if given.url is None else shown_url(given.url)
    named = {"--home": given.home, "--profile": given.profile, "--url": url}
    told = [f"{name} {value}" for name, value in named.items() if value is not None]
    if len(told) > 1:
        raise UsageError("Several servers are named.", found=", ".join(told), fix="Name one of them.")
    if given.profile is not None and given.site is not None:
        fix = "Leave --site out: a publish profile is of one site."
        raise UsageError("A profile names the site itself.", found=f"--site {given.site}, {told[0]}", fix=fix)


@contextmanager
def site_api(where: Chosen) -> Iterator[Api]:
    """The management of the site that is meant. Raises WebsteadError."""
    with _api(where, make=False) as api:
        if not api.place.server:
            if where.site is not None:
                raise _no_server(where)
            _tell(api.place.words, where)
            yield api
            return
        name = where.site or _only_site(api)
        if where.site is None or where.told:
            _tell(f"Site {name}", where)
        with closing(api.of_site(_checked(name))) as site:
            yield site


def _tell(what: str, where: Chosen) -> None:
    """Who said nothing is told what was taken."""
    if where.told:
        sys.stderr.write(f"{what}, {where.told}\n")
    elif where.site is None and where.profile is None and where.url is None:
        sys.stderr.write(f"{what}\n")


@contextmanager
def server_api(where: Chosen, *, make: bool = False) -> Iterator[Api]:
    """The management of a whole server. make: a home that is not there yet is made. Raises WebsteadError."""
    from webstead.client.place import shown_url
    from webstead.errors import UsageError

    with _api(where, make=make) as api:
        if not api.place.server:
            raise UsageError(
                "This is about a whole server, and one site of it is named.",
                found=f"{where.profile or shown_url(where.url or '')}",
                fix="Name a home with --home, or the server's own management: --url https://scm.DOMAIN",
            )
        yield api


@contextmanager
def _api(where: Chosen, *, make: bool) -> Iterator[Api]:
    from webstead.client import Api

    if where.profile is not None or where.url is not None:
        with closing(Api(_elsewhere(where))) as api:
            yield api
        return
    with _here(where, make=make) as api:
        yield api


def _elsewhere(where: Chosen) -> Place:
    from webstead.client import of_profile, of_url
    from webstead.errors import UsageError
    from webstead.settings import Secret

    if where.profile is None:
        token = os.environ.get("WEBSTEAD_TOKEN")
        return of_url(where.url or "", Secret(token) if token else None)
    try:
        data = where.profile.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The publish profile {where.profile} cannot be read.",
            found=error.strerror or str(error),
            fix="Name a file that was downloaded from Azure, or made by: webstead site publish-profile NAME",
        ) from None
    return of_profile(data, str(where.profile))


@contextmanager
def _here(where: Chosen, *, make: bool) -> Iterator[Api]:
    from webstead.client import Api
    from webstead.site.homes import ServerHome, default_home

    home = ServerHome((where.home or default_home()).absolute())
    flags = () if where.home is None else ("--home", str(where.home))
    place = _served(home, flags)
    if place is not None:
        with closing(Api(place, again=lambda: _served(home, flags) or place)) as api:
            yield api
        return
    _check_home(home, make=make)
    with _in_process(home, flags) as api:
        yield api


def _served(home: ServerHome, flags: tuple[str, ...]) -> Place | None:
    """Where the server of this home answers; None when none runs."""
    from webstead.client import of_server
    from webstead.site.server.note import read_note

    note = read_note(home)
    if note is None:
        return None
    words = f"the server of {home.root}"
    return of_server(note.management_url, note.domain, note.token, words, note.trusted, flags)


def _check_home(home: ServerHome, *, make: bool) -> None:
    from webstead.errors import UsageError

    if not make and not home.database.exists():
        raise UsageError(
            f"There is no home of a server at {home.root}.",
            found="no server.sqlite in it",
            fix="Name another with --home; or make a site: webstead site create NAME",
        )


@contextmanager
def _in_process(home: ServerHome, flags: tuple[str, ...]) -> Iterator[Api]:
    """Nobody serves the home: the management works for this command alone."""
    from webstead.client import Api, of_server
    from webstead.client.in_process import InProcess
    from webstead.services.__main__ import context_of
    from webstead.services.application import make_app
    from webstead.settings import Secret
    from webstead.site.server.orders import NoHost

    token = secrets.token_urlsafe(32)
    transport = InProcess(make_app(context_of(home, NoHost(), token)))
    try:
        words = f"the home {home.root}, which nobody serves"
        place = of_server("http://127.0.0.1", "localhost", Secret(token), words, flags=flags)
        yield Api(place, transport=transport)
    finally:
        transport.close()


def _only_site(server: Api) -> str:
    from webstead.client.sites import list_sites
    from webstead.errors import UsageError

    names = [site.name for site in list_sites(server)]
    if len(names) == 1:
        return names[0]
    raise UsageError(
        "Which site?" if names else "There is no site yet.",
        found=", ".join(names) or server.place.words,
        fix=f"Name it: --site {names[0]}" if names else server.place.command("site", "create", "NAME"),
    )


def _checked(name: str) -> str:
    from webstead.site.homes import checked_name

    return checked_name(name)


def _no_server(where: Chosen) -> Exception:
    from webstead.client.place import shown_url
    from webstead.errors import UsageError

    return UsageError(
        "The address is that of one site's management, and a site is named, too.",
        found=f"--url {shown_url(where.url or '')}, --site {where.site}",
        fix="Leave --site out, or name the server's own management: https://scm.DOMAIN",
    )
