"""Who asks the management, through the front: nobody can pass for another, and nobody locks another out."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.management import basic, bearer
from tests.serving import SCM, Server, new_home, serving
from webstead.site.homes import ServerHome
from webstead.site.server.management import FRONT_HEADER
from webstead.site.store.sites import find_site

FORGED = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1", FRONT_HEADER: "guess"}
"""What a client on this machine may say of itself."""

DROPPING = {**FORGED, "Connection": f"close, {FRONT_HEADER}, X-Forwarded-For"}


def environment(server: Server, headers: dict[str, str]) -> int:
    url = f"{server.note.management_url}/api/environment"
    return server.http.get(url, headers={**SCM, **headers}).status_code


def clients(home: ServerHome) -> set[str]:
    """Whom the records name; they are whole when the server has ended."""
    text = (home.log_files / "strangers.jsonl").read_text()
    return {json.loads(line)["client"] for line in text.splitlines()}


def test_a_client_is_known_by_where_it_comes_from_whatever_it_says(tmp_path: Path) -> None:
    with serving(new_home(tmp_path / "home")) as server:
        record = find_site(server.store, "shop")
        assert record is not None
        right = basic("$shop", record.password.reveal())
        for number in range(10):
            said = {**(FORGED if number % 2 else DROPPING), "X-Forwarded-For": f"192.0.2.{number}"}
            assert environment(server, {**basic("$shop", "guess"), **said}) == 401
        assert environment(server, basic("$shop", "guess")) == 429, "other addresses are not believed"
        assert environment(server, right) == 429
        assert environment(server, bearer(server.note.token.reveal())) == 200, "nobody guesses a token"
        assert server.manage("/api/site").status_code == 200
    assert clients(server.home) == {"127.0.0.1"}


def test_the_command_line_here_works_on_while_somebody_guesses(tmp_path: Path) -> None:
    with serving(new_home(tmp_path / "home")) as server:
        for _ in range(11):
            environment(server, bearer("guess"))
        assert environment(server, bearer("guess")) == 429
        words = (sys.executable, "-m", "webstead", "site", "list", "--home", str(server.home.root))
        assert "shop" in subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("headers", [FORGED, DROPPING])
def test_a_websocket_too(tmp_path: Path, headers: dict[str, str]) -> None:
    """Where Upgrade is asked for, Connection has to say so."""
    handshake = {
        **bearer("guess"),
        **headers,
        "Connection": ", ".join(filter(None, ("Upgrade", headers.get("Connection", "")))),
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }

    async def answer(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [f"{name}: {value}" for name, value in {**SCM, **handshake}.items()]
        writer.write("\r\n".join(["GET /exec/shell HTTP/1.1", *lines, "", ""]).encode())
        status = await reader.readline()
        writer.close()
        return status

    with serving(new_home(tmp_path / "home")) as server:
        port = int(server.note.management_url.rpartition(":")[2])
        assert asyncio.run(answer(port)).split()[1] == b"401"
    assert clients(server.home) == {"127.0.0.1"}
