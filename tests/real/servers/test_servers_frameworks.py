"""Flask, Django and FastAPI under `/app` of each web server, in an environment with nothing of ours."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, unquote, urlencode

import pytest

from tests.ports import free_port
from webstead.formats.servers import GatewaySite

from .client import ask, connect
from .conftest import SERVERS, Gateway, make_site, short_folder
from .webserver import KINDS, WebServer

FRAMEWORKS = ("flask", "django", "fastapi")
PACKAGES = ("flask>=3", "django>=5", "fastapi>=0.115", "python-multipart>=0.0.9")
MEGABYTE = 1 << 20
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Ports = dict[str, int]
"""Of each framework's site."""


@pytest.fixture(scope="session")
def frameworks_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("frameworks") / "env"
    uv = [sys.executable, "-m", "uv"]
    python = str(place / "bin" / "python")
    subprocess.run([*uv, "venv", "--quiet", str(place), "--python", sys.executable], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
    return python


@pytest.fixture(scope="session")
def sites(frameworks_python: str) -> Iterator[list[GatewaySite]]:
    """One gateway for each framework, for all servers."""
    with contextlib.ExitStack() as stack:
        sites = []
        for framework in FRAMEWORKS:
            folder = stack.enter_context(short_folder())
            site = make_site(folder, f"{framework}_pages:app", mount="/app", python=frameworks_python)
            stack.enter_context(Gateway(site, folder))
            sites.append(site)
        yield sites


@pytest.fixture(scope="session", params=SERVERS)
def ports(request: pytest.FixtureRequest, sites: list[GatewaySite]) -> Iterator[Ports]:
    own = [replace(site, listen=f"127.0.0.1:{free_port()}") for site in sites]
    with short_folder() as place, WebServer(KINDS[request.param], place, own):
        yield dict(zip(FRAMEWORKS, (site.server.port for site in own), strict=True))


@pytest.fixture(params=FRAMEWORKS)
def port(request: pytest.FixtureRequest, ports: Ports) -> int:
    return ports[str(request.param)]


def test_it_finds_itself_and_its_links_under_the_mount(port: int) -> None:
    words = json.loads(ask(port, "/app/").text)
    assert words["framework"] in FRAMEWORKS
    assert (unquote(words["link"]), words["scheme"]) == ("/app/thanks/é a", "http")


def test_a_form_and_where_it_leads(port: int) -> None:
    answer = ask(port, "/app/form", "POST", urlencode({"name": "é"}).encode(), FORM)
    assert answer.status == 302
    assert answer.headers["Location"].endswith(f"/app/thanks/{quote('é')}")
    assert ask(port, f"/app/thanks/{quote('é')}").text == "thank you, é"


def test_an_upload(port: int) -> None:
    content = bytes(range(256)) * (5 * MEGABYTE // 256)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    body = head + content + b"\r\n--b--\r\n"
    answer = ask(port, "/app/upload", "POST", body, {"Content-Type": "multipart/form-data; boundary=b"})
    expected = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert json.loads(answer.text) == expected


def test_a_stream_arrives_whole(port: int) -> None:
    assert ask(port, "/app/stream").text == "".join(f"{number};" for number in range(1000))


def test_a_page_that_is_not_there(port: int) -> None:
    assert ask(port, "/app/nowhere").status == 404
    assert ask(port, "/application").status in (403, 404)


def test_a_body_in_chunks(port: int) -> None:
    assert post_in_chunks(port, 10) == (200, 10_000)


def test_a_large_body_in_chunks(port: int, request: pytest.FixtureRequest) -> None:
    """2 MB: more than the gateway collects, less than Django's limit. HAProxy refuses what its buffer cannot
    hold. Django takes a body without a length for empty, and Caddy 2.6 tells none."""
    kind, framework = (request.node.callspec.params[name] for name in ("ports", "port"))
    taken = 0 if (kind, framework) == ("caddy", "django") else 2_000_000
    expected = (400, None) if kind == "haproxy" else (200, taken)
    assert post_in_chunks(port, 2000) == expected


def post_in_chunks(port: int, count: int) -> tuple[int, object]:
    """The status, and how much the app has seen."""
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream"}
    with contextlib.closing(connect(port)) as connection:
        parts = (b"x" * 1000 for _ in range(count))
        with contextlib.suppress(ConnectionError):  # refused before all of it was sent
            connection.request("POST", "/app/raw", parts, headers, encode_chunked=True)
        response = connection.getresponse()
        body = response.read()
    return response.status, json.loads(body)["size"] if response.status == 200 else None
