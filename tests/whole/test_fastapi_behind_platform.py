"""A FastAPI site behind httpPlatform: its WebSocket, its events, its uploads, as written for IIS."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.live import REPOSITORY, Up, fetch, live

SITE = REPOSITORY / "tests" / "fixtures" / "sites" / "fastapi_platform"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, str]]:
    folder = tmp_path_factory.mktemp("site") / "fastapi"
    shutil.copytree(SITE, folder)
    with live(folder) as up:
        url = up.ready()
        yield up, url
        assert up.interrupt() == 0


def test_the_app_is_told_of_the_request_and_of_its_settings(site: tuple[Up, str]) -> None:
    _, url = site
    told = json.loads(fetch(url).text)
    assert told["greeting"] == "hello from web.config"
    assert told["host"] == urlsplit(url).netloc
    assert told["for"] == "127.0.0.1"
    assert told["proto"] == "http"
    assert told["port"].isdigit()


def test_files_are_served_past_the_app(site: tuple[Up, str]) -> None:
    answer = fetch(site[1] + "/static/site.css")
    assert "navy" in answer.text
    assert "etag" in answer.headers
    assert fetch(site[1] + "/static/web.config").status == 404


def test_a_websocket_speaks_both_ways_and_closes_with_the_apps_code(site: tuple[Up, str]) -> None:
    address = site[1].replace("http://", "ws://") + "/echo"
    with connect(address, subprotocols=[Subprotocol("echo.v1")], max_size=None) as socket:
        assert socket.subprotocol == "echo.v1"
        for message in ("a word", b"\x00\xff", "é" * 100_000, b"x" * 2_000_000, ""):
            socket.send(message)
            assert socket.recv(timeout=20) == message
        socket.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
    received = closed.value.rcvd
    assert received is not None
    assert (received.code, received.reason) == (4001, "as you wish")


def test_events_come_one_by_one_and_a_reader_that_leaves_is_noticed(site: tuple[Up, str]) -> None:
    url = site[1]
    reader = HTTPConnection(urlsplit(url).netloc, timeout=20)
    reader.request("GET", "/events", headers={"Accept": "text/event-stream", "Accept-Encoding": "gzip"})
    events = reader.getresponse()
    assert events.getheader("content-type", "").startswith("text/event-stream")
    assert events.getheader("content-encoding") == "gzip"
    unpack = zlib.decompressobj(wbits=31).decompress
    assert until(b"\n\n", lambda: unpack(events.read1())) == b"data: first\n\n"
    assert fetch(url + "/release", method="POST").status == 200
    assert until(b"\n\n", lambda: unpack(events.read1())) == b"data: second\n\n"
    reader.close()
    events.close()
    assert json.loads(fetch(url + "/left").text) == {"left": True}


def until(end: bytes, more: Callable[[], bytes]) -> bytes:
    data = b""
    while not data.endswith(end):
        data += more()
    return data


def test_an_upload_streams_up_to_the_limit_that_the_file_states(site: tuple[Up, str]) -> None:
    url = site[1]
    answer = fetch(url + "/size", method="PUT", data=b"x" * 40_000_000)
    assert json.loads(answer.text) == {"size": 40_000_000}
    refused = HTTPConnection(urlsplit(url).netloc, timeout=20)
    refused.putrequest("PUT", "/size")
    refused.putheader("Content-Length", "100000001")
    refused.endheaders()
    assert refused.getresponse().status == 413
    refused.close()
