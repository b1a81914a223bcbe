"""Metrics: counted by real processes in shared memory, and read over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.prometheus_text import read
from webstead.gateway.failure import StartFailure
from webstead.gateway.observe.metrics import DURATION_BUCKETS, Metrics
from webstead.gateway.observe.metrics_server import MetricsServer
from webstead.gateway.observe.observation import Observation, Outcome, Ticket

SOURCE = Path(__file__).parents[3] / "src"
OK = Outcome(200, 10, 1000, 0.02)

FORKS = """
import os, signal
from webstead.gateway.observe.metrics import Metrics
from webstead.gateway.observe.observation import Outcome, Ticket

metrics = Metrics(3)
ticket = Ticket({}, lambda: None)
go, going = os.pipe()

def work(done):
    slot = metrics.claim()
    os.write(done, b"c")
    os.read(go, 1)
    for _ in range(2000):
        slot.began(ticket)
        slot(ticket, Outcome(200, 1, 10, 0.001))
    slot.began(ticket)  # and never ends
    os.write(done, b"d")
    signal.pause()

def show():
    print(metrics.render(), end="=====\\n")

def kill(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

workers = []
for _ in range(3):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            work(writing)
        finally:
            os._exit(1)
    workers.append((child, reading))
for _, reading in workers:
    os.read(reading, 1)
os.write(going, b"ggg")
for _, reading in workers:
    os.read(reading, 1)
show()
kill(workers[0][0])
show()
metrics.claim()
show()
for child, _ in workers[1:]:
    kill(child)
"""


def numbers(text: str) -> dict[str, float]:
    """By name, with the value of the label, when there is one, behind it."""
    families = read(text).values()
    return {
        name.replace("webstead_gateway_", "") + "".join(f":{value}" for _, value in labels): number
        for family in families
        for name, labels, number in family.samples
    }


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with contextlib.closing(Metrics()) as made:
        yield made


def test_what_several_processes_count_is_summed_and_survives_them() -> None:
    words = [sys.executable, "-c", FORKS]
    done = subprocess.run(words, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    before, after, replaced = (numbers(text) for text in done.stdout.split("=====\n")[:3])
    assert before["requests_total:2xx"] == after["requests_total:2xx"] == 6000
    assert before["sent_bytes_total"] == after["sent_bytes_total"] == replaced["sent_bytes_total"] == 60_000
    assert [each["requests_active"] for each in (before, after, replaced)] == [3, 2, 2]
    assert [each["worker_starts_total"] for each in (before, after, replaced)] == [3, 3, 4]


def test_each_request_is_counted_where_it_belongs(metrics: Metrics) -> None:
    slot = metrics.claim()
    ended = Ticket({}, lambda: None)
    for status, seconds, fault in (
        (200, 0.005, ""),
        (204, 0.0050001, ""),
        (302, 0.3, ""),
        (404, 10.0, "refused"),
        (500, 11.0, "app"),
        (0, 0.0, "aborted"),
        (999, 0.0, "of tomorrow"),
    ):
        slot.began(ended)
        slot(ended, Outcome(status, 10, 100, seconds, fault))
    slot.began(ended)
    found = numbers(metrics.render())
    statuses = {name[-3:]: value for name, value in found.items() if name.startswith("requests_total")}
    assert statuses == {"one": 2, "1xx": 0, "2xx": 2, "3xx": 1, "4xx": 1, "5xx": 1}
    assert found["requests_active"] == 1
    assert found["received_bytes_total"] == 70
    assert found["sent_bytes_total"] == 700
    buckets = [value for name, value in found.items() if "_bucket" in name]
    assert buckets == [3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6, 7]
    assert len(buckets) == len(DURATION_BUCKETS) + 1
    assert found["request_duration_seconds_sum"] == pytest.approx(21.3100001)
    errors = {name: value for name, value in found.items() if name.startswith("errors_total") and value}
    assert errors == {
        "errors_total:refused": 1,
        "errors_total:app": 1,
        "errors_total:aborted": 1,
        "errors_total:other": 1,
    }


def test_an_observation_tells_of_begin_and_end(metrics: Metrics) -> None:
    slot = metrics.claim()
    observation = Observation([slot], [slot.began])
    ticket = Ticket({}, lambda: None)
    observation.begin(ticket)
    assert numbers(metrics.render())["requests_active"] == 1
    observation.end(ticket, 200, 0, 5)
    found = numbers(metrics.render())
    assert (found["requests_active"], found["requests_total:2xx"]) == (0, 1)


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("requests", "requests"), ("memory", "memory"), ("time", "time"), ("files", "files"), ("what", "other")],
)
def test_recycles_are_counted_by_kind(metrics: Metrics, kind: str, counted: str) -> None:
    metrics.claim().recycled(kind)
    found = numbers(metrics.render())
    assert {name for name, value in found.items() if value} == {
        f"recycles_total:{counted}",
        "worker_starts_total",
    }


def test_when_all_slots_are_taken_the_last_is_shared(metrics: Metrics) -> None:
    slots = [metrics.claim() for _ in range(4)]
    shared = metrics.claim()  # all four owners live: they are this process
    ticket = Ticket({}, lambda: None)
    for slot in (*slots, shared):
        slot.began(ticket)
        slot(ticket, OK)
    assert numbers(metrics.render())["requests_total:2xx"] == 5


# The address


Serve = Callable[[str, Callable[[], str]], MetricsServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def starter(address: str, render: Callable[[], str]) -> MetricsServer:
            server = MetricsServer(address, render)
            stack.callback(server.close)
            server.start()
            return server

        yield starter


def exchange(server: MetricsServer, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall(request)
        return whole(connection)


def whole(connection: socket.socket) -> tuple[bytes, bytes]:
    head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    return head, body


def test_the_numbers_are_served_as_they_are_now(serve: Serve, metrics: Metrics) -> None:
    server = serve("tcp:127.0.0.1:0", metrics.render)
    for starts in (1, 2):
        metrics.claim()
        head, body = exchange(server, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 200 ")
        assert b"\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n" in head
        assert numbers(body.decode())["worker_starts_total"] == starts


def test_a_library_of_http_reads_it(serve: Serve, metrics: Metrics) -> None:
    server = serve("tcp:127.0.0.1:0", metrics.render)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        connection.request("GET", "/metrics?x=1")
        assert connection.getresponse().read().decode() == metrics.render()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/1.0", b"404"),
        (b"GET /metricsx HTTP/1.0", b"404"),
        (b"GET //metrics/../x HTTP/1.0", b"404"),
        (b"POST /metrics HTTP/1.0", b"501"),
        (b"nonsense", b"400"),
    ],
)
def test_there_is_nothing_else(serve: Serve, metrics: Metrics, request_line: bytes, status: bytes) -> None:
    server = serve("tcp:127.0.0.1:0", metrics.render)
    head, body = exchange(server, request_line + b"\r\n\r\n")
    assert status in head[:20] or (not head.startswith(b"HTTP") and status in head + body)
    assert b"webstead_gateway" not in body


def test_clients_that_leave_or_say_nothing_hold_nobody_up(
    serve: Serve, metrics: Metrics, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("webstead.gateway.observe.metrics_server._Handler.timeout", 0.05)
    server = serve("tcp:127.0.0.1:0", metrics.render)
    with socket.create_connection(("127.0.0.1", server.port), 20) as silent:
        socket.create_connection(("127.0.0.1", server.port), 20).close()
        head, _ = exchange(server, b"GET /metrics HTTP/1.0\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 200 ")
        assert silent.recv(1) == b""
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_our_own_is_seen(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    server = serve("tcp:127.0.0.1:0", lambda: str(1 // 0))
    assert exchange(server, b"GET /metrics HTTP/1.0\r\n\r\n") == (b"", b"")
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_server_that_never_started_can_be_closed(metrics: Metrics) -> None:
    server = MetricsServer("tcp:127.0.0.1:0", metrics.render)
    port = server.port
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 20)


def test_a_unix_socket_is_for_its_owner(folder: Path, serve: Serve, metrics: Metrics) -> None:
    path = folder / "metrics.sock"
    server = serve(f"unix:{path}", metrics.render)
    assert path.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert numbers(whole(connection)[1].decode())["requests_active"] == 0
    server.close()
    assert not path.exists()


@pytest.mark.parametrize("address", ["tcp:0.0.0.0:0", "tcp:192.0.2.1:0", "fd:0", "9100", "unix:", ""])
def test_other_addresses_are_refused(address: str, metrics: Metrics) -> None:
    with pytest.raises(StartFailure) as caught:
        MetricsServer(address, metrics.render)
    assert caught.value.fix
