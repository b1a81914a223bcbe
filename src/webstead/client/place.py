"""Where the management of a site is, and how it is spoken to: decided from a note, an address or a profile.
Pure.
"""

from __future__ import annotations

import base64
import ipaddress
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from webstead.errors import UsageError
from webstead.formats.webdeploy import management_of, read_profiles
from webstead.settings import Secret

__all__ = ["Place", "names_server", "of_profile", "of_server", "of_url", "shown_url"]


@dataclass(frozen=True, slots=True)
class Place:
    """base: where connections go, as `http://127.0.0.1:8000`. host: the Host header, with the port that
    people see; "" for that of base. authorization: the header. words: how errors name it. authority: a
    certificate to trust besides the system's, "" for none. server: the place is a whole server's, not a
    site's. is_local: on this machine, so that no proxy stands between. site: its name, "" for a server's and
    where nobody said it. flags: of the command line, that lead to it from any folder; without credentials."""

    base: str
    host: str
    authorization: Secret
    words: str
    authority: str = ""
    server: bool = False
    is_local: bool = False
    site: str = ""
    flags: tuple[str, ...] = ()

    def command(self, *words: str) -> str:
        """A command of ours about this place, as it is typed."""
        return shlex.join(["webstead", *words, *self.flags])

    @property
    def serve_command(self) -> str:
        """That serves its home, of a place on this machine."""
        home = self.flags[self.flags.index("--home") :][:2] if "--home" in self.flags else ()
        return shlex.join(["webstead", "serve", *home])

    def of_site(self, name: str) -> Place:
        """The management of a site of this server."""
        if not self.server:
            raise ValueError("the place is a site's own")
        label, words = f"{name}.", f"{self.words}, site {name}"
        of_it = replace(self, words=words, server=False, site=name, flags=("--site", name, *self.flags))
        if self.host:
            return replace(of_it, host=label + self.host)
        scheme, _, rest = self.base.partition("://")
        return replace(of_it, base=f"{scheme}://{label}{rest}")


def of_server(
    management_url: str,
    domain: str,
    token: Secret,
    words: str,
    authority: str = "",
    flags: tuple[str, ...] = (),
) -> Place:
    """A server on this machine. management_url: by its loopback address; the name is said by the header."""
    port = urlsplit(management_url).port
    host = f"scm.{domain}" if port is None else f"scm.{domain}:{port}"
    bearer = Secret(f"Bearer {token.reveal()}")
    return Place(management_url, host, bearer, words, authority, server=True, is_local=True, flags=flags)


def of_url(url: str, token: Secret | None) -> Place:
    """A management by its address: with user and password in it, or a token. Raises UsageError for one that
    is no address, has no credentials, or would send them in clear."""
    parts = urlsplit(url)
    host = _host_of(url)
    if parts.username:
        authorization = _basic(unquote(parts.username), unquote(parts.password or ""))
    elif token is not None:
        authorization = Secret(f"Bearer {token.reveal()}")
    else:
        raise UsageError(
            "The server wants credentials, and there are none.",
            found=f"--url {shown_url(url)} without a user, and no WEBSTEAD_TOKEN",
            fix="export WEBSTEAD_TOKEN=…, or use a publish profile: --profile NAME.PublishSettings",
        )
    netloc = parts.netloc.rpartition("@")[2]
    place = _reached(parts.scheme.lower(), host, netloc, authorization, server=names_server(url))
    return replace(place, flags=("--url", shown_url(url)))


def names_server(url: str) -> bool:
    """Whether it is the address of a whole server's management, not of a site's."""
    return _host_of(url).startswith("scm.")


def of_profile(data: bytes, path: str) -> Place:
    """That of a publish profile. Raises ConfigError, and UsageError as of_url."""
    profile, address = management_of(read_profiles(data, path), path)
    authorization = _basic(profile.user, profile.password.reveal())
    parts = urlsplit(address)
    place = _reached(parts.scheme, parts.hostname or "", parts.netloc, authorization, server=False)
    return replace(place, flags=("--profile", path))


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme.lower() not in ("http", "https"):
        raise UsageError(
            "--url takes the address of a management.",
            found=shown_url(url),
            fix="Write it as https://shop.scm.example.org, or for a whole server https://scm.example.org",
        )
    return host


def shown_url(url: str) -> str:
    """Without the credentials that may stand in it."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else url.rpartition("@")[2]


def _reached(scheme: str, host: str, netloc: str, authorization: Secret, *, server: bool) -> Place:
    """Names below `localhost` are this machine (RFC 6761), whether or not its resolver knows that."""
    if scheme == "http" and not _is_here(host):
        raise UsageError(
            "The credentials would be sent in clear.",
            found=f"http://{netloc}",
            fix=f"Use https://{netloc}",
        )
    words = f"{scheme}://{netloc}"
    if not host.endswith(".localhost"):
        return Place(words, "", authorization, words, server=server, is_local=_is_here(host))
    port = netloc.rpartition(":")[2] if ":" in netloc else ""
    base = f"{scheme}://127.0.0.1:{port}" if port else f"{scheme}://127.0.0.1"
    return Place(base, netloc, authorization, words, server=server, is_local=True)


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _basic(user: str, password: str) -> Secret:
    return Secret("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


Again = Callable[[], Place]
"""Finds a place anew: a server that was started again has another token."""
