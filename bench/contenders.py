"""Each contender: how it is started, at which URL it answers. All listen on loopback or Unix sockets only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench import nginx
from bench.processes import Running, answers_with, run_to_end, running, wait_until
from bench.workplace import APP, FILE_BODY, FILE_NAME, HELLO_BODY, ROOT, Workplace, free_port, tool

__all__ = [
    "FLUP",
    "GATEWAY",
    "GRANIAN",
    "GUNICORN",
    "NGINX_FILE",
    "STACK",
    "STACK_FILE",
    "UWSGI",
    "Contender",
    "Serving",
    "webstead",
    "webstead_environment",
]


@dataclass(frozen=True, slots=True)
class Serving:
    """A started contender. body: what its URL must answer, byte for byte."""

    url: str
    body: bytes
    running: Running


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    start: Callable[[Workplace], AbstractContextManager[Serving]]


def webstead(*words: str) -> tuple[str, ...]:
    """The command line of this checkout."""
    return (str(ROOT / ".venv" / "bin" / "webstead"), *words)


def webstead_environment(place: Workplace) -> dict[str, str]:
    """Environments are kept between runs; what a site writes goes with the run."""
    return {
        "WEBSTEAD_CACHE_DIR": str(ROOT / ".cache" / "bench" / "webstead"),
        "WEBSTEAD_STATE_DIR": str(place.folder / "state"),
    }


@contextlib.contextmanager
def _behind_nginx(
    place: Workplace, name: str, words: Sequence[str], source: nginx.FastCgi | nginx.Http
) -> Iterator[Serving]:
    """The app's server on a Unix socket, nginx before it."""
    with running(name, words, directory=place.site, log=place.run / f"{name}.log") as app:
        wait_until(app, source.socket.is_socket, "socket")
        with _nginx(place, f"nginx-{name}", source, "/", HELLO_BODY) as serving:
            yield serving


@contextlib.contextmanager
def _nginx(
    place: Workplace, name: str, source: nginx.FastCgi | nginx.Http | nginx.Static, path: str, body: bytes
) -> Iterator[Serving]:
    folder, port = place.run / name, free_port()
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(nginx.configuration(source, port, folder))
    words = ("nginx", "-e", str(folder / "nginx.error"), "-c", str(settings))
    with running(name, words, directory=folder, log=folder / "nginx.log") as server:
        yield _ready(server, f"http://127.0.0.1:{port}{path}", body)


def _ready(server: Running, url: str, body: bytes) -> Serving:
    wait_until(server, lambda: answers_with(url, body), f"right answer at {url}")
    return Serving(url, body, server)


def _socket(place: Workplace, name: str) -> Path:
    return place.run / f"{name}.socket"


def _gateway(place: Workplace) -> AbstractContextManager[Serving]:
    socket = _socket(place, "gateway")
    gateway = ROOT / "src" / "webstead" / "gateway"
    words = (tool("python"), str(gateway), "--bind", f"unix:{socket}", "--threads", "1", APP)
    return _behind_nginx(place, "gateway", words, nginx.FastCgi(socket, keep=True))


def _uwsgi(place: Workplace) -> AbstractContextManager[Serving]:
    """One process. uWSGI closes a FastCGI connection after each answer, so nginx must not keep it."""
    socket = _socket(place, "uwsgi")
    served = ("--fastcgi-socket", str(socket), "--processes", "1", "--module", APP)
    words = (tool("uwsgi"), *served, "--need-app", "--disable-logging", "--die-on-term")
    return _behind_nginx(place, "uwsgi", words, nginx.FastCgi(socket, keep=False))


def _flup(place: Workplace) -> AbstractContextManager[Serving]:
    socket = _socket(place, "flup")
    words = (tool("python"), str(ROOT / "bench" / "flup_server.py"), str(place.site), str(socket))
    return _behind_nginx(place, "flup", words, nginx.FastCgi(socket, keep=True))


def _gunicorn(place: Workplace) -> AbstractContextManager[Serving]:
    socket = _socket(place, "gunicorn")
    served = ("--worker-class", "gthread", "--threads", "8", "--workers", "1", "--bind", f"unix:{socket}")
    words = (tool("gunicorn"), *served, "--no-control-socket", APP)
    return _behind_nginx(place, "gunicorn", words, nginx.Http(socket))


@contextlib.contextmanager
def _granian(place: Workplace) -> Iterator[Serving]:
    port = free_port()
    served = ("--interface", "wsgi", "--workers", "1", "--host", "127.0.0.1", "--port", str(port))
    words = (tool("granian"), *served, APP)
    with running("granian", words, directory=place.site, log=place.run / "granian.log") as server:
        yield _ready(server, f"http://127.0.0.1:{port}/", HELLO_BODY)


@contextlib.contextmanager
def _up(place: Workplace, path: str, body: bytes) -> Iterator[Serving]:
    """`webstead up` with its default options, its access log going to a file."""
    port, environment = free_port(), webstead_environment(place)
    same = ("--app", APP, "--runtime", str(place.runtime))
    run_to_end(webstead("build", str(place.site), *same), environment=environment)
    words = webstead("up", str(place.site), *same, "--port", str(port), "--no-build")
    log = place.run / f"up-{port}.log"
    with running("webstead up", words, directory=place.folder, log=log, environment=environment) as server:
        wait_until(server, lambda: b"\nReady: " in b"\n" + log.read_bytes(), "line `Ready:`")
        yield _ready(server, f"http://127.0.0.1:{port}{path}", body)


def _nginx_file(place: Workplace) -> AbstractContextManager[Serving]:
    return _nginx(place, "nginx-file", nginx.Static(place.site), f"/static/{FILE_NAME}", FILE_BODY)


GATEWAY = Contender("nginx → webstead gateway", _gateway)
UWSGI = Contender("nginx → uWSGI FastCGI", _uwsgi)
FLUP = Contender("nginx → flup", _flup)
GUNICORN = Contender("nginx → gunicorn gthread", _gunicorn)
GRANIAN = Contender("granian alone", _granian)
STACK = Contender("webstead up", lambda place: _up(place, "/", HELLO_BODY))
STACK_FILE = Contender("webstead up", lambda place: _up(place, f"/static/{FILE_NAME}", FILE_BODY))
NGINX_FILE = Contender("nginx", _nginx_file)
