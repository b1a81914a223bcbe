"""Who asks: Basic with a site's publishing user, or a bearer token. Comparisons take the same time whatever
is wrong, and an unknown site takes as long as a known one.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from webstead.settings import Secret
from webstead.site.store.model import SCOPES, Scope, SiteRecord, Token, granted

__all__ = [
    "Basic",
    "Bearer",
    "Directory",
    "Known",
    "Principal",
    "Refused",
    "authenticate",
    "credentials_of",
    "tried_user",
]

LONGEST = 8192
"""Of a header that holds credentials: bearer tokens of Azure take 2 to 3 kB."""

LONGEST_USER = 64
"""Characters: names of sites are shorter."""

_NOBODY = Secret(secrets.token_urlsafe(48))
"""What the password of an unknown site is compared with."""


@dataclass(frozen=True, slots=True)
class Basic:
    """site: the name of the publishing user without its `$`."""

    site: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Bearer:
    token: Secret


@dataclass(frozen=True, slots=True)
class Principal:
    """name: as the audit calls it, `$shop` or `token:NAME`. site: the only one it may manage, "" for all and
    for the server itself. scopes: with those that they include."""

    name: str
    site: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Known:
    """principal: who it is. site: that it speaks of by its user name; "" when it names none."""

    principal: Principal
    site: str


@dataclass(frozen=True, slots=True)
class Refused:
    """guess: whether it counts as a try at a secret. basic: whether Basic is offered."""

    what: str
    fix: str
    guess: bool
    basic: bool = True


@dataclass(frozen=True, slots=True)
class Directory:
    """Where principals are looked up. site: by its name. run: the token of this run of the server;
    None where there is none."""

    site: Callable[[str], SiteRecord | None]
    token: Callable[[Secret, datetime], Token | None]
    run: Secret | None


_FIX = (
    "Send Basic credentials, the publishing user `$NAME` and its password (webstead site publish-profile "
    "NAME), or `Authorization: Bearer TOKEN`."
)


def credentials_of(header: str) -> Basic | Bearer | None:
    """What an Authorization header says; None for none and for what cannot be read. A publishing user is
    `$shop`, or `shop\\$shop` as in Azure's profiles."""
    kind, _, text = header.strip().partition(" ")
    if not text or len(header) > LONGEST:
        return None
    if kind.lower() == "bearer":
        return Bearer(Secret(text.strip()))
    return _basic(text.strip()) if kind.lower() == "basic" else None


def tried_user(header: str | None) -> str:
    """Whose password a header tries, for the count of wrong ones: of sites that are there, and of others, at
    its own length at most. "" for a token, and for what is neither."""
    given = credentials_of(header or "")
    return given.site[:LONGEST_USER] if isinstance(given, Basic) else ""


def _basic(text: str) -> Basic | None:
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    _, _, name = user.rpartition("\\")
    if not colon or not name.startswith("$"):
        return None
    return Basic(name[1:].lower(), Secret(password))


def authenticate(header: str | None, site: str, directory: Directory, now: datetime) -> Known | Refused:
    """site: that the address names; "" for the server itself, and where it names none: then the user does."""
    if header is None:
        return Refused("Credentials are needed.", _FIX, guess=False)
    given = credentials_of(header)
    if given is None:
        return Refused("These are no credentials that are understood.", _FIX, guess=True)
    if isinstance(given, Bearer):
        return _by_token(given.token, directory, now)
    return _by_password(given, site, directory)


def _by_token(text: Secret, directory: Directory, now: datetime) -> Known | Refused:
    if directory.run is not None and _same(text, directory.run):
        return Known(Principal("token:server", "", frozenset(SCOPES)), "")
    token = directory.token(text, now)
    if token is None:
        return Refused(
            "This token is not known, or has expired.",
            "Make one: webstead site token make --site NAME.",
            guess=True,
        )
    return Known(Principal(f"token:{token.name}", token.site, granted(token.scopes)), token.site)


def _by_password(given: Basic, site: str, directory: Directory) -> Known | Refused:
    record = directory.site(given.site)
    right = _same(given.password, record.password if record is not None else _NOBODY)
    if record is None or not right or (site and site != record.name):
        return Refused("The user name or the password is wrong.", _FIX, guess=True)
    if not record.options.basic_auth:
        return Refused(
            f"Basic authentication is switched off for the site {record.name}.",
            "Send `Authorization: Bearer TOKEN`, or switch it on: webstead site options "
            f"{record.name} --basic-auth.",
            guess=False,
            basic=False,
        )
    return Known(Principal(f"${record.name}", record.name, frozenset(SCOPES)), record.name)


def _same(one: Secret, other: Secret) -> bool:
    return hmac.compare_digest(one.reveal().encode(), other.reveal().encode())
