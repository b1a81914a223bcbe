"""A person's repository, and the management on a port of its own, which it is pushed to over real HTTP."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import uvicorn

from tests.management import Management
from webstead.site.store import Store
from webstead.site.store.sites import find_site

__all__ = ["Pusher", "begun", "listening", "of_git"]


@contextmanager
def listening(management: Management) -> Iterator[int]:
    """The management on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(management.app, log_level="warning", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


class Pusher:
    """A repository of a person, and how it reaches the site."""

    def __init__(self, folder: Path, store: Store, port: int) -> None:
        self.folder = folder
        self._store = store
        self.port = port
        self.url = self.url_of("shop")
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def url_of(self, site: str) -> str:
        """Of a site's repository, with the credentials of its publishing user."""
        record = find_site(self._store, site)
        assert record is not None
        user = f"{quote(f'${site}')}:{record.password.reveal()}"
        return f"http://{user}@127.0.0.1:{self.port}/{site}.git"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        return subprocess.run(
            ["git", *identity, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def git(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        (self.folder / "app.py").write_text(text)
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", f"say {text}")
        return self.git("rev-parse", "HEAD")

    def push(self, refs: str = "main") -> subprocess.CompletedProcess[str]:
        return self.run("push", self.url, refs)

    def push_to(self, site: str, refs: str) -> subprocess.CompletedProcess[str]:
        return self.run("push", self.url_of(site), refs)


def begun(port: int, site: str, authorization: str, service: str, body: bytes) -> socket.socket:
    """A request of git's whose body is longer than what is sent of it."""
    connection = socket.create_connection(("127.0.0.1", port))
    lines = (
        f"POST /{site}.git/git-{service} HTTP/1.1",
        f"Host: {site}.scm.localhost",
        f"Authorization: {authorization}",
        f"Content-Type: application/x-git-{service}-request",
        f"Content-Length: {len(body) + 1000}",
    )
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return connection


def of_git(repository: Path) -> list[psutil.Process]:
    """The processes of git below this one that are at work in the repository."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if f"--git-dir={repository}" in process.cmdline():
                found.append(process)
    return found
