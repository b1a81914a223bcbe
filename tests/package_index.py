"""A package index on loopback, as PEP 503 describes one: wheels that a test makes, and who may have them."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["PackageIndex", "package_index", "wheel"]


def wheel(
    folder: Path, name: str, version: str = "1.0", *, tag: str = "py3-none-any", needs: str = ""
) -> Path:
    """A wheel with one module, which has the version."""
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for each, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(each), text)
    path.write_bytes(data.getvalue())
    return path


@dataclass
class PackageIndex:
    """folder: its wheels. user: `name:password`, when it asks for one. status: what it answers to all."""

    folder: Path
    user: str = ""
    status: int = 200
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple"

    @property
    def url_with_user(self) -> str:
        return f"http://{self.user}@127.0.0.1:{self.port}/simple"

    def add(self, name: str, version: str = "1.0", *, tag: str = "py3-none-any", needs: str = "") -> str:
        """The hash of the new wheel."""
        path = wheel(self.folder, name, version, tag=tag, needs=needs)
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        wanted = f"Basic {base64.b64encode(self.user.encode()).decode()}"
        self.asked.append(path)
        if self.status != 200 or (self.user and authorization != wanted):
            return (401, b"") if self.status == 200 else (self.status, b"")
        name = path.strip("/").partition("/")[2]
        if path.startswith("/files/"):
            return 200, (self.folder / name).read_bytes()
        links = [self._link(each) for each in sorted(self.folder.glob(f"{name.replace('-', '_')}-*.whl"))]
        return (200, "\n".join(links).encode()) if links else (404, b"")

    def _link(self, path: Path) -> str:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f'<a href="/files/{path.name}#sha256={digest}">{path.name}</a>'


@contextmanager
def package_index(folder: Path, user: str = "") -> Iterator[PackageIndex]:
    """While it is served."""
    folder.mkdir(parents=True, exist_ok=True)
    index = PackageIndex(folder, user)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            status, body = index.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="packages"')
            kind = "application/octet-stream" if self.path.startswith("/files/") else "text/html"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name upstream
            """Nothing: the tests look at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield index
        finally:
            server.shutdown()
            thread.join()
