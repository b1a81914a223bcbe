"""A Kudu as App Service has it, as far as the command line speaks to one: a server on loopback, made from the
reference. It has none of Webstead's own routes, and says errors in Kudu's words.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

__all__ = ["Kudu", "kudu"]

USER, PASSWORD = "$shop", "p4ss"
_ID = "d3adb33f" * 4
_TIME = "2026-11-26T12:00:{:02}.0000000Z"


@dataclass
class Kudu:
    """looks: of a deployment until it ends. fails: it does. basic: whether the password is taken. conflict:
    why no deployment is taken. away: so many polls are answered by 503. streams: of the log, that have
    ended."""

    looks: int = 3
    fails: bool = False
    basic: bool = True
    locked: bool = False
    conflict: str = ""
    away: int = 0
    url: str = ""
    requests: list[str] = field(default_factory=list)
    body: bytes = b""
    query: dict[str, list[str]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: {"deployment_branch": "master"})
    commands: list[dict[str, str]] = field(default_factory=list)
    deployed: bool = False
    streams: int = 0
    _looked: int = 0

    def deployment(self) -> tuple[int, dict[str, object]]:
        """First a temporary one, then the real one, then its end."""
        self._looked += 1
        done = self._looked > self.looks
        temporary = self._looked == 1
        status = (3 if self.fails else 4) if done else 1
        item: dict[str, object] = {
            "id": "temp-0a1b2c3d" if temporary else _ID,
            "status": 0 if temporary else status,
            "status_text": "",
            "complete": done,
            "is_temp": temporary,
            "received_time": _TIME.format(0),
            "end_time": _TIME.format(9) if done else None,
            "site_name": "shop",
            "message": "",
            "author": "N/A",
            "deployer": "Webstead",
            "active": done,
        }
        return (200 if done else 202), item

    def log(self, deployment: str) -> list[dict[str, object]]:
        base = f"{self.url}/api/deployments/{deployment}/log"
        lines: list[tuple[str, str, int, bool]] = [("a", "Fetching changes.", 0, False)]
        if not deployment.startswith("temp"):
            lines += [("b", "Running deployment command...", 2 if self.fails else 0, True)]
        if self._looked > self.looks:
            lines += [("c", "Deployment Failed." if self.fails else "Deployment successful.", 0, False)]
        return [
            {
                "log_time": _TIME.format(number),
                "id": id_,
                "message": message,
                "type": kind,
                "details_url": f"{base}/{id_}" if details else None,
            }
            for number, (id_, message, kind, details) in enumerate(lines)
        ]

    def details(self) -> list[dict[str, object]]:
        """They grow."""
        texts = [f"Collecting package-{number}" for number in range(min(self._looked, self.looks))]
        return [
            {"log_time": _TIME.format(5), "id": "", "message": text, "type": 0, "details_url": None}
            for text in texts
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kudu: Kudu

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it
        pass

    def answer(self, status: int, value: object = None, *, text: str = "", **headers: str) -> None:
        body = text.encode() if text else b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, header in headers.items():
            self.send_header(name.replace("_", "-"), header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self) -> bool:
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        bearer = self.headers.get("Authorization") == "Bearer t0ken"
        if bearer or (self.kudu.basic and self.headers.get("Authorization") == expected):
            return True
        self.answer(401, text="<html><head><title>401 Unauthorized</title></head></html>")
        return False

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.kudu.requests.append(f"GET {path}")
        if not self.allowed():
            return
        if self.kudu.away and "latest" in path:
            self.kudu.away -= 1
            self.answer(503, text="Service Unavailable")
        elif path == "/api/deployments":
            self.answer(200, [self.kudu.deployment()[1]] if self.kudu.deployed else [])
        elif path in ("/api/deployments/latest", f"/api/deployments/{_ID}"):
            status, item = self.kudu.deployment()
            self.answer(status, item)
        elif path.endswith("/log/b"):
            self.answer(200, self.kudu.details())
        elif path.endswith("/log"):
            self.answer(200, self.kudu.log(path.split("/")[-2]))
        elif path == "/api/settings":
            self.answer(200, self.kudu.settings)
        elif path == "/api/logs/recent":
            line = {"timestamp": "2026-11-26T12:00:00", "level": "Warning", "pid": "12", "message": "hot"}
            self.answer(200, [line, {**line, "message": "cold"}])
        elif path.startswith("/api/logstream"):
            self.kudu.streams += 1
            begin = "2026-11-26T12:00:00  Welcome, you are now connected."
            self.answer(200, text=f"{begin}\r\nGET /\r\nlast {self.kudu.streams}")
        else:
            self.answer(404, {"Message": f"No HTTP resource was found that matches {path}."})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        self.kudu.requests.append(f"POST {parts.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self.allowed():
            return
        if parts.path in ("/api/zipdeploy", "/api/publish"):
            if self.kudu.conflict:
                self.answer(409, text=self.kudu.conflict)
                return
            if self.kudu.locked:
                self.answer(409, text="There is a deployment currently in progress. Please try again.")
                return
            self.kudu.body, self.kudu.query, self.kudu.deployed = body, parse_qs(parts.query), True
            where = f"{self.kudu.url}/api/deployments/latest?deployer=Webstead&time=2026-11-26_12-00-00Z"
            self.answer(202, Location=where, Retry_After="30")
        elif parts.path == "/api/command":
            asked = json.loads(body)
            self.kudu.commands.append(asked)
            self.answer(200, {"Output": f"{asked['command']}\r\n", "Error": "", "ExitCode": 0})
        elif parts.path == "/api/settings":
            self.kudu.settings.update(json.loads(body))
            self.answer(204)
        else:
            self.answer(404, {"Message": "No HTTP resource was found."})

    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.allowed():
            self.answer(404, {"Message": "No HTTP resource was found."})

    def do_DELETE(self) -> None:
        if not self.allowed():
            return
        if "/settings/" not in self.path:
            self.answer(404, {"Message": "No HTTP resource was found."})
        else:
            self.kudu.settings.pop(self.path.rpartition("/")[2], None)
            self.answer(204)


@contextmanager
def kudu(state: Kudu | None = None) -> Iterator[Kudu]:
    """Serves until the block ends."""
    state = state or Kudu()
    handler = type("Handler", (_Handler,), {"kudu": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
