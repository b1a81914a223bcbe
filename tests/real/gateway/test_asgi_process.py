"""An ASGI server as a process of its own: signals, memory, other interpreters, a real nginx, FastAPI."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from webstead.formats.fastcgi.client import Head, stdin

from .conftest import APPS, SECONDS, Nginx, Peer, short_folder

SOURCE = Path(__file__).parents[3] / "src"
MEGABYTE = 1 << 20


class Process:
    """path: its socket. said: the lines of its standard output."""

    def __init__(
        self,
        folder: Path,
        python: str = sys.executable,
        app: str = "asgi_pages",
        loop: str = "uvloop",
        env: Mapping[str, str] | None = None,
    ) -> None:
        words = [str(APPS / "asgi_serve.py"), str(SOURCE), str(folder / "asgi.sock"), app, loop]
        self.path = folder / "asgi.sock"
        self._errors = folder / "errors"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [python, "-W", "error", *words],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            )
        self.said: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.said.put(line.strip())

    def says(self) -> str:
        return self.said.get(timeout=SECONDS)

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def peer(self) -> Peer:
        return Peer(self.path)

    def memory_peak(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def connections(self) -> int:
        return 0

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> int:
        return self.process.wait(SECONDS)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)


Start = Callable[..., Process]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def starter(**words: str) -> Process:
            env = {name: words.pop(name) for name in list(words) if name.isupper()}
            return stack.enter_context(Process(folder, env=env, **words))

        yield starter


def test_a_process_from_its_start_to_its_end(start: Start) -> None:
    process = start()
    assert process.says() == "started"
    with process.peer() as peer:
        assert peer.get("/hello").text == "hello"
        assert peer.get("/loop").text.startswith("uvloop")
        process.stop()
        assert peer.closed()
    assert [process.says() for _ in range(3)] == ["shutdown", "cancelled", "ended"]
    assert process.end() == 0
    assert process.errors == ""
    assert not process.path.exists()


def test_sigterm_lets_a_request_finish(start: Start) -> None:
    process = start()
    assert process.says() == "started"
    with process.peer() as busy, process.peer() as idle:
        assert idle.get("/hello").text == "hello"
        busy.socket.sendall(busy.opening("/echo", "POST", b"ab", None) + stdin(1, b"a"))
        assert type(busy.event()) is Head
        process.stop()
        assert idle.closed()
        with socket.socket(socket.AF_UNIX) as late, pytest.raises(OSError, match=r"refused|No such file"):
            late.connect(str(process.path))
        busy.socket.sendall(busy.closing(b"b"))
        assert busy.answer().text == "ab"
        assert busy.closed()
    assert process.end() == 0


def test_a_start_that_fails(start: Start) -> None:
    process = start(FAIL_START="1")
    assert process.end() == 1
    assert process.errors.startswith("error: The app's start-up failed.\nfound: no database\n")


def test_a_stop_during_the_start(start: Start) -> None:
    process = start(HANG_START="1")
    assert process.says() == "starting"
    process.stop()
    assert process.says() == "ended"
    assert process.end() == 0


def interpreters() -> list[str]:
    """Those that are here and that the gateway is for; pyenv's, but not its shims, which may lead nowhere."""
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    homes = sorted(root.glob("versions/3.*/bin/python"))
    found = [str(home) for home in homes if int(home.parts[-3].split(".")[1]) >= 9]
    for name in [f"python3.{minor}" for minor in range(9, 15)] + ["pypy3"]:
        path = shutil.which(name)
        if path is not None and "shims" not in Path(path).parts:
            found.append(path)
    return found or [sys.executable]


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: "-".join(Path(path).parts[-3:]))
def test_every_interpreter_serves(start: Start, python: str) -> None:
    process = start(python=python)
    assert process.says() == "started"
    with process.peer() as peer:
        for _ in range(3):
            assert peer.get("/hello").text == "hello"
        assert peer.get("/version").text.split()[1].startswith("3.")
        data = bytes(range(256)) * 4000
        sender = Thread(target=peer.ask, args=("/digest", "POST", data))
        sender.start()
        assert peer.answer().text == f"{len(data)} {hashlib.sha256(data).hexdigest()}"
        sender.join()
        peer.ask("/fails")
        assert "RuntimeError: on purpose" in peer.answer().text
    with process.peer() as peer:
        peer.ask("/endless")
        assert peer.event() is not None
    assert process.says() == "left"
    process.stop()
    assert process.end() == 0


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_hundred_megabytes_each_way_in_flat_memory(start: Start, loop: str) -> None:
    process = start(loop=loop)
    assert process.says() == "started"
    with process.peer() as peer:
        assert peer.get("/hello").text == "hello"
        before = process.memory_peak()
        data = bytes(100 * MEGABYTE)
        sender = Thread(target=peer.ask, args=("/digest", "POST", data))
        sender.start()
        assert peer.answer().text == f"{len(data)} {hashlib.sha256(data).hexdigest()}"
        sender.join()
        size = 0
        peer.ask("/blocks")
        while (event := peer.event()) is not None and type(event).__name__ != "End":
            size += len(getattr(event, "data", b""))
        assert size == 100_000_000
        assert process.memory_peak() - before < 4 * MEGABYTE


