"""A gateway as IIS starts one: for a connected stream, which is its standard input, and for nothing else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from webstead.formats.fastcgi.client import ResponseEvent, ResponseParser, Stderr
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import HEADER_SIZE, unpack_header

from .conftest import GATEWAY, SECONDS, Answer, Peer

SITE = "import os, sys\n\n\ndef app(environ, start_response):\n"
PLAIN = "    start_response('200 OK', [('Content-Type', 'text/plain; charset=utf-8')])\n"


def site_of(folder: Path, body: str = "    return [b'hello']\n", name: str = "site_of_iis") -> Path:
    """Write an app of these lines into a site with a web.config that names it."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(SITE + PLAIN + body)
    configure(folder, {"WSGI_HANDLER": f"{name}.app"})
    return folder


def configure(folder: Path, settings: Mapping[str, str], name: str = "web.config") -> None:
    lines = "".join(f'    <add key="{key}" value="{value}" />\n' for key, value in settings.items())
    text = f"<configuration>\n  <appSettings>\n{lines}  </appSettings>\n</configuration>\n"
    (folder / name).write_text(text)


def records(data: bytes) -> list[tuple[int, int, bytes]]:
    """(type, request id, content) of each record."""
    found = []
    at = 0
    while at < len(data):
        _, kind, number, length, padding = unpack_header(data, at)
        start = at + HEADER_SIZE
        found.append((kind, number, data[start : start + length]))
        at = start + length + padding
    return found


class Process(Peer):
    """The web server's end of the stream, and the process. errors: what came on STDERR."""

    def __init__(
        self,
        site: Path,
        words: Sequence[str] = (),
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
        *,
        streams: str = "file",
        python: Sequence[str] = (sys.executable,),
    ) -> None:
        """folder: where the process is and its output goes; as under IIS not the site's. streams: file, or
        closed, as the specification has it."""
        self.site = site
        self.folder = folder or site.parent
        self.errors = b""
        self.parser = ResponseParser()
        self.events: list[ResponseEvent] = []
        theirs, self.socket = socket.socketpair()
        self.socket.settimeout(SECONDS)
        closing = ["sh", "-c", 'exec "$@" >&- 2>&-', "-"] if streams == "closed" else []
        with theirs, (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*closing, *python, str(GATEWAY), *words],
                stdin=theirs.fileno(),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            )

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def server_variables(self, path: str) -> dict[str, str]:
        """What IIS alone sends, or sends otherwise: the whole path twice, and where the site is."""
        return {
            "SERVER_SOFTWARE": "Microsoft-IIS/10.0",
            "SCRIPT_NAME": path,
            "PATH_INFO": path,
            "APPL_PHYSICAL_PATH": f"{self.site}/",
            "APPL_MD_PATH": "/LM/W3SVC/1/ROOT",
            "HTTPS": "off",
            "LOGON_USER": "",
        }

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        body: bytes | None = None,
        extra: Mapping[str, str] | None = None,
        *,
        keep: bool = True,
    ) -> None:
        variables = {**self.server_variables(path.partition("?")[0]), **(extra or {})}
        super().ask(path, method, body, variables, keep=keep)

    def block(self, path: str = "/", **extra: str) -> bytes:
        """The bytes of the parameters of a GET."""
        environ = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1", "QUERY_STRING": ""}
        environ.update(self.server_variables(path))
        environ.update(extra)
        return encode_pairs((name.encode(), value.encode()) for name, value in environ.items())

    def event(self) -> ResponseEvent | None:
        event = super().event()
        if type(event) is Stderr:
            self.errors += event.data
        return event

    def all(self) -> bytes:
        """All bytes up to the end of the connection."""
        return b"".join(iter(lambda: self.socket.recv(65536), b""))

    def end(self) -> int:
        """The web server closes; the exit code."""
        self.socket.close()
        return self.process.wait(SECONDS)

    def exit_code(self) -> int:
        """Of a process that ends by itself."""
        return self.process.wait(SECONDS)

    def last(self) -> Answer:
        """An answer, behind which the process ends the connection."""
        answer = self.answer()
        assert self.closed()
        return answer

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(SECONDS)
