"""A plain HTTP client: what it sends is what the test wrote, byte by byte."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .webserver import SECONDS

__all__ = ["Answer", "ask", "connect", "environ_of", "receive", "send_raw"]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)


def ask(
    port: int,
    path: str,
    method: str = "GET",
    body: bytes | Iterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    with contextlib.closing(connect(port)) as connection:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def send_raw(port: int, request: bytes) -> Answer:
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(request)
        return receive(connection)


def receive(connection: socket.socket) -> Answer:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return Answer(response.status, response.headers, response.read())


def environ_of(answer: Answer) -> dict[str, str]:
    """Of the app's page that shows it."""
    assert answer.status == 200, f"{answer.status} {answer.body[:2000]!r}"
    found: dict[str, str] = json.loads(answer.text)
    return found
