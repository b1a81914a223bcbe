"""A server of many sites, and what the bench asks of its management over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from json import loads
from pathlib import Path

import httpx

from bench.contenders import webstead, webstead_environment
from bench.processes import ContenderError, Running, running, wait_until
from bench.workplace import Workplace, free_port

__all__ = ["APP_BODY", "Server", "served"]

APP_BODY = b"one of many"
_LONGEST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Server:
    """domain: what the names of sites stand below."""

    running: Running
    url: str
    http: httpx.Client
    domain: str = "localhost"

    def create(self, site: str) -> None:
        self._ask("POST", f"scm.{self.domain}", "/api/sites", json={"name": site})

    def deploy(self, site: str, package: Path) -> float:
        """Seconds of a zipdeploy, from its first byte to its answer."""
        with package.open("rb") as content:
            return self._ask(
                *("POST", f"{site}.scm.{self.domain}", "/api/zipdeploy"),
                content=iter(lambda: content.read(1 << 20), b""),
                headers={"Content-Length": f"{package.stat().st_size}"},
            )

    def rollback(self, site: str) -> float:
        """Seconds, to the release before the current one."""
        return self._ask("POST", f"{site}.scm.{self.domain}", "/api/releases/rollback", json={})

    def ask(self, site: str) -> float:
        """Seconds of a request to the site itself, whose app has to answer."""
        began = time.perf_counter()
        answer = self.http.get(f"{self.url}/", headers={"Host": f"{site}.{self.domain}"})
        if answer.status_code != 200 or answer.content != APP_BODY:
            raise ContenderError(f"{site} answered {answer.status_code}: {answer.text[:500]}")
        return time.perf_counter() - began

    def _ask(
        self,
        method: str,
        host: str,
        path: str,
        *,
        json: object = None,
        content: Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> float:
        every = {"Host": host, **(headers or {})}
        began = time.perf_counter()
        answer = self.http.request(method, f"{self.url}{path}", headers=every, json=json, content=content)
        took = time.perf_counter() - began
        if answer.status_code >= 300:
            raise ContenderError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return took


@contextmanager
def served(place: Workplace) -> Iterator[Server]:
    """A server over a home of its own."""
    home, port = place.folder / "home", free_port()
    words = webstead("serve", "--home", str(home), "--port", str(port))
    log, note = place.run / "serve.log", home / "run" / "server.json"
    with running(
        "serve", words, directory=place.folder, log=log, environment=webstead_environment(place)
    ) as process:
        wait_until(process, lambda: b"Serving:" in log.read_bytes(), "word that it serves")
        token = loads(note.read_bytes())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(headers=headers, timeout=_LONGEST_SECONDS, trust_env=False) as http:
            yield Server(process, f"http://127.0.0.1:{port}", http)