def test_a_reader_that_stands_still_holds_the_app(start: Start) -> None:
    process = start()
    assert process.says() == "started"
    with process.peer() as slow, process.peer() as other:
        slow.ask("/blocks")
        assert slow.event() is not None
        before = process.memory_peak()
        for _ in range(200):
            assert other.get("/hello").text == "hello"
        assert process.memory_peak() - before < 4 * MEGABYTE


@pytest.fixture(scope="session")
def fastapi_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with FastAPI, and nothing of ours."""
    place = tmp_path_factory.mktemp("fastapi") / "env"
    uv = [sys.executable, "-m", "uv"]
    python = str(place / "bin" / "python")
    subprocess.run([*uv, "venv", "--quiet", str(place), "--python", sys.executable], check=True)
    packages = ["fastapi>=0.110", "python-multipart"]
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
    return python


@pytest.fixture(scope="module")
def site(fastapi_python: str) -> Iterator[Nginx]:
    with (
        short_folder() as folder,
        short_folder() as place,
        Process(folder, fastapi_python, "asgi_site") as process,
    ):
        assert process.says() == "started"
        with Nginx(place, process, buffering="off") as server:  # type: ignore[arg-type]
            yield server


@pytest.mark.needs("nginx")
class TestFastApi:
    def test_json(self, site: Nginx) -> None:
        found = json.loads(site.request("/", headers={"Host": "example.org"}).text)
        assert found == {"says": "hello", "to": "127.0.0.1", "url": "http://example.org/"}

    def test_upload(self, site: Nginx) -> None:
        content = b"x" * (5 * MEGABYTE)
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        body = head + content + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = site.request("/upload", "POST", body, headers)
        assert json.loads(answer.text) == {"name": "a.bin", "size": len(content)}

    def test_a_stream_reaches_the_client_chunk_by_chunk(self, site: Nginx) -> None:
        with contextlib.closing(site.connect()) as connection:
            connection.request("GET", "/stream/read")
            response = connection.getresponse()
            for part in (b"one ", b"two "):
                assert response.read1(100) == part
                assert site.request("/open/read").status == 200
            assert response.read() == b"three"

    def test_background_tasks_run_behind_the_response(self, site: Nginx) -> None:
        assert site.request("/background").text == "soon"
        asked = (site.request("/done").text for _ in range(1000))  # it may come after the first of them
        assert next(text for text in asked if text != "[]") == '["background"]'

    def test_a_stream_that_waits_ends_when_its_client_leaves(self, site: Nginx) -> None:
        """Nothing is sent meanwhile that could fail."""
        with socket.create_connection(("127.0.0.1", site.port), SECONDS) as client:
            client.sendall(b"GET /stream/left HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
        asked = (json.loads(site.request("/ended").text) for _ in range(1000))
        assert any("left" in ended for ended in asked)

    def test_a_file(self, site: Nginx) -> None:
        answer = site.request("/file")
        assert answer.body == (APPS / "asgi_site.py").read_bytes()
        assert b"filename*=utf-8''caf%C3%A9.py" in (answer.header(b"content-disposition") or b"")

    def test_a_failing_page_is_fastapis_own_500(self, site: Nginx) -> None:
        answer = site.request("/fails")
        assert (answer.status, answer.text) == (500, "Internal Server Error")

    def test_a_client_that_disconnects_leaves_everything_in_order(self, site: Nginx) -> None:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", site.port), SECONDS) as client:
                client.sendall(b"GET /stream/many HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(1000).startswith(b"HTTP/1.1 200")
        assert site.request("/nowhere").status == 404
