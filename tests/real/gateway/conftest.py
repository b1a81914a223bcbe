"""Gateways as real processes, asked over real sockets by our own client codec, or behind a real nginx."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from webstead.formats.fastcgi.client import (
    Body,
    End,
    Head,
    ResponseEvent,
    ResponseParser,
    begin_request,
    params,
    stdin,
)
from webstead.formats.fastcgi.pairs import encode_pairs

APPS = Path(__file__).parent / "apps"
GATEWAY = Path(__file__).parents[3] / "src" / "webstead" / "gateway"
SECONDS = 20


@dataclass
class Answer:
    """What came back. end: None when the connection was closed instead."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    end: End | None = None

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Peer:
    """A connection to a gateway, as a server holds one."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        self.socket.connect(str(path))
        self.parser = ResponseParser()
        self.events: list[ResponseEvent] = []

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        body: bytes | None = None,
        extra: Mapping[str, str] | None = None,
        *,
        keep: bool = True,
    ) -> None:
        self.socket.sendall(self.opening(path, method, body, extra, keep=keep) + self.closing(body))

    @staticmethod
    def opening(
        path: str, method: str, body: bytes | None, extra: Mapping[str, str] | None, *, keep: bool = True
    ) -> bytes:
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": "" if body is None else str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            **(extra or {}),
        }
        block = encode_pairs((name.encode(), value.encode()) for name, value in environ.items())
        return begin_request(1, keep) + params(1, block)

    @staticmethod
    def closing(body: bytes | None) -> bytes:
        return (stdin(1, body) if body else b"") + stdin(1, b"")

    def event(self) -> ResponseEvent | None:
        """The next event, or None at the end of the connection."""
        while not self.events:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.events += self.parser.feed(data)
        return self.events.pop(0)

    def answer(self) -> Answer:
        answer = Answer()
        parts = []
        while (event := self.event()) is not None:
            if type(event) is Head:
                answer.status, answer.headers = event
            elif type(event) is Body:
                parts.append(event.data)
            elif type(event) is End:
                answer.end = event
                break
        answer.body = b"".join(parts)
        return answer

    def get(self, path: str, **extra: str) -> Answer:
        self.ask(path, extra=extra)
        return self.answer()

    def closed(self) -> bool:
        """Whether the gateway closes the connection, nothing more having come."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Gateway:
    """A gateway process. path: its socket. report: the line on the report channel."""

    def __init__(
        self,
        folder: Path,
        target: str | None,
        words: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
        directory: Path | None = APPS,
        reported: bool = True,
    ) -> None:
        self.path = folder / "gateway.sock"
        self._output = folder / "output"
        reading, writing = os.pipe()
        self.threads = int(words[words.index("--threads") + 1]) if "--threads" in words else 1
        holding, self.lifeline = os.pipe()
        where = [] if directory is None else ["--directory", str(directory)]
        bind = [] if "--bind" in words else ["--bind", f"unix:{self.path}", "--workers", "0"]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [python, str(GATEWAY), *bind, *where, *words, *([target] if target else [])],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(writing, holding),
                env={
                    **os.environ,
                    "PYTHONDONTWRITEBYTECODE": "1",
                    **({"WEBSTEAD_REPORT_FD": str(writing)} if reported else {}),
                    "WEBSTEAD_LIFELINE_FD": str(holding),
                    **(env or {}),
                },
            )
        os.close(writing)
        os.close(holding)
        with os.fdopen(reading) as channel:
            self.report = json.loads(channel.readline() or "null")

    @property
    def output(self) -> str:
        return self._output.read_text()

    def peer(self) -> Peer:
        return Peer(self.path)

    def get(self, path: str, **extra: str) -> Answer:
        with self.peer() as peer:
            return peer.get(path, **extra)

    def memory_peak(self) -> int:
        """VmHWM in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def connections(self) -> int:
        """How many connections from a server it holds."""
        unix = psutil.Process(self.process.pid).net_connections("unix")
        return sum(str(found.laddr) == str(self.path) for found in unix) - 1  # one of them listens

    def cut_lifeline(self) -> None:
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = SECONDS) -> int:
        return self.process.wait(seconds)

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
        self.cut_lifeline()


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as path:
        yield path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Gateway]]:
    """Start a gateway: start(target, words=…, env=…). All are killed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def starter(
            target: str | None,
            words: Sequence[str] = (),
            env: Mapping[str, str] | None = None,
            directory: Path | None = APPS,
            reported: bool = True,
            python: str = sys.executable,
        ) -> Gateway:
            gateway = Gateway(folder, target, words, env, python, directory, reported)
            return stack.enter_context(gateway)

        yield starter


