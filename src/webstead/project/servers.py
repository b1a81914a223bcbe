"""The servers that start commands name: what their words mean, as far as a plan has to know it.

Each is a line of SERVER_TABLE: which options take no value (all others do), which name the port, which the
folder. The options are those of gunicorn 23 to 25, uvicorn 0.34 to 0.46, hypercorn 0.17, daphne 4, waitress
3, granian 2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from webstead.project.frameworks import AppInterface

__all__ = ["SERVER_TABLE", "Option", "Server", "ServerCommand", "program_at", "read_server"]


@dataclass(frozen=True, slots=True)
class Server:
    """speaks: the interface that it calls every app by; None when its words, or the app, decide. flags:
    options without a value. address: options whose value is `host:port`; port: those of a port alone. folder:
    those of the folder that the app is imported from. reads_port: it listens on $PORT when nothing is
    said."""

    name: str
    speaks: AppInterface | None
    flags: frozenset[str]
    address: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    reads_port: bool = False


_GUNICORN_FLAGS = frozenset(
    {
        "--reload",
        "--preload",
        "--daemon",
        "-D",
        "--check-config",
        "--print-config",
        "--spew",
        "--capture-output",
        "-R",
    }
    | {"--no-sendfile", "--reuse-port", "--proxy-protocol", "--suppress-ragged-eofs", "--strip-header-spaces"}
    | {
        "--do-handshake-on-connect",
        "--enable-stdio-inheritance",
        "--initgroups",
        "--log-syslog",
        "--version",
        "-v",
    }
    | {
        "--disable-redirect-access-to-syslog",
        "--permit-obsolete-folding",
        "--permit-unconventional-http-method",
    }
    | {"--no-control-socket"}
)
_UVICORN_FLAGS = frozenset(
    {"--reload", "--factory", "--proxy-headers", "--no-proxy-headers", "--use-colors", "--no-use-colors"}
    | {"--access-log", "--no-access-log", "--server-header", "--no-server-header", "--date-header"}
    | {"--no-date-header", "--version", "--reset-contextvars"}
)
_HYPERCORN_FLAGS = frozenset({"--debug", "--reload", "--version", "--daemon", "-D"})
_GRANIAN_FLAGS = frozenset(
    {
        "--factory",
        "--no-factory",
        "--reload",
        "--no-reload",
        "--access-log",
        "--no-access-log",
        "--log",
        "--no-log",
    }
    | {
        "--ws",
        "--no-ws",
        "--respawn-failed-workers",
        "--no-respawn-failed-workers",
        "--metrics",
        "--no-metrics",
    }
)

SERVER_TABLE: dict[str, Server] = {
    server.name: server
    for server in (
        Server("gunicorn", None, _GUNICORN_FLAGS, ("--bind", "-b"), folder=("--chdir",), reads_port=True),
        Server("uvicorn", "asgi", _UVICORN_FLAGS, port=("--port",), folder=("--app-dir",)),
        Server("hypercorn", None, _HYPERCORN_FLAGS, ("--bind", "-b")),
        Server("daphne", "asgi", frozenset({"--proxy-headers", "--no-server-name"}), port=("--port", "-p")),
        Server(
            "waitress-serve",
            "wsgi",
            frozenset({"--call", "--expose-tracebacks", "--no-expose-tracebacks", "--help"}),
            ("--listen",),
            ("--port",),
        ),
        Server("granian", None, _GRANIAN_FLAGS, port=("--port",), folder=("--working-dir",)),
    )
}
_MODULES = {"waitress": "waitress-serve"}
"""Modules that `python -m` runs the program of another name by."""

_RUNNERS = {
    ("uv", "run"),
    ("poetry", "run"),
    ("pipenv", "run"),
    ("pdm", "run"),
    ("hatch", "run"),
    ("pixi", "run"),
}
_PYTHON = re.compile(r"python[\d.]*(?:\.exe)?|py|pypy3?", re.IGNORECASE)
_APP = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*(?:\(.*\))?)?", re.DOTALL)
_INTERFACE_OF_WORKER = (
    (re.compile(r"uvicorn|asgi|hypercorn", re.IGNORECASE), "asgi"),
    (re.compile(r"^(?:sync|gthread|gevent|gevent_wsgi|gevent_pywsgi|eventlet|tornado|meinheld)"), "wsgi"),
)


@dataclass(frozen=True, slots=True)
class Option:
    """at: the word's index; inline: whether the value stands in the same word."""

    name: str
    value: str
    at: int
    inline: bool


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """target: `module:object` as written, or the module alone; at: its word. factory: the object is called to
    make the app."""

    server: Server
    target: str
    at: int
    options: tuple[Option, ...]
    factory: bool = False

    def value(self, *names: str) -> str:
        """Of the last of these options; empty when it is not given."""
        return next((option.value for option in reversed(self.options) if option.name in names), "")

    @property
    def folder(self) -> str:
        return self.value(*self.server.folder)

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    @property
    def attribute(self) -> str:
        """As a target has it: `app`, `create_app()`. A module alone stands for gunicorn's `application`."""
        name = self.target.partition(":")[2] or ("application" if self.server.name == "gunicorn" else "app")
        bare, paren, _ = name.partition("(")
        return f"{bare}()" if paren or self.factory else bare

    @property
    def interface(self) -> AppInterface | Literal[""] | None:
        """The interface that the app is called by: None where the server finds it out, "" where it is another
        one (aiohttp's, granian's own)."""
        if self.server.name == "gunicorn":
            return interface_of_worker(self.value("-k", "--worker-class") or "sync")
        if self.server.name == "granian":
            said = self.value("--interface")
            return "asgi" if said.startswith("asgi") else "wsgi" if said == "wsgi" else ""
        if self.server.name == "uvicorn" and self.value("--interface") == "wsgi":
            return "wsgi"
        return self.server.speaks


