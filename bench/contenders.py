"""Each contender: how it is started, what is measured of it. All listen on loopback or Unix sockets only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from bench import nginx
from bench.fastcgi import behind_nginx, flup, gateway, in_nginx, unix_socket, uwsgi
from bench.processes import Running, run_to_end, running, wait_until
from bench.serving import Contender, Serving, over_http
from bench.stdin import STDIN_GATEWAY, WFASTCGI
from bench.stream import streamed
from bench.webconfigs import many_rules, real_rules, without_rules
from bench.websocket import echoed
from bench.workplace import (
    APP,
    DOWNLOAD_BODY,
    DOWNLOAD_NAME,
    FILE_BODY,
    FILE_NAME,
    HELLO_BODY,
    ROOT,
    Workplace,
    free_port,
    tool,
)

__all__ = [
    "ECHO",
    "FLUP",
    "GATEWAY",
    "GRANIAN",
    "GUNICORN",
    "MANY_RULES",
    "NGINX_DOWNLOAD",
    "NGINX_FILE",
    "NO_RULES",
    "REAL_RULES",
    "SLEEPY_GATEWAY",
    "SLEEPY_UWSGI",
    "STACK",
    "STACK_DOWNLOAD",
    "STACK_ECHO",
    "STACK_FILE",
    "STDIN_GATEWAY",
    "STREAM_GATEWAY",
    "STREAM_UWSGI",
    "TWO_UWSGI",
    "UWSGI",
    "WFASTCGI",
    "webstead",
    "webstead_environment",
]


FRESH = ROOT / "bench" / "fresh.lua"
ARTICLE = "/articles/1/a-title-of-some-words?page=1"


def webstead(*words: str) -> tuple[str, ...]:
    """The command line of this checkout."""
    return (str(ROOT / ".venv" / "bin" / "webstead"), *words)


def webstead_environment(place: Workplace) -> dict[str, str]:
    """Environments are kept between runs; what a site writes goes with the run."""
    return {
        "WEBSTEAD_CACHE_DIR": str(ROOT / ".cache" / "bench" / "webstead"),
        "WEBSTEAD_STATE_DIR": str(place.folder / "state"),
    }


def _gunicorn(place: Workplace) -> AbstractContextManager[Serving]:
    socket = unix_socket(place, "gunicorn")
    served = ("--worker-class", "gthread", "--threads", "8", "--workers", "1", "--bind", f"unix:{socket}")
    words = (tool("gunicorn"), *served, "--no-control-socket", APP)
    return behind_nginx(place, "gunicorn", words, nginx.Http(socket))


@contextlib.contextmanager
def _granian(place: Workplace) -> Iterator[Serving]:
    port = free_port()
    served = ("--interface", "wsgi", "--workers", "1", "--host", "127.0.0.1", "--port", str(port))
    words = (tool("granian"), *served, APP)
    with running("granian", words, directory=place.site, log=place.run / "granian.log") as server:
        yield over_http(server, f"http://127.0.0.1:{port}/", HELLO_BODY)


def _up(place: Workplace, path: str, body: bytes) -> AbstractContextManager[Serving]:
    return _up_with(place, place.site, ("--app", APP), path, body)


def _with_rules(
    place: Workplace, name: str, web_config: str, path: str = "/"
) -> AbstractContextManager[Serving]:
    """`webstead up` of the app's folder with a `web.config`."""
    script = FRESH if path != "/" else None
    return _up_with(place, place.site_with(name, web_config), (), path, HELLO_BODY, script)


@contextlib.contextmanager
def _up_with(
    place: Workplace, site: Path, options: tuple[str, ...], path: str, body: bytes, script: Path | None = None
) -> Iterator[Serving]:
    with _up_at(place, site, options) as (server, port):
        yield over_http(server, f"http://127.0.0.1:{port}{path}", body, script)


@contextlib.contextmanager
def _up_at(place: Workplace, site: Path, options: tuple[str, ...]) -> Iterator[tuple[Running, int]]:
    """`webstead up` with its default options, its access log going to a file."""
    port, environment = free_port(), webstead_environment(place)
    same = (*options, "--runtime", str(place.runtime))
    run_to_end(webstead("build", str(site), *same), environment=environment)
    words = webstead("up", str(site), *same, "--port", str(port), "--no-build")
    log = place.run / f"up-{port}.log"
    with running("webstead up", words, directory=place.folder, log=log, environment=environment) as server:
        wait_until(server, lambda: b"\nReady: " in b"\n" + log.read_bytes(), "line `Ready:`")
        yield server, port


_UVICORN = ("--log-level", "warning", "echo:application", "--port")


@contextlib.contextmanager
def _echo(place: Workplace) -> Iterator[Serving]:
    port = free_port()
    words = (tool("uvicorn"), *_UVICORN, str(port))
    with running("uvicorn", words, directory=place.site, log=place.run / "uvicorn.log") as server:
        yield echoed(server, port)


@contextlib.contextmanager
def _up_echo(place: Workplace) -> Iterator[Serving]:
    command = " ".join(("uvicorn", *_UVICORN, "$PORT"))
    with _up_at(place, place.site_of_echoes(), ("--command", command)) as (server, port):
        yield echoed(server, port)


@contextlib.contextmanager
def _nginx_file(place: Workplace, name: str, body: bytes) -> Iterator[Serving]:
    with in_nginx(place, f"nginx-{name}", nginx.Static(place.site)) as (server, url):
        yield over_http(server, f"{url}/static/{name}", body)


GATEWAY = gateway()
UWSGI = uwsgi()
FLUP = flup()
SLEEPY_GATEWAY = gateway("sleepy:application", threads=4)
SLEEPY_UWSGI = uwsgi("sleepy:application", threads=4)
STREAM_GATEWAY = gateway("stream:application", measured=streamed)
STREAM_UWSGI = uwsgi("stream:application", measured=streamed)
GUNICORN = Contender("nginx → gunicorn gthread", _gunicorn)
GRANIAN = Contender("granian alone", _granian)
STACK = Contender("webstead up", lambda place: _up(place, "/", HELLO_BODY))
STACK_FILE = Contender("webstead up", lambda place: _up(place, f"/static/{FILE_NAME}", FILE_BODY))
STACK_DOWNLOAD = Contender("webstead up", lambda place: _up(place, f"/static/{DOWNLOAD_NAME}", DOWNLOAD_BODY))
NGINX_FILE = Contender("nginx", lambda place: _nginx_file(place, FILE_NAME, FILE_BODY))
NGINX_DOWNLOAD = Contender("nginx", lambda place: _nginx_file(place, DOWNLOAD_NAME, DOWNLOAD_BODY))
ECHO = Contender("uvicorn alone", _echo)
STACK_ECHO = Contender("webstead up → uvicorn", _up_echo)
REAL_RULES = Contender("webstead up, 20 rules", lambda place: _with_rules(place, "real", real_rules()))
MANY_RULES = Contender(
    "webstead up, 500 rules", lambda place: _with_rules(place, "many", many_rules(500), ARTICLE)
)
NO_RULES = Contender(
    "webstead up, no rules", lambda place: _with_rules(place, "none", without_rules(), ARTICLE)
)
TWO_UWSGI = uwsgi(processes=2)
