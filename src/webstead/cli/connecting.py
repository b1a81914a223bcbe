"""Which management a command speaks to: that of a server here, of a home that nobody serves (then in this
process), of a server elsewhere, or of App Service; and which site is meant.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webstead.cli.folder_note import FolderNote
    from webstead.client import Api, Place
    from webstead.site.homes import ServerHome

__all__ = ["Chosen", "chosen", "server_api", "server_chosen", "site_api"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the options say. home: None for the one of this user. told: by whom, for the line that says it; ""
    when the options themselves do."""

    site: str | None
    home: Path | None
    profile: Path | None
    url: str | None
    told: str = ""

    def flags(self, site: str) -> list[str]:
        """The options that lead to this site again, from any folder. site: its name, "" where it is not
        known. Without credentials."""
        named = self.site or (site if self.profile is None and self.url is None else "")
        given = {"--site": named, "--home": self.home, "--profile": self.profile, "--url": _bare(self.url)}
        return [word for flag, value in given.items() if value for word in (flag, str(value))]


def _bare(url: str | None) -> str:
    """Without the user and the password that may stand in it."""
    if url is None or "@" not in url:
        return url or ""
    return f"{url.partition('://')[0]}://{url.rpartition('@')[2]}"


def chosen(
    site: str | None, home: Path | None, profile: Path | None, url: str | None, folder: Path | None = None
) -> Chosen:
    """folder: that was deployed before: where to is then known. Raises UsageError for options that exclude
    each other."""
    from webstead.cli.folder_note import read_note

    _check(site, home, profile, url)
    if not any((site, home, profile, url)):
        note = read_note(folder or Path())
        if note is not None:
            return _noted(note)
    return Chosen(site, home, profile, url)


def server_chosen(home: Path | None, url: str | None) -> Chosen:
    """What is about a whole server; where a folder was deployed to is nothing to it. Raises UsageError."""
    _check(None, home, None, url)
    return Chosen(None, home, None, url)


def _noted(note: FolderNote) -> Chosen:
    return Chosen(note.site or None, note.home, note.profile, note.url, "as this folder was deployed last")


def _check(site: str | None, home: Path | None, profile: Path | None, url: str | None) -> None:
    from webstead.errors import UsageError

    named = {"--home": home, "--profile": profile, "--url": url}
    given = [f"{name} {value}" for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise UsageError("Several servers are named.", found=", ".join(given), fix="Name one of them.")
    if profile is not None and site is not None:
        fix = "Leave --site out: a publish profile is of one site."
        raise UsageError("A profile names the site itself.", found=f"--site {site}, {given[0]}", fix=fix)


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
    from webstead.errors import UsageError

    with _api(where, make=make) as api:
        if not api.place.server:
            raise UsageError(
                "This is about a whole server, and one site of it is named.",
                found=f"{where.profile or where.url}",
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
    place = _served(home)
    if place is not None:
        with closing(Api(place, again=lambda: _served(home) or place)) as api:
            yield api
        return
    _check_home(home, make=make)
    with _in_process(home) as api:
        yield api


def _served(home: ServerHome) -> Place | None:
    """Where the server of this home answers; None when none runs."""
    from webstead.client import of_server
    from webstead.site.server.note import read_note

    note = read_note(home)
    if note is None:
        return None
    words = f"the server of {home.root}"
    return of_server(note.management_url, note.domain, note.token, words, note.trusted)


def _check_home(home: ServerHome, *, make: bool) -> None:
    from webstead.errors import UsageError

    if not make and not home.database.exists():
        raise UsageError(
            f"There is no home of a server at {home.root}.",
            found="no server.sqlite in it",
            fix="Name another with --home; or make a site: webstead site create NAME",
        )


@contextmanager
def _in_process(home: ServerHome) -> Iterator[Api]:
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
        yield Api(of_server("http://127.0.0.1", "localhost", Secret(token), words), transport=transport)
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
        fix=f"Name it: --site {names[0]}" if names else "webstead site create NAME",
    )


def _checked(name: str) -> str:
    from webstead.site.homes import checked_name

    return checked_name(name)


def _no_server(where: Chosen) -> Exception:
    from webstead.errors import UsageError

    return UsageError(
        "The address is that of one site's management, and a site is named, too.",
        found=f"--url {_bare(where.url)}, --site {where.site}",
        fix="Leave --site out, or name the server's own management: https://scm.DOMAIN",
    )
