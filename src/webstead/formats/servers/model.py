"""What a web server has to know to put one app behind it, by FastCGI."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from webstead.errors import UsageError

__all__ = ["MOST_BODY", "GatewaySite", "Listen"]

MOST_BODY = 128 << 20
"""Bytes of a request's body when nobody says otherwise. Precedents: nginx 1 MiB, mod_fcgid 128 KiB, IIS 28.6
MiB, which are where users' uploads end; Apache 1 GiB, Caddy and lighttpd no limit."""

LONGEST_SOCKET = 107  # bytes: sun_path of Linux, 108 with the NUL

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_URL_PATH = re.compile(r"(?:/(?!\.\.?(?:/|\Z))[A-Za-z0-9._~-]+)+")
_SERVER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\*|\[[0-9A-Fa-f:.]+\])")


@dataclass(frozen=True, slots=True)
class Listen:
    """host: a name, an IPv4 address, an IPv6 address in brackets, or `*` for all of them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def everywhere(self) -> bool:
        return self.host in ("*", "0.0.0.0")  # noqa: S104 (read, not listened on)


@dataclass(frozen=True, slots=True)
class GatewaySite:
    """One app, its gateway, and where the web server offers it.

    target: the app, `package.module:object`. bind: where the gateway listens, `unix:PATH` (what follows a
    comma is the gateway's own business) or `tcp:HOST:PORT`. directory: the app's folder. python, gateway: the
    app's interpreter, and the gateway's folder or `.pyz`. mount: the URL prefix the app lives under, "" for
    all URLs. listen: `HOST:PORT` of the web server. server_name: "" for any. static: pairs of a URL prefix
    and the folder whose files the web server sends for it. max_body: in bytes.

    Raises UsageError for what no configuration could say.
    """

    target: str
    bind: str
    directory: str
    python: str
    gateway: str
    mount: str = ""
    listen: str = "127.0.0.1:8080"
    server_name: str = ""
    static: tuple[tuple[str, str], ...] = ()
    max_body: int = MOST_BODY

    def __post_init__(self) -> None:
        words = (self.target, self.bind, self.directory, self.python, self.gateway, *sum(self.static, ()))
        for text in words:
            _no_control(text)
        _url_path("mount", self.mount, empty=True)
        for url, _ in self.static:
            _url_path("static URL", url.rstrip("/"))
        if self.server_name and not _SERVER_NAME.fullmatch(self.server_name):
            fix = "Write it as in the address bar, such as shop.example.org."
            raise UsageError("The server name is no host name.", found=self.server_name, fix=fix)
        if self.max_body < 1:
            raise UsageError(
                "The limit for bodies is no number of bytes.", found=str(self.max_body), fix="Use 1 or more."
            )
        _listen(self.listen)
        self.upstream  # noqa: B018 (raises)

    @property
    def server(self) -> Listen:
        """Where the web server listens."""
        return _listen(self.listen)

    @property
    def upstream(self) -> str | Listen:
        """Where the gateway listens: the path of a Unix socket, or an address."""
        kind, _, rest = self.bind.partition(":")
        if kind == "tcp":
            return _listen(rest)
        path = rest.partition(",")[0]
        if kind != "unix" or not path.startswith("/"):
            fix = "Write unix:/absolute/path.sock or tcp:127.0.0.1:PORT."
            raise UsageError("A web server cannot reach the gateway there.", found=self.bind, fix=fix)
        if len(path.encode()) > LONGEST_SOCKET:
            fix = f"Choose a path of at most {LONGEST_SOCKET} bytes, such as /run/webstead/app.sock."
            raise UsageError("The path is too long for a socket.", found=path, fix=fix)
        return path

    @property
    def folders(self) -> tuple[tuple[str, str], ...]:
        """The static pairs with one `/` at each end, so that a prefix ends where a segment does."""
        return tuple((url.rstrip("/") + "/", folder.rstrip("/") + "/") for url, folder in self.static)

    @property
    def name(self) -> str:
        """A word that tells this site from others of the same server."""
        return re.sub("[^A-Za-z0-9]+", "_", f"{self.server_name} {self.server.port}{self.mount}").strip("_")

    @property
    def command(self) -> str:
        """What starts the gateway, for a shell."""
        words = [self.python, self.gateway, "--bind", self.bind, "--directory", self.directory, self.target]
        return shlex.join(words)


def _no_control(text: str) -> None:
    found = _CONTROL.search(text)
    if found:
        fix = "Rename it: no configuration file can hold that character safely."
        raise UsageError("A name has a control character in it.", found=ascii(text), fix=fix)


def _url_path(what: str, text: str, *, empty: bool = False) -> None:
    if not (_URL_PATH.fullmatch(text) or (empty and not text)):
        fix = "Write /name or /name/name, of letters, digits and . _ ~ - and without a slash at the end."
        if empty and text == "/":
            fix = "Leave it out: without it the app has the whole site."
        raise UsageError(f"The {what} is no plain URL path.", found=text, fix=fix)


def _listen(text: str) -> Listen:
    host, _, port = text.rpartition(":")
    if not _HOST.fullmatch(host) or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        fix = "Write HOST:PORT, such as 127.0.0.1:8080 or *:80."
        raise UsageError("The address to listen on is no HOST:PORT.", found=text, fix=fix)
    return Listen(host, int(port))