@pytest.fixture(scope="module", params=[1, 8], ids=["one thread", "eight threads"])
def pages(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """The app of pages.py, running for all tests of a module."""
    with (
        short_folder() as path,
        Gateway(path, "pages:app", words=("--threads", str(request.param))) as gateway,
    ):
        yield gateway


NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_max_body_size 100m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream gateway {{ server unix:{socket}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        fastcgi_keep_conn on;
        fastcgi_request_buffering {buffering};
        fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param QUERY_STRING $query_string;
        fastcgi_param CONTENT_TYPE $content_type;
        fastcgi_param CONTENT_LENGTH $content_length;
        fastcgi_param PATH_INFO $fastcgi_script_name;
        fastcgi_param REQUEST_URI $request_uri;
        fastcgi_param SERVER_NAME $server_name;
        fastcgi_param SERVER_PORT $server_port;
        fastcgi_param SERVER_PROTOCOL $server_protocol;
        fastcgi_param REMOTE_ADDR $remote_addr;
        location / {{ fastcgi_pass gateway; }}
        location /once/ {{
            fastcgi_keep_conn off;
            fastcgi_pass unix:{socket};
        }}
    }}
}}
"""


class Nginx:
    """A real nginx before one gateway. It gets its listening socket from us, so that no port is ever
    guessed.
    """

    def __init__(self, folder: Path, gateway: Gateway, buffering: str = "on") -> None:
        self.gateway = gateway
        self.folder = folder
        listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = listening.getsockname()[1]
        config = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        words = {"folder": folder, "socket": gateway.path, "port": self.port}
        config.write_text(NGINX.format(user=user, buffering=buffering, **words))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        listening.set_inheritable(True)
        self.process = subprocess.Popen(
            [program, "-c", str(config), "-e", str(folder / "error.log")],
            pass_fds=(listening.fileno(),),
            env={**os.environ, "NGINX": f"{listening.fileno()};"},
            stderr=subprocess.DEVNULL,
        )
        listening.close()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def request(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            found = [(name.encode(), value.encode()) for name, value in response.getheaders()]
            return Answer(response.status, found, response.read())

    def raw(self, path: str) -> str:
        """The answer to a path that is sent as it is, byte by byte, not encoded further."""
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    @property
    def errors(self) -> str:
        return (self.folder / "error.log").read_text()

    def __enter__(self) -> Nginx:
        return self

    def __exit__(self, *_: object) -> None:
        children = psutil.Process(self.process.pid).children()
        self.process.terminate()
        self.process.wait(SECONDS)
        psutil.wait_procs(children, timeout=SECONDS)


@pytest.fixture(scope="module")
def nginx(pages: Gateway) -> Iterator[Nginx]:
    with short_folder() as path, Nginx(path, pages) as server:
        yield server


@pytest.fixture(scope="session")
def flask_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with Flask, and nothing of ours."""
    place = tmp_path_factory.mktemp("flask") / "env"
    uv = [sys.executable, "-m", "uv"]
    python = str(place / "bin" / "python")
    subprocess.run([*uv, "venv", "--quiet", str(place), "--python", sys.executable], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, "flask>=3"], check=True)
    return python
