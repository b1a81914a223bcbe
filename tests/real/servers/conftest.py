"""A gateway started as a user starts it, and each web server before it, configured by our own words."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.ports import free_port
from webstead.formats.servers import GatewaySite

from .webserver import KINDS, SECONDS, WebServer, eventually

APPS = Path(__file__).parent / "apps"
GATEWAY = Path(__file__).parents[3] / "src" / "webstead" / "gateway"

SERVERS = [
    pytest.param("nginx", marks=pytest.mark.needs("nginx")),
    pytest.param("lighttpd", marks=pytest.mark.needs("lighttpd")),
    pytest.param("apache", marks=pytest.mark.needs("apache2")),
    pytest.param("apache-fcgid", marks=pytest.mark.needs("apache2")),
    pytest.param("caddy", marks=pytest.mark.needs("caddy")),
    pytest.param("haproxy", marks=pytest.mark.needs("haproxy")),
]


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="ws-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Gateway:
    """`python …/gateway --bind unix:… --directory … TARGET`, ready when it accepts."""

    def __init__(self, site: GatewaySite, folder: Path, words: Sequence[str] = ()) -> None:
        self._output = folder / "gateway.output"
        path = site.upstream
        assert isinstance(path, str)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *(site.python, site.gateway, "--bind", site.bind, "--directory", site.directory),
                    *(*words, site.target),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        eventually(lambda: self._accepts(path), lambda: f"never ready:\n{self.log}")

    @property
    def log(self) -> str:
        return self._output.read_text(errors="replace")

    def _accepts(self, path: str) -> bool:
        assert self.process.poll() is None, f"the gateway ended:\n{self.log}"
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(path) == 0

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(SECONDS)


def make_site(
    folder: Path,
    target: str,
    *,
    mount: str = "",
    python: str = sys.executable,
    static: tuple[tuple[str, str], ...] = (),
) -> GatewaySite:
    return GatewaySite(
        target=target,
        bind=f"unix:{folder}/{target.partition(':')[0]}.sock",
        directory=str(APPS),
        python=python,
        gateway=str(GATEWAY),
        mount=mount,
        listen=f"127.0.0.1:{free_port()}",
        static=static,
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """One app at the root (port) and under `/app` (mounted) of one web server. gateway: None when the server
    starts it itself."""

    kind: str
    server: WebServer
    port: int
    mounted: int
    static: Path
    socket: str
    gateway: Gateway | None


@pytest.fixture(scope="session", params=SERVERS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    kind = KINDS[request.param]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        files = folder / "files"
        files.mkdir()
        static = () if kind.server == "haproxy" else (("/static", str(files)),)
        root = make_site(folder, "site_pages:app", static=static)
        static = () if kind.server == "haproxy" else (("/app/static", str(files)),)
        mounted = replace(root, mount="/app", listen=f"127.0.0.1:{free_port()}", static=static)
        gateway = None if kind.spawns else stack.enter_context(Gateway(root, folder, ("--threads", "4")))
        place = stack.enter_context(short_folder())
        server = stack.enter_context(WebServer(kind, place, [root, mounted]))
        path = root.upstream
        assert isinstance(path, str)
        yield Stage(kind.server, server, root.server.port, mounted.server.port, files, path, gateway)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[str]:
    """A named pipe that only the app and the test have in common."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    path.chmod(0o666)
    yield str(path)
    path.unlink()
