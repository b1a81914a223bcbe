"""Ten thousand clients that only hold their connections, and slow ones of every kind, stop nobody else."""

from __future__ import annotations

import contextlib
import resource
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.live import Up, live
from tests.observed import words_of

APP = """
def app(environ, start_response):
    environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [])
        return (b"x" * 65536 for _ in range(100))
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
SLOW = {
    "silent": (4000, b""),
    "a head that does not end": (2500, GET + b"X-Slow: "),
    "between two requests": (2000, GET + b"\r\n"),
    "a body that does not come": (1450, b"POST" + GET[3:] + b"Content-Length: 1000\r\n\r\nx"),
    "an answer that is not read": (50, b"GET /large" + GET[5:] + b"\r\n"),
}
TOTAL = sum(count for count, _ in SLOW.values())
REQUESTS = 400
LONGEST_SECONDS = 10.0
MOST_MEGABYTES = 500


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = TOTAL + 1000
    assert hard == resource.RLIM_INFINITY or hard >= 1.5 * wanted, f"the hard limit of open files is {hard}"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.alone
def test_ten_thousand_connections_and_slow_clients_stop_nobody(tmp_path: Path, many_files: None) -> None:
    (tmp_path / "app.py").write_text(APP)
    with live(tmp_path, "--threads", "8") as up, contextlib.ExitStack() as held:
        parts = urlsplit(up.ready())
        address = ("127.0.0.1", parts.port or 80)
        before = latencies(address)
        front = front_of(up)
        lean = front.memory_info().rss
        for count, data in SLOW.values():
            for _ in range(count):
                held.enter_context(slow(address, data))
        during = latencies(address)
        assert open_connections(front, address[1]) >= TOTAL
        megabytes = (front.memory_info().rss - lean) / 1e6
        told = f"{1000 * during[0]:.2f} ms instead of {1000 * before[0]:.2f}, the longest"
        told += f" {1000 * during[1]:.0f} ms instead of {1000 * before[1]:.0f}, {megabytes:.0f} MB more"
        print(told)
        assert during[0] < 5 * before[0] + 0.005, told  # the median
        assert during[1] < LONGEST_SECONDS, told
        assert megabytes < MOST_MEGABYTES, told
    assert "Traceback" not in up.output


def slow(address: tuple[str, int], data: bytes) -> socket.socket:
    client = socket.socket()
    if data.startswith(b"GET /large"):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    client.connect(address)
    client.sendall(data)
    return client


def latencies(address: tuple[str, int]) -> tuple[float, float]:
    """Seconds to an answer, each on a connection of its own, one after the other: the median, and the
    longest."""
    taken = []
    for _ in range(REQUESTS):
        began = time.monotonic()
        with socket.create_connection(address, timeout=20) as client:
            client.sendall(GET + b"Connection: close\r\n\r\n")
            answer = b""
            while data := client.recv(65536):
                answer += data
        assert answer.endswith(b"\r\n\r\nok"), answer
        taken.append(time.monotonic() - began)
    return statistics.median(taken), max(taken)


def front_of(up: Up) -> psutil.Process:
    return next(each for each in up.family() if "webstead.front" in words_of(each))


def open_connections(front: psutil.Process, port: int) -> int:
    return sum(one.laddr[1] == port and one.status == "ESTABLISHED" for one in front.net_connections("tcp"))
