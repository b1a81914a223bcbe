"""Reloads, deaths and retirements under load: every request has one whole answer, and changed files count."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from .conftest import SECONDS, short_folder
from .master_harness import WHOLE, MasterProcess, Steady

Start = Callable[..., MasterProcess]

ONE, TWO, THREE = 'VERSION = "one"', 'VERSION = "two"', 'VERSION = "three"'


@pytest.fixture
def master(folder: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(MasterProcess(folder, *args, **kwargs))


def reload(gateway: MasterProcess, old: str, new: str, times: int) -> None:
    gateway.change(old, new)
    gateway.signal(signal.SIGHUP)
    gateway.expect("reloaded", times)


@pytest.mark.parametrize("words", [(), ("--threads=4",)], ids=["one thread", "four threads"])
def test_no_request_is_lost_by_reloads(master: Start, words: tuple[str, ...]) -> None:
    gateway = master(2, words)
    gateway.serving()
    with Steady(gateway.path) as clients:
        clients.more()
        for times, (old, new) in enumerate([(ONE, TWO), (TWO, THREE), (THREE, ONE), (ONE, TWO)], 1):
            reload(gateway, old, new, times)
            assert gateway.until(lambda: len(gateway.workers()) == 2)
            clients.more()
    assert clients.failures == []
    assert clients.repeated == 0  # no connection was closed: the idle ones went to the new workers
    assert {answer.split()[0] for answer in clients.answers} == {b"one", b"two", b"three"}
    assert clients.answers[-1].startswith(b"two ")
    gateway.signal()
    assert gateway.end() == 0


def test_no_request_is_lost_when_workers_are_told_to_end(master: Start) -> None:
    gateway = master(2)
    gateway.serving()
    with Steady(gateway.path) as clients:
        for times in range(3, 6):
            clients.more()
            assert gateway.until(lambda: len(gateway.workers()) == 2)
            os.kill(min(gateway.workers()), signal.SIGTERM)
            gateway.serving(times)
        clients.more()
    assert clients.failures == []


def test_a_connection_waits_with_the_master_while_nobody_serves(master: Start, folder: Path) -> None:
    """The only worker was told to end: what is sent on its kept connection, the successor answers."""
    gateway = master(1)
    gateway.serving(1)
    os.mkfifo(folder / "gate")
    with gateway.peer() as peer:
        assert peer.get("/").body.startswith(b"one ")
        gateway.change(ONE, TWO + "\nprint('gate', flush=True)\nopen('gate').read()")
        os.kill(gateway.workers().pop(), signal.SIGTERM)
        gateway.expect("ends by itself")
        peer.ask("/")
        gateway.expect("\ngate")
        (folder / "gate").write_text("")
        assert peer.answer().body.startswith(b"two ")
        gateway.signal()
        assert peer.closed()
    assert gateway.end() == 0


def test_no_request_is_lost_by_recycling(master: Start) -> None:
    gateway = master(2, ["--max-requests=50", "--max-requests-jitter=20"])
    gateway.serving()
    with Steady(gateway.path) as clients:
        gateway.serving(6)
        clients.more()
    assert clients.failures == []
    limits = {int(found) for found in gateway.expect(r"it has answered (\d+) requests", 3)}
    assert all(50 <= limit <= 70 for limit in limits)
    assert len({answer.split()[1] for answer in clients.answers}) >= 4
    gateway.signal()
    assert gateway.end() == 0


def test_a_reload_that_fails_leaves_everything_as_it_is(master: Start) -> None:
    gateway = master(2)
    gateway.serving()
    before = gateway.workers()
    with Steady(gateway.path) as clients:
        gateway.change(ONE, "VERSION = one")
        gateway.signal(signal.SIGHUP)
        gateway.expect("reload failed, nothing changed: worker")
        assert gateway.until(lambda: gateway.workers() == before)
        first = len(clients.answers)
        clients.more()
    assert clients.failures == []
    gateway.expect(r"NameError: name 'one' is not defined")
    assert {int(answer.split()[1]) for answer in clients.answers[first:]} <= before
    assert gateway.output.count("Traceback") == 1
    reload(gateway, "VERSION = one", TWO, 1)
    assert gateway.until(lambda: len(gateway.workers()) == 2)
    assert gateway.get().body.startswith(b"two ")


def test_a_reload_during_a_reload_reads_the_files_again(master: Start, folder: Path) -> None:
    gateway = master(1)
    gateway.serving(1)
    os.mkfifo(folder / "gate")
    gated = TWO + "\nprint('gate', flush=True)\nopen('gate').read()"
    gateway.change(ONE, gated)
    gateway.signal(signal.SIGHUP)
    gateway.expect("^gate|\ngate")
    gateway.signal(signal.SIGHUP)
    gateway.signal(signal.SIGHUP)
    gateway.expect("a reload comes after what is in progress")
    gateway.change(gated, THREE)
    assert gateway.get().body.startswith(b"one ")
    (folder / "gate").write_text("")
    gateway.expect("reloaded", 2)
    assert gateway.until(lambda: len(gateway.workers()) == 1)  # an old one may still accept
    assert gateway.get().body.startswith(b"three ")
    assert gateway.output.count("reload: new workers") == 2


def test_a_request_in_progress_survives_a_reload(master: Start, folder: Path) -> None:
    os.mkfifo(folder / "go")
    gateway = master(1)
    gateway.serving(1)
    with gateway.peer() as peer:
        peer.ask("/slow")
        assert peer.event() is not None
        reload(gateway, ONE, TWO, 1)
        assert gateway.get().body.startswith(b"two ")  # the old one is busy
        (folder / "go").write_text("")
        assert peer.answer().body == b"begun finished"


def test_too_much_memory_brings_a_successor(master: Start) -> None:
    gateway = master(1, ["--max-memory=150"])
    gateway.serving(1)
    before = gateway.get().body.split()[1]
    for _ in range(2):
        assert gateway.get("/eat").status == 200
    gateway.expect(r"worker \d+ retires: it holds \d+ MB of memory \(--max-memory 150\)")
    gateway.serving(2)
    assert gateway.until(lambda: len(gateway.workers()) == 1)
    answer = gateway.get()
    assert WHOLE.match(answer.body)
    assert int(gateway.expect(r"it holds (\d+) MB")[0]) >= 150
    assert before != answer.body.split()[1]


NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream gateway {{ server unix:{socket}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        fastcgi_keep_conn on;
        fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param PATH_INFO $fastcgi_script_name;
        fastcgi_param SERVER_NAME $server_name;
        fastcgi_param SERVER_PORT $server_port;
        fastcgi_param SERVER_PROTOCOL $server_protocol;
        location / {{ fastcgi_pass gateway; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx_before(gateway: MasterProcess, folder: Path) -> Iterator[int]:
    """Its port. It gets its listening socket from us."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        config = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(NGINX.format(user=user, folder=folder, socket=gateway.path, port=port))
        process = subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(config), "-e", str(folder / "error.log")],
            pass_fds=(listening.fileno(),),
            env={**os.environ, "NGINX": f"{listening.fileno()};"},
            stderr=subprocess.DEVNULL,
        )
    try:
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(SECONDS)


