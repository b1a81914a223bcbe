"""Behind a real nginx: what nginx is strict about, and what users do through it."""

from __future__ import annotations

import contextlib
import hashlib
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from .conftest import Gateway, Nginx, short_folder

pytestmark = pytest.mark.needs("nginx")

MEGABYTE = 1 << 20


def test_get(nginx: Nginx) -> None:
    answer = nginx.request("/hello")
    assert (answer.status, answer.text, answer.header(b"Content-Length")) == (200, "hello", b"5")


def test_head(nginx: Nginx) -> None:
    answer = nginx.request("/big?5000000", "HEAD")
    assert (answer.status, answer.body, answer.header(b"Content-Length")) == (200, b"", b"5000000")


def test_requests_share_connections_to_the_gateway(nginx: Nginx) -> None:
    with contextlib.closing(nginx.connect()) as connection:
        for _ in range(100):
            connection.request("GET", "/hello")
            assert connection.getresponse().read() == b"hello"
    assert nginx.gateway.connections() <= 8


def test_without_keep_conn_the_response_ends_at_once(nginx: Nginx) -> None:
    """nginx waits for the end of the connection then."""
    assert nginx.request("/once/hello").status == 200


@pytest.mark.parametrize("path", ["/environ/a%20b%2Fc", "/environ/caf%C3%A9", "/environ/é", "/environ/%25"])
def test_paths_arrive_decoded_as_latin1(nginx: Nginx, path: str) -> None:
    decoded = {"%20": " ", "%2F": "/", "%C3%A9": "é", "%25": "%"}
    expected = path
    for escape, character in decoded.items():
        expected = expected.replace(escape, character)
    text = nginx.raw(path)
    assert f"PATH_INFO={expected.encode().decode('latin-1')!r}" in text


def test_a_response_of_twenty_megabytes(nginx: Nginx) -> None:
    answer = nginx.request("/blocks")
    assert len(answer.body) == 20_000_000


def test_a_failing_page_shows_its_500(nginx: Nginx) -> None:
    answer = nginx.request("/fails")
    assert answer.status == 500
    assert "RuntimeError" in answer.text
    assert "GET /fails" not in nginx.errors


@pytest.mark.parametrize(
    ("page", "status"), [("/nothing", 204), ("/empty", 200), ("/not_modified", 304), ("/replaced", 503)]
)
def test_statuses_pass(nginx: Nginx, page: str, status: int) -> None:
    assert nginx.request(page).status == status


def test_a_truncated_response_is_truncated_for_the_client_too(nginx: Nginx) -> None:
    with contextlib.closing(nginx.connect()) as connection:
        connection.request("GET", "/short")
        response = connection.getresponse()
        with pytest.raises(Exception, match="IncompleteRead"):
            response.read()


def test_a_client_that_disconnects_leaves_everything_in_order(nginx: Nginx) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", nginx.port), 20) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert nginx.request("/hello").text == "hello"


@pytest.fixture(scope="module", params=["on", "off"], ids=["spooled", "unbuffered"])
def alone(request: pytest.FixtureRequest) -> Iterator[Nginx]:
    """A gateway of two threads that nobody else uses, so that its memory means something."""
    with (
        short_folder() as folder,
        short_folder() as place,
        Gateway(folder, "pages:app", words=("--threads", "2")) as gateway,
        Nginx(place, gateway, buffering=request.param) as server,
    ):
        yield server


def test_an_upload_of_twenty_megabytes_takes_no_memory(alone: Nginx) -> None:
    assert alone.request("/hello").text == "hello"
    before = alone.gateway.memory_peak()
    body = bytes(range(256)) * (20 * MEGABYTE // 256)
    answer = alone.request("/digest", "POST", body)
    assert answer.text == f"{len(body)} {hashlib.sha256(body).hexdigest()}"
    assert alone.gateway.memory_peak() - before < 3 * MEGABYTE


def test_a_download_of_twenty_megabytes_takes_no_memory(alone: Nginx) -> None:
    assert alone.request("/hello").text == "hello"
    before = alone.gateway.memory_peak()
    assert len(alone.request("/blocks").body) == 20_000_000
    assert alone.gateway.memory_peak() - before < 3 * MEGABYTE


def test_a_stream_reaches_the_client_chunk_by_chunk(alone: Nginx) -> None:
    with contextlib.closing(alone.connect()) as connection:
        connection.request("GET", "/stream")
        response = connection.getresponse()
        for part in (b"one ", b"two ", b"three"):
            assert response.read1(100) == part
            assert alone.request("/open").text == "opened"
        assert response.read() == b""


@pytest.fixture(scope="module")
def flask(flask_python: str) -> Iterator[Nginx]:
    with (
        short_folder() as folder,
        short_folder() as place,
        Gateway(folder, "flask_site:app", words=("--threads", "4"), python=flask_python) as gateway,
        Nginx(place, gateway) as server,
    ):
        yield server


def test_flask_answers(flask: Nginx) -> None:
    assert flask.request("/").text == "flask says hello"


def test_flask_takes_a_form(flask: Nginx) -> None:
    form = urlencode({"name": "Ada"}).encode()
    answer = flask.request("/form", "POST", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status, answer.header(b"Location")) == (302, b"/thanks/Ada")
    assert flask.request("/thanks/Ada").text == "thank you, Ada from 127.0.0.1"


def test_flask_takes_an_upload(flask: Nginx) -> None:
    content = b"x" * (5 * MEGABYTE)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    body = head + content + b"\r\n--b--\r\n"
    answer = flask.request("/upload", "POST", body, {"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.text == f"a.bin {len(content)}"


def test_flask_says_404(flask: Nginx) -> None:
    assert flask.request("/nowhere").status == 404