def interface_of_worker(name: str) -> AppInterface | Literal[""]:
    """Which interface a worker class of gunicorn calls apps by; "" for one of its own (aiohttp's)."""
    for pattern, interface in _INTERFACE_OF_WORKER:
        if pattern.search(name):
            return "asgi" if interface == "asgi" else "wsgi"
    return ""


def read_server(words: Sequence[str]) -> ServerCommand | None:
    """What a command says to its server; None when it starts none of the table, or names no app."""
    start = program_at(words)
    server = SERVER_TABLE.get(_program(words, start))
    if server is None:
        return None
    options = tuple(_options(server, words, start + 1))
    taken = {option.at for option in options} | {option.at + 1 for option in options if not option.inline}
    flags = {word for word in words[start + 1 :] if word in server.flags}
    for at in range(start + 1, len(words)):
        if at not in taken and not words[at].startswith("-") and _APP.fullmatch(words[at]):
            return ServerCommand(server, words[at], at, options, bool(flags & {"--factory", "--call"}))
    return None


def program_at(words: Sequence[str]) -> int:
    """Where the program stands: behind `uv run`, and behind `python -m`."""
    at = 2 if tuple(words[:2]) in _RUNNERS else 0
    python = len(words) > at + 2 and _PYTHON.fullmatch(_name(words[at])) and words[at + 1] == "-m"
    return at + 2 if python else at


def _program(words: Sequence[str], at: int) -> str:
    name = _name(words[at]) if at < len(words) else ""
    return _MODULES.get(name, name) if at and words[at - 1] == "-m" else name


def _name(word: str) -> str:
    return re.split(r"[\\/]", word)[-1]


def _options(server: Server, words: Sequence[str], first: int) -> Iterator[Option]:
    at = first
    while at < len(words):
        word = words[at]
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word in server.flags or word in ("-", "--"):
            at += 1
        elif equals:
            yield Option(name, value, at, inline=True)
            at += 1
        elif not word.startswith("--") and len(word) > 2:
            yield Option(word[:2], word[2:], at, inline=True)
            at += 1
        elif at + 1 < len(words):
            yield Option(word, words[at + 1], at, inline=False)
            at += 2
        else:
            at += 1
