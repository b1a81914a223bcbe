"""The units of docs/how-to/run-under-systemd.md: systemd reads them, and what they start does what they say.

There is no running systemd in the tests: its `systemd-socket-activate` opens the socket and starts the
command, and the test hears what the gateway tells the service manager.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from tests.live import REPOSITORY, WEBSTEAD, Up

pytestmark = pytest.mark.needs("systemd-analyze", "systemd-socket-activate", "cgi-fcgi")

PAGE = (REPOSITORY / "docs" / "how-to" / "run-under-systemd.md").read_text()
APP = """\
import os

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"answered by {os.getpid()}".encode()]
"""
REQUEST = {
    "REQUEST_METHOD": "GET",
    "REQUEST_URI": "/",
    "PATH_INFO": "/",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SERVER_NAME": "shop",
    "SERVER_PORT": "80",
}
SECONDS = 20


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The page's /srv/shop, with its environment, its gateway and its units."""
    folder = tmp_path / "shop"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "web.py").write_text(APP)
    bundle = [*WEBSTEAD, "gateway", "bundle", "-o", str(folder / "gateway.pyz")]
    subprocess.run(bundle, check=True, timeout=60, capture_output=True)
    venv = [sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")]
    subprocess.run(venv, check=True, timeout=60, capture_output=True)
    for name in ("shop.socket", "shop.service"):
        (folder / name).write_text(unit(name).replace("/srv/shop", str(folder)))
    return folder


def unit(name: str) -> str:
    found = re.search(rf"^```ini {name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


def setting(path: Path, name: str) -> str:
    return only(rf"^{name}=(.*)$", path.read_text())


def only(pattern: str, text: str) -> str:
    (found,) = re.finditer(pattern, text, re.MULTILINE)
    return found[1]


def test_systemd_has_nothing_to_say_about_the_units(shop: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "./shop.socket", "./shop.service"],
        cwd=shop,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_has_nothing_to_say_about_the_unit_of_a_server(tmp_path: Path) -> None:
    path = tmp_path / "webstead.service"
    path.write_text(unit("webstead.service").replace("/opt/webstead/bin/webstead", sys.executable))
    words = ["systemd-analyze", "verify", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_tells_systemd_that_it_serves_that_it_lives_and_that_it_stops(tmp_path: Path) -> None:
    name = f"webstead-test-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
        told.bind(f"\0{name}")
        told.settimeout(60)
        words = ("--home", tmp_path / "home", "--port", "0")
        manager = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "60000000"}
        with Up(words, cwd=tmp_path, env=manager, verb=("serve",)) as server:
            assert told.recv(4096).decode().startswith("READY=1\nSTATUS=0 sites at http://127.0.0.1:")
            assert told.recv(4096) == b"WATCHDOG=1"
            server.process.terminate()
            assert told.recv(4096) == b"STOPPING=1\nSTATUS=SIGTERM"
            assert server.process.wait(30) == 0


class Service:
    """What systemd starts, and what systemd is told."""

    def __init__(self, shop: Path, folder: Path, stack: ExitStack) -> None:
        self.path = folder / "s"
        self.told = stack.enter_context(closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)))
        self.told.bind(str(folder / "notify"))
        self.told.settimeout(SECONDS)
        command = shlex.split(setting(shop / "shop.service", "ExecStart"))
        notify = f"--setenv=NOTIFY_SOCKET={folder}/notify"
        self.process = subprocess.Popen(
            ["systemd-socket-activate", f"--listen={self.path}", notify, *command],
            cwd=setting(shop / "shop.service", "WorkingDirectory"),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        stack.callback(self.process.communicate)
        stack.callback(self.process.kill)

    def listening(self) -> None:
        assert self.process.stderr is not None
        assert "Listening on" in self.process.stderr.readline()

    def hears(self, *words: str) -> None:
        """The next messages begin so."""
        assert [self.told.recv(4096).decode().partition("\n")[0] for _ in words] == list(words)

    def worker(self) -> str:
        command = [str(shutil.which("cgi-fcgi")), "-bind", "-connect", str(self.path)]
        env = {**os.environ, **REQUEST}
        done = subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        return only(r"answered by (\d+)", done.stdout)


@pytest.fixture
def service(shop: Path, short_folder: Path) -> Iterator[Service]:
    with ExitStack() as stack:
        yield Service(shop, short_folder, stack)


@pytest.fixture
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s")


def test_the_first_request_starts_it_a_reload_replaces_the_workers_and_a_stop_ends_it(
    service: Service,
) -> None:
    service.listening()
    first = service.worker()  # the request waited in the socket while the app was loaded
    service.hears("READY=1")
    old = psutil.Process(service.process.pid).children()
    before = {str(child.pid) for child in old}
    assert first in before
    service.process.send_signal(signal.SIGHUP)
    service.hears("RELOADING=1", "READY=1")
    assert not psutil.wait_procs(old, SECONDS)[1]  # until then one of them may accept a request
    assert service.worker() not in before
    service.process.send_signal(signal.SIGTERM)
    service.hears("STOPPING=1")
    assert service.process.wait(SECONDS) == 0
    assert service.path.exists()  # it is systemd's: the next start finds it
