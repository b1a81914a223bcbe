"""The real parts that the front's tests start: a front process, gateway instances, platform processes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.ports import free_port
from webstead.site_table import Endpoint, FailureText, PoolEntry, SiteTable

SOURCE = Path(__file__).parents[3] / "src" / "webstead"
FASTCGI = "fastcgi:python|wfastcgi.py"
PLATFORM = "platform:"
HANDLER = {
    "fastcgi": '<add name="app" path="*" verb="*" modules="FastCgiModule"'
    ' scriptProcessor="python|wfastcgi.py" resourceType="Unspecified"/>',
    "platform": '<add name="app" path="*" verb="*" modules="httpPlatformHandler"/>',
    "static": "",
}
PATIENCE = 20.0


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def webconfig(kind: str, extra: str = "") -> str:
    platform = '<httpPlatform processPath="python"/>' if kind == "platform" else ""
    return (
        f"<configuration><system.webServer><handlers>{HANDLER[kind]}</handlers>{platform}{extra}"
        "</system.webServer></configuration>"
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes


@dataclass
class FrontProcess:
    """A front on a free port of its own, with the supervisor's end of its control channel."""

    process: subprocess.Popen[bytes]
    port: int
    control: socket.socket
    output: Path
    errors: Path
    revision: int = 0
    _rest: bytes = b""
    messages: list[dict[str, object]] = field(default_factory=list)

    def order(self, message: dict[str, object]) -> None:
        self.control.sendall(json.dumps(message).encode() + b"\n")

    def told(self, kind: str) -> dict[str, object]:
        """The next message of this kind."""
        self.control.settimeout(PATIENCE)
        while True:
            for index, message in enumerate(self.messages):
                if message["type"] == kind:
                    return self.messages.pop(index)
            data = self.control.recv(65536)
            assert data, "the front closed its control channel"
            *lines, self._rest = (self._rest + data).split(b"\n")
            self.messages += [json.loads(line) for line in lines]

    def serve(
        self,
        root: Path,
        *pools: PoolEntry,
        config: str = "",
        virtual: tuple[tuple[str, str], ...] = (),
        failed: str = "",
    ) -> list[object]:
        """Send a table and wait until it is applied. Returns the addresses that are busy and no longer in
        it."""
        self.revision += 1
        configs = (("", config),) if config else ()
        table = SiteTable(self.revision, str(root), configs, pools, virtual, failed=failed)
        self.order({"type": "table", "site": "", "table": json.loads(table.to_json())})
        applied = self.told("applied")
        assert applied["revision"] == self.revision
        assert isinstance(applied["busy"], list)
        return applied["busy"]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, path: str | bytes, *, method: str = "GET", head: str = "", body: bytes = b"") -> Answered:
        """One request on a connection of its own. head: more header lines, each with its line end."""
        target = path if isinstance(path, bytes) else path.encode("latin-1")
        host = "" if "host:" in head.lower() else "Host: site.test\r\n"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        request = b"%b %b HTTP/1.1\r\n%b\r\n" % (
            method.encode(),
            target,
            f"{host}Connection: close\r\n{length}{head}".encode("latin-1"),
        )
        with self.connect() as client:
            client.sendall(request + body)
            return answered(read_all(client), method)

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()


def read_all(client: socket.socket) -> bytes:
    parts = []
    while data := client.recv(1 << 20):
        parts.append(data)
    return b"".join(parts)


def answered(raw: bytes, method: str = "GET") -> Answered:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.startswith("HTTP/1.1 "), raw[:200]
    pairs = [line.partition(": ")[::2] for line in lines]
    names = [name for name, _ in pairs if name != "set-cookie"]
    assert len(set(names)) == len(names), f"a header came twice: {lines}"
    headers = dict(pairs)
    if headers.get("transfer-encoding") == "chunked":
        body = unchunked(body)
    return Answered(int(first.split()[1]), headers, body, raw)


def unchunked(data: bytes) -> bytes:
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        assert size, "the last chunk is missing"
        if int(size, 16) == 0:
            return body
        body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]


class Stage:
    """What a test has started; all of it ends with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "wwwroot"
        self.root.mkdir()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._sockets: list[socket.socket] = []
        self._count = 0

    def front(self, *options: str, speaks: str = "") -> FrontProcess:
        """speaks: `,tls` for a listener of TLS."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        ours, theirs = socket.socketpair()
        self._sockets += [listener, ours]
        self._count += 1
        output, errors = self.folder / f"out{self._count}", self.folder / f"err{self._count}"
        words = [sys.executable, "-m", "webstead.front", "--listen-fd", f"{listener.fileno()}{speaks}"]
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                [*words, "--control-fd", str(theirs.fileno()), *options],
                pass_fds=(listener.fileno(), theirs.fileno()),
                stdout=out,
                stderr=err,
            )
        theirs.close()
        self._processes.append(process)
        front = FrontProcess(process, listener.getsockname()[1], ours, output, errors)
        front.told("serving")
        front.order({"type": "routes", "view": "sites", "routes": {"*": ""}})
        return front

    def gateway(
        self, code: str, *options: str, target: str = "app:app"
    ) -> tuple[Endpoint, subprocess.Popen[bytes]]:
        """A gateway instance of the app in this source text."""
        self._count += 1
        folder = self.folder / f"app{self._count}"
        folder.mkdir()
        (folder / "app.py").write_text(code)
        path = f"{tempfile.mkdtemp(prefix='ws-')}/{self._count}.sock"
        words = [
            sys.executable,
            str(SOURCE / "gateway"),
            "--bind",
            f"unix:{path}",
            "--workers",
            "0",
            *options,
        ]
        process = subprocess.Popen([*words, "--directory", str(folder), target])
        self._processes.append(process)
        eventually(lambda: accepts(path), "the gateway listens")
        return Endpoint(f"app/{self._count}", f"unix:{path}"), process

    def platform(
        self, code: str, *arguments: str, feed: bool = False
    ) -> tuple[Endpoint, subprocess.Popen[bytes]]:
        """A platform process: a program that listens on the port in its first argument. feed: its stdin is
        a pipe."""
        self._count += 1
        program = self.folder / f"platform{self._count}.py"
        program.write_text(code)
        port = free_port()
        words = [sys.executable, str(program), str(port), *arguments]
        process = subprocess.Popen(words, stdin=subprocess.PIPE if feed else subprocess.DEVNULL)
        self._processes.append(process)
        eventually(lambda: accepts(("127.0.0.1", port)), "the platform process listens")
        return Endpoint(f"web/{self._count}", f"127.0.0.1:{port}"), process

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            if process.stdin is not None:
                process.stdin.close()
        for each in self._sockets:
            each.close()


def accepts(address: str | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def fastcgi(*endpoints: Endpoint) -> PoolEntry:
    return PoolEntry(FASTCGI, "fastcgi", "ready", endpoints)


def platform(*endpoints: Endpoint) -> PoolEntry:
    return PoolEntry(PLATFORM, "http", "ready", endpoints)


def failed(pool: str, failure: FailureText) -> PoolEntry:
    return PoolEntry(pool, "fastcgi" if pool == FASTCGI else "http", "failed", (), failure)


def memory(process: subprocess.Popen[bytes]) -> int:
    """Resident bytes of a process."""
    return psutil.Process(process.pid).memory_info().rss
