"""The FastCGI servers behind nginx, each on a Unix socket: any app of the site, any number of threads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bench import nginx
from bench.processes import Running, running, wait_until
from bench.serving import Contender, Serving, over_http
from bench.workplace import APP, HELLO_BODY, ROOT, Workplace, free_port, tool

__all__ = ["GATEWAY_FOLDER", "behind_nginx", "flup", "gateway", "in_nginx", "unix_socket", "uwsgi"]

GATEWAY_FOLDER = ROOT / "src" / "webstead" / "gateway"

Measured = Callable[[Running, str], Serving]
"""From nginx and its URL to what is measured there."""


def _hello(server: Running, url: str) -> Serving:
    return over_http(server, url, HELLO_BODY)


def unix_socket(place: Workplace, name: str) -> Path:
    return place.run / f"{name}.socket"


@contextlib.contextmanager
def behind_nginx(
    place: Workplace,
    name: str,
    words: Sequence[str],
    source: nginx.FastCgi | nginx.Http,
    measured: Measured = _hello,
) -> Iterator[Serving]:
    """The app's server on a Unix socket, nginx before it."""
    with running(name, words, directory=place.site, log=place.run / f"{name}.log") as app:
        wait_until(app, source.socket.is_socket, "socket")
        with in_nginx(place, f"nginx-{name}", source) as (server, url):
            yield measured(server, f"{url}/")


@contextlib.contextmanager
def in_nginx(
    place: Workplace, name: str, source: nginx.FastCgi | nginx.Http | nginx.Static
) -> Iterator[tuple[Running, str]]:
    """A started nginx and its address."""
    folder, port = place.run / name, free_port()
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(nginx.configuration(source, port, folder))
    words = ("nginx", "-e", str(folder / "nginx.error"), "-c", str(settings))
    with running(name, words, directory=folder, log=folder / "nginx.log") as server:
        yield server, f"http://127.0.0.1:{port}"


def gateway(app: str = APP, threads: int = 1, measured: Measured = _hello) -> Contender:
    def start(place: Workplace) -> AbstractContextManager[Serving]:
        socket = unix_socket(place, "gateway")
        words = (tool("python"), str(GATEWAY_FOLDER), "--bind", f"unix:{socket}", "--threads", str(threads))
        return behind_nginx(place, "gateway", (*words, app), nginx.FastCgi(socket, keep=True), measured)

    return Contender(_named("nginx → webstead gateway", threads), start)


def uwsgi(app: str = APP, threads: int = 1, processes: int = 1, measured: Measured = _hello) -> Contender:
    """uWSGI closes a FastCGI connection after each answer, so nginx must not keep it."""

    def start(place: Workplace) -> AbstractContextManager[Serving]:
        socket = unix_socket(place, "uwsgi")
        served = ("--fastcgi-socket", str(socket), "--processes", str(processes), "--module", app)
        several = ("--threads", str(threads)) if threads > 1 else ("--master",) if processes > 1 else ()
        words = (tool("uwsgi"), *served, *several, "--need-app", "--disable-logging", "--die-on-term")
        return behind_nginx(place, "uwsgi", words, nginx.FastCgi(socket, keep=False), measured)

    return Contender(_named("nginx → uWSGI FastCGI", threads, processes), start)


def flup() -> Contender:
    def start(place: Workplace) -> AbstractContextManager[Serving]:
        socket = unix_socket(place, "flup")
        words = (tool("python"), str(ROOT / "bench" / "flup_server.py"), str(place.site), str(socket))
        return behind_nginx(place, "flup", words, nginx.FastCgi(socket, keep=True))

    return Contender("nginx → flup", start)


def _named(name: str, threads: int, processes: int = 1) -> str:
    of = f", {processes} processes" if processes > 1 else ""
    return f"{name}{of}" + (f", {threads} threads" if threads > 1 else "")
