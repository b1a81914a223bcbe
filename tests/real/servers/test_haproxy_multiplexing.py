"""HAProxy puts several requests on one connection to a gateway that allows it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from webstead.formats.servers import GatewaySite, configuration

from .client import ask, connect
from .conftest import Gateway, make_site, short_folder
from .webserver import KINDS, WebServer

pytestmark = pytest.mark.needs("haproxy")

STREAMS = 6


def _multiplexed(folder: Path, sites: object, ports: object) -> str:
    """What the comment of the configuration says to add."""
    text = (folder / "site0.conf").read_text()
    assert "--multiplex 8" in text
    added = text.replace(
        "option keep-conn\n", "option keep-conn\n    option mpxs-conns\n    option max-reqs 8\n"
    )
    return f"global\n    nbthread 1\n\ndefaults\n    http-reuse always\n\n{added}"


@pytest.fixture
def site() -> Iterator[GatewaySite]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        place = stack.enter_context(short_folder())
        site = make_site(folder, "site_pages:app")
        stack.enter_context(Gateway(site, folder, ("--threads", "8", "--multiplex", "8")))
        stack.enter_context(WebServer(replace(KINDS["haproxy"], main=_multiplexed), place, [site]))
        yield site


def test_streams_at_once_share_a_connection(site: GatewaySite, tmp_path: Path) -> None:
    port = site.server.port
    words = json.loads(ask(port, "/process").text)
    with contextlib.ExitStack() as stack:
        gates, responses = [], []
        for number in range(STREAMS):
            pipe = tmp_path / f"pipe{number}"
            os.mkfifo(pipe)
            connection = stack.enter_context(contextlib.closing(connect(port)))
            connection.request("GET", f"/stream?{quote(str(pipe))}")
            gates.append(stack.enter_context(open(pipe, "r+b", buffering=0)))
            responses.append(connection.getresponse())
        for part in (b"one ", b"two ", b"three"):
            for response, gate in zip(responses, gates, strict=True):
                assert response.read1(100) == part
                gate.write(b".")
            if part == b"one ":
                found = psutil.Process(words["process"]).net_connections("unix")
                held = sum(str(connection.laddr) == str(site.upstream) for connection in found) - 1
        assert held == 1
        assert all(response.read() == b"" for response in responses)


def test_the_hint_is_in_the_configuration(site: GatewaySite) -> None:
    assert "option mpxs-conns" in configuration("haproxy", site)


def test_uploads_at_once_do_not_mix(site: GatewaySite) -> None:
    bodies = [bytes([number]) * 1_000_000 for number in range(STREAMS)]

    def digest(body: bytes) -> object:
        words = json.loads(ask(site.server.port, "/digest", "POST", body).text)
        return words["size"], words["sha256"]

    with ThreadPoolExecutor(STREAMS) as pool:
        found = list(pool.map(digest, bodies))
    assert found == [(1_000_000, hashlib.sha256(body).hexdigest()) for body in bodies]


def test_a_client_that_leaves_cuts_none_of_the_others(site: GatewaySite, tmp_path: Path) -> None:
    """Small responses only: while a client does not take what has come for it, HAProxy 2.6 reads nothing from
    the connection, for nobody, also when that client has left."""
    with contextlib.ExitStack() as stack:
        gates, responses, clients = [], [], []
        for name in ("goes on", "leaves"):
            pipe = tmp_path / name
            os.mkfifo(pipe)
            client = stack.enter_context(contextlib.closing(connect(site.server.port)))
            client.request("GET", f"/stream?{quote(str(pipe))}", headers={"Connection": "close"})
            gates.append(stack.enter_context(open(pipe, "r+b", buffering=0)))
            responses.append(client.getresponse())
            clients.append(client)
            assert responses[-1].read1(100) == b"one "
        responses[1].close()
        clients[1].close()
        gates[1].write(b"...")
        gates[0].write(b".")
        assert responses[0].read1(100) == b"two "
        assert ask(site.server.port, "/missing").status == 404
        gates[0].write(b"..")
        assert responses[0].read() == b"three"
