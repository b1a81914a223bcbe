"""The life of a front: start, log, drain, end."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest

from tests.real.front.stage import FrontProcess, Stage, eventually, fastcgi, memory, webconfig
from webstead.front.lines import LineWriter

APP = """
import time

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        open(environ["QUERY_STRING"], "w").close()
        time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""


def started(stage: Stage, *options: str) -> FrontProcess:
    front = stage.front(*options)
    endpoint, _ = stage.gateway(APP)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    return front


def test_an_idle_front_is_small(stage: Stage) -> None:
    front = started(stage)
    assert front.ask("/").body == b"hello"
    assert memory(front.process) < 60_000_000


def test_a_broken_web_config_is_told_on_every_request(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, config="<configuration>\n<broken></configuration>")
    answer = front.ask("/", head="Host: localhost\r\nAccept: text/html\r\n")
    assert answer.status == 500
    assert b"web.config:2" in answer.body
    front.serve(stage.root, config=webconfig("static"))
    assert front.ask("/none").status == 404


def test_a_handler_without_processes_is_told(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, config=webconfig("fastcgi"))
    answer = front.ask("/", head="Host: localhost\r\n")
    assert answer.status == 500
    assert b"No process is set up" in answer.body


def test_access_lines_come_soon_and_whole(stage: Stage) -> None:
    front = started(stage)
    front.ask("/a%20b?x=1")
    front.ask(b"/%1b[31m\xc3\xa9")
    eventually(lambda: len(front.lines()) == 2, "both lines are written")
    first, second = front.lines()
    assert " GET /a%20b?x=1 200 " in first
    assert first.endswith(" 5 B")
    assert " GET /%1b[31m%C3%A9 400 " in second


def test_access_lines_as_json(stage: Stage) -> None:
    front = started(stage, "--access", "json")
    front.ask("/a")
    eventually(lambda: len(front.lines()) == 1, "the line is written")
    line = json.loads(front.lines()[0])
    assert (line["event"], line["target"], line["status"], line["size"]) == ("access", "/a", 200, 5)


def test_no_access_lines_when_off(stage: Stage) -> None:
    front = started(stage, "--access", "off")
    front.ask("/a")
    front.process.send_signal(signal.SIGTERM)
    assert front.process.wait(20) == 0
    assert front.lines() == []


@pytest.mark.parametrize("how", ["term", "drain", "end of file"])
def test_running_requests_end_and_new_connections_are_left_to_others(stage: Stage, how: str) -> None:
    front = started(stage)
    begun = stage.folder / "begun"
    bodies: list[bytes] = []
    asking = threading.Thread(target=lambda: bodies.append(front.ask(f"/slow?{begun}").body))
    asking.start()
    eventually(begun.exists, "the request runs")
    if how == "term":
        front.process.send_signal(signal.SIGTERM)
    elif how == "drain":
        front.order({"type": "drain"})
    else:
        front.control.close()
    assert front.process.wait(20) == 0
    asking.join(20)
    assert bodies == [b"hello"]
    assert len(front.lines()) == 1


@pytest.mark.alone
def test_the_end_comes_even_when_a_client_never_finishes(stage: Stage) -> None:
    front = started(stage)
    with front.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")
        eventually(lambda: front.ask("/").status == 200, "the front serves")
        begun = time.monotonic()
        front.process.send_signal(signal.SIGTERM)
        assert front.process.wait(20) == 0
        assert time.monotonic() - begun < 4.5


def test_ctrl_c_is_left_to_the_supervisor(stage: Stage) -> None:
    front = started(stage)
    front.process.send_signal(signal.SIGINT)
    assert front.ask("/").status == 200
    assert front.process.poll() is None


def test_a_log_that_nobody_reads_stops_no_request() -> None:
    """A full pipe: entries beyond the bound are dropped, counted, and told."""
    reader, writer = os.pipe()
    lines = LineWriter[bytes](
        writer, lambda entry: entry + b"\n", lambda count: b"lost %d\n" % count, capacity=100
    )
    for _ in range(300):
        lines.put(b"x" * 1000)
        time.sleep(0)
    received = b""
    while b"lost" not in received:
        lines.put(b"y")
        received += os.read(reader, 65536)
    told = sum(int(line.split()[1]) for line in received.splitlines() if line.startswith(b"lost"))
    assert told > 0
    lines.close(5)
    os.close(writer)
    os.close(reader)


def test_a_log_whose_reader_is_gone_is_given_up() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lines = LineWriter[bytes](writer, lambda entry: entry + b"\n", lambda count: b"lost %d\n" % count)
    lines.put(b"x")
    eventually(lambda: lines.backlog.broken, "the writer gives up")
    lines.put(b"y")
    assert not len(lines.backlog)
    lines.close(5)
    os.close(writer)