class Browsers:
    """Clients of a web server that ask one request after another until the end of the block."""

    def __init__(self, port: int, count: int, body: bytes | None) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self._port = port
        self._body = body
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        with contextlib.closing(connection):
            while not self._over.is_set():
                connection.request("GET" if self._body is None else "POST", "/", self._body)
                response = connection.getresponse()
                self.answers.append((response.status, response.read()))

    def __enter__(self) -> Browsers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(SECONDS)


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("body", [None, b"a=1"], ids=["get", "post"])
def test_no_request_through_nginx_is_lost(master: Start, body: bytes | None) -> None:
    """A POST that nginx has begun to send on a kept connection it never sends again: 502, if that closes."""
    gateway = master(2)
    gateway.serving()
    with short_folder() as folder, nginx_before(gateway, folder) as port:
        with Browsers(port, 6, body) as browsers:
            versions = [ONE, TWO, THREE, ONE, TWO, THREE]
            for times, (old, new) in enumerate(pairwise(versions), 1):
                reload(gateway, old, new, times)
            for more in range(1, 4):
                assert gateway.until(lambda: len(gateway.workers()) == 2)
                os.kill(min(gateway.workers()), signal.SIGTERM)
                gateway.serving(12 + more)
        errors = (folder / "error.log").read_text()
    wrong = [(code, page[:80]) for code, page in browsers.answers if code != 200 or not WHOLE.match(page)]
    assert wrong == [], errors
    assert {page.split()[0] for _, page in browsers.answers} == {b"one", b"two", b"three"}
    assert len(browsers.answers) > 500
