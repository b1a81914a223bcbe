"""WebSocket echoes: how they are asked for, and checked.

One message is on its way on each of the connections, as with wrk: what is sent is one frame, prepared, and
what must come back is one, compared byte for byte.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from dataclasses import dataclass

from bench.processes import ContenderError, Running, wait_until
from bench.serving import Serving
from bench.wrk import CONNECTIONS

__all__ = ["ECHO_SIZE", "echoed", "frames"]

ECHO_SIZE = 32
"""Bytes of a message."""
SECONDS_TO_ANSWER = 10.0

_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_BINARY, _MASKED = 0x82, 0x80


def frames(payload: bytes, mask: bytes) -> tuple[bytes, bytes]:
    """A message of fewer than 126 bytes, as a client sends it and as a server does (RFC 6455, 5.2)."""
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes((_BINARY, _MASKED | len(payload))) + mask + masked, bytes((_BINARY, len(payload))) + payload


def echoed(server: Running, port: int) -> Serving:
    """Measured in messages, there and back."""

    def measure(seconds: int) -> float:
        try:
            return _load(port, seconds)
        except OSError as error:
            raise ContenderError(f"{server.name}: {error}\n{server.tail()}") from None

    wait_until(server, lambda: _opens(port), f"WebSocket at port {port}")
    return Serving(server, measure)


def _opens(port: int) -> bool:
    try:
        _open(port).close()
    except (OSError, ContenderError):
        return False
    return True


def _open(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_ANSWER)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(_HANDSHAKE)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            raise ContenderError(f"no WebSocket at port {port}: {head!r:.200}")
        head += byte
    if not head.startswith(b"HTTP/1.1 101 "):
        raise ContenderError(f"no WebSocket at port {port}: {head!r:.200}")
    return client


@dataclass(slots=True)
class _Echo:
    """One connection, and the message that it sends again and again."""

    client: socket.socket
    sent: bytes
    expected: bytes
    received: bytes = b""

    def came(self) -> bool:
        """Whether the message is back. Raises ContenderError for one that is another."""
        data = self.client.recv(65536)
        self.received += data
        if len(self.received) < len(self.expected) and data:
            return False
        if self.received != self.expected:
            raise ContenderError(f"not what was sent: {self.received!r:.200}")
        self.received = b""
        return True


def _load(port: int, seconds: int) -> float:
    count = 0
    with contextlib.ExitStack() as opened, selectors.DefaultSelector() as selector:
        echoes = []
        for _ in range(CONNECTIONS):
            client = opened.enter_context(_open(port))
            echoes.append(_Echo(client, *frames(os.urandom(ECHO_SIZE), os.urandom(4))))
            selector.register(client, selectors.EVENT_READ)
        by_number = {echo.client.fileno(): echo for echo in echoes}
        began = time.perf_counter()
        for echo in echoes:
            echo.client.sendall(echo.sent)
        while (spent := time.perf_counter() - began) < seconds:
            for key, _ in selector.select(SECONDS_TO_ANSWER):
                echo = by_number[key.fd]
                if echo.came():
                    count += 1
                    echo.client.sendall(echo.sent)
    if count == 0:
        raise ContenderError("under load: no message came back")
    return count / spent
