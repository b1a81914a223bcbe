"""Whether the gateway's memory grows: after a million requests beside after ten thousand."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import psutil

from bench.fastcgi import GATEWAY_FOLDER, unix_socket
from bench.processes import ContenderError, running, wait_until
from bench.report import CaseResult, Failure, Quantity
from bench.stdin import END, answer, request
from bench.workplace import APP, Workplace, tool

__all__ = ["NAME", "measure_growth"]

NAME = "growth"
TITLE = "memory of the gateway's processes over many requests"
CONNECTIONS = 32
FIRST, LAST = 10_000, 1_000_000
QUICK = 50_000
BAR_PERCENT = 5.0


def measure_growth(place: Workplace, *, quick: bool) -> CaseResult:
    socket_path = unix_socket(place, "gateway")
    words = (tool("python"), str(GATEWAY_FOLDER), "--bind", f"unix:{socket_path}", "--threads", "1", APP)
    ours = "webstead gateway"
    try:
        with running("gateway", words, directory=place.site, log=place.run / "gateway.log") as server:
            wait_until(server, socket_path.is_socket, "socket")
            with _connected(str(socket_path)) as peers:
                asked = request(place.site)
                _ask(peers, asked, FIRST)
                early = _resident(server.process.pid)
                _ask(peers, asked, (QUICK if quick else LAST) - FIRST)
                late = _resident(server.process.pid)
    except (ContenderError, OSError, psutil.Error) as error:
        return CaseResult(NAME, TITLE, ours, failures=(Failure(NAME, ours, str(error)),))
    growth = Quantity(f"growth of {early / 1e6:.1f} MB", "%", ((late - early) / early * 100,), BAR_PERCENT)
    return CaseResult(NAME, TITLE, ours, quantities=(growth,))


@contextlib.contextmanager
def _connected(path: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        peers = []
        for _ in range(CONNECTIONS):
            peer = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            peer.settimeout(30)
            peer.connect(path)
            peers.append(peer)
        yield peers


def _ask(peers: list[socket.socket], asked: bytes, count: int) -> None:
    """Requests in rounds: one on each connection, then all answers."""
    for _ in range(count // len(peers)):
        for peer in peers:
            peer.sendall(asked)
        for peer in peers:
            if not peer.recv(65536).endswith(END):
                answer(peer)


def _resident(pid: int) -> int:
    """Bytes of all processes of the gateway."""
    root = psutil.Process(pid)
    return int(sum(member.memory_info().rss for member in (root, *root.children(recursive=True))))
