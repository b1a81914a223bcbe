"""What is told of a site, and what of it can be changed: for its own management and the server's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace

from pydantic import Field

from webstead.errors import StartError, UsageError
from webstead.host.cgroups import check_limits
from webstead.host.confinement import as_user
from webstead.services.auth import Principal
from webstead.services.context import Context
from webstead.services.errors import ApiError
from webstead.services.wire import Answer, Date, Given
from webstead.site.custody import user_of
from webstead.site.hosts import HostTaken, checked_host, is_of_machine
from webstead.site.store.model import SiteOptions, SiteRecord
from webstead.site.store.sites import find_site, list_sites

__all__ = [
    "OptionChanges",
    "Options",
    "Site",
    "changed_options",
    "checked_hosts",
    "existing",
    "site_of",
]

MOST_HOSTS = 100

CONFINING = ("user", "memory_mb", "cpu_percent")
"""Options that hold a site apart from the others and from the server: whoever may do anything in the site may
not change them. `read_only` is not among them: it keeps a site's code from the site's own releases, which its
owner may replace anyway."""


class Options(Answer):
    """How the site is hosted: the same words as on the command line."""

    always_on: bool
    idle_minutes: int
    user: str
    memory_mb: int
    cpu_percent: int
    read_only: bool
    basic_auth: bool
    releases_kept: int


class Site(Answer):
    """url, scm_url: where it and its management are reached. release: the current one; null before the first
    deployment."""

    name: str
    url: str
    scm_url: str
    hosts: list[str]
    stopped: bool
    created: Date
    release: str | None
    options: Options


class OptionChanges(Given):
    """What is left out stays as it is."""

    always_on: bool | None = None
    idle_minutes: int | None = Field(default=None, ge=0, le=60 * 24 * 365)
    user: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{0,64}$")
    memory_mb: int | None = Field(default=None, ge=0, le=1 << 30)
    cpu_percent: int | None = Field(default=None, ge=0, le=1 << 20)
    read_only: bool | None = None
    basic_auth: bool | None = None
    releases_kept: int | None = Field(default=None, ge=1, le=1000)


def site_of(context: Context, record: SiteRecord, base: str) -> Site:
    """base: scheme, host and port that the management was reached at."""
    return Site(
        name=record.name,
        url=_at(context.sites_url or base, f"{record.name}.{context.domain}"),
        scm_url=_at(base, f"{record.name}.scm.{context.domain}"),
        hosts=list(record.hosts),
        stopped=record.stopped,
        created=record.created,
        release=context.server.site(record.name).release,
        options=Options(**asdict(record.options)),
    )


def _at(base: str, host: str) -> str:
    """The same scheme and port with another host."""
    scheme, _, authority = base.partition("://")
    _, colon, port = authority.rpartition(":")
    return f"{scheme}://{host}:{port}" if colon and port.isdigit() else f"{scheme}://{host}"


def existing(context: Context, name: str) -> SiteRecord:
    """Raises ApiError 404."""
    record = find_site(context.store, name)
    if record is None:
        raise ApiError(404, f"There is no site {name}.", fix="See them: webstead site list.")
    return record


def changed_options(
    context: Context, name: str, options: SiteOptions, changes: OptionChanges, by: Principal
) -> SiteOptions:
    """name: of the site, which may not be there yet. by: who asks. Raises ApiError 403 for what is not theirs
    to change; UsageError (400) for what this machine cannot do, as the site would stand still with its next
    start, and for root; ApiError 409 for a user that another site has."""
    changed = replace(options, **changes.model_dump(exclude_none=True))
    if by.site:
        _check_theirs(options, changed)
    try:
        if changed.user and changed.user != options.user:
            _check_free(context, name, user_of(changed.user).user)
        if _limits(changed) != _limits(options) and any(_limits(changed)):
            check_limits()
    except StartError as error:
        raise UsageError(error.what, found=error.found, fix=error.fix) from None
    return changed


def _limits(options: SiteOptions) -> tuple[int, int]:
    return options.memory_mb, options.cpu_percent


def _check_theirs(options: SiteOptions, changed: SiteOptions) -> None:
    for option in CONFINING:
        if getattr(options, option) != getattr(changed, option):
            raise _not_theirs(f"{option} says what confines the site.")


def _check_free(context: Context, name: str, user: int | None) -> None:
    """The server's own user, where that is not root, is nobody's alone: it confines nothing."""
    if user == os.geteuid():
        return
    for record in list_sites(context.store):
        if record.name != name and record.options.user and _number_of(record.options.user) == user:
            raise ApiError(
                409,
                f"The site {record.name} has this user: each could do in the other what it can in itself.",
                found=f"user {user}",
                fix="useradd --system --no-create-home NAME, and name that one",
            )


def _number_of(user: str) -> int | None:
    """None for one that has gone: it is nobody."""
    try:
        return as_user(user).user
    except StartError:
        return None


def checked_hosts(
    context: Context, name: str, hosts: Sequence[str], by: Principal, before: Sequence[str] = ()
) -> tuple[str, ...]:
    """In lower case, each once. by: who asks. before: those that the site has. Raises UsageError (400) for
    what is no host name or stands below the server's own domain, ApiError 403 for a name of the machine that
    a site takes for itself, 409 for one that another site has."""
    if len(hosts) > MOST_HOSTS:
        raise ApiError(400, f"A site has at most {MOST_HOSTS} host names of its own.")
    records = list_sites(context.store)
    try:
        found = tuple(dict.fromkeys(checked_host(host, name, records, context.domain) for host in hosts))
    except HostTaken as error:
        raise ApiError(409, error.what, found=error.found, fix=error.fix) from None
    for host in found:
        if by.site and host not in before and is_of_machine(host, context.domain):
            raise _not_theirs(f"{host} is a name of the machine, not of a site.")
    return found


def _not_theirs(what: str) -> ApiError:
    return ApiError(
        403,
        f"These credentials do not allow this: {what}",
        found="credentials of the site itself",
        fix="Ask with a token of the whole server, or where the server runs: webstead site.",
    )
