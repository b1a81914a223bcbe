"""Shells, commands and tunnels of a management that runs as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import httpx
import psutil
import pytest
from websockets.asyncio.client import ClientConnection as AsynchronousConnection
from websockets.asyncio.client import connect as asynchronous
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.loads import eventually
from tests.management import NOW, basic, bearer
from tests.observed import words_of
from tests.ports import free_port
from tests.real.services.test_process import served
from webstead.host.watched import WARDEN
from webstead.services.remote.sessions import MOST_SESSIONS
from webstead.site.homes import ServerHome
from webstead.site.store import Store, open_store
from webstead.site.store.model import Scope
from webstead.site.store.settings import write_settings
from webstead.site.store.sites import create_site, delete_site, find_site, set_stopped
from webstead.site.store.tokens import delete_token, make_token

TUNNEL = "/AppServiceTunnel/Tunnel.ashx"


@dataclass(frozen=True, slots=True)
class Served:
    """A management with the site `shop`."""

    home: ServerHome
    store: Store
    process: int
    client: httpx.Client

    @property
    def publisher(self) -> dict[str, str]:
        record = find_site(self.store, "shop")
        assert record is not None
        return basic("$shop", record.password.reveal())

    def ask(self, method: str, path: str, json: object = None) -> httpx.Response:
        headers = {**self.publisher, "Host": "shop.scm.localhost"}
        return self.client.request(method, path, headers=headers, json=json)

    def connect(self, path: str, headers: Mapping[str, str] | None = None) -> ClientConnection:
        port = self.client.base_url.port
        asked = {**(self.publisher if headers is None else headers), "Host": "shop.scm.localhost"}
        return connect(f"ws://127.0.0.1:{port}{path}", additional_headers=asked, open_timeout=30)

    def refused(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The status and what is said."""
        with pytest.raises(InvalidStatus) as caught:
            self.connect(path, headers)
        response = caught.value.response
        return response.status_code, json.loads(response.body)["Message"]

    def token(self, *scopes: Scope) -> tuple[str, dict[str, str]]:
        token, text = make_token(self.store, "ops", now=NOW, site="shop", scopes=scopes)
        return token.id, bearer(text.reveal())

    def children(self) -> list[psutil.Process]:
        """All but the warden, which stays."""
        found = psutil.Process(self.process).children(recursive=True)
        return [each for each in found if str(WARDEN) not in words_of(each)]


def rest(connection: ClientConnection) -> bytes:
    """What comes until it is closed."""
    got = b""
    with contextlib.suppress(ConnectionClosed):
        while True:
            data = connection.recv(30)
            got += data if isinstance(data, bytes) else data.encode()
    return got


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    home = ServerHome(tmp_path)
    home.make()
    store = open_store(home.database)
    create_site(store, "shop", now=NOW)
    home.site("shop").make()
    with served(tmp_path) as (process, client):
        yield Served(home, store, process.pid, client)


def until(shell: ClientConnection, pattern: str) -> str:
    """What a terminal shows, up to a pattern; to its end, when the pattern is never shown."""
    text = ""
    while not re.search(pattern, text):
        try:
            data = shell.recv(30)
        except ConnectionClosed:
            return text
        assert isinstance(data, bytes)
        text += data.decode()
    return text


def test_a_shell_is_typed_in_and_ends_with_its_exit(site: Served) -> None:
    with site.connect("/exec/shell") as shell:
        shell.send('{"width": 101, "height": 31}')
        shell.send(b"stty size; pwd; echo $WEBSITE_SITE_NAME $TERM; command -v python; exit\n")
        told = until(shell, "never")
        assert "31 101" in told
        assert str(site.home.site("shop").root) in told
        assert "shop xterm-256color" in told
        assert "/data/python/" in told
        assert shell.close_code == 1000
    eventually(lambda: not site.children())


def test_another_shell_is_named_by_its_path_or_refused(site: Served) -> None:
    with site.connect("/exec/shell?shell=/bin/sh&target=kudu") as shell:
        shell.send(b"echo $0; exit\n")
        assert "/bin/sh" in until(shell, "never")
    assert site.refused("/exec/shell?shell=sh") == (400, "There is no shell 'sh' here.")
    assert site.refused("/exec/shell?shell=/etc/passwd")[0] == 400
    assert site.refused("/exec/shell?shell=/tmp")[0] == 400


def test_a_client_that_is_gone_leaves_no_process(site: Served) -> None:
    with site.connect("/exec/shell") as shell:
        shell.send(b"sleep 300 & nohup sleep 300 & sleep 300\n")
        eventually(lambda: len(site.children()) >= 4)
        shell.socket.shutdown(socket.SHUT_RDWR)  # without a word, as one that was killed
        eventually(lambda: not site.children())


@pytest.mark.parametrize("path", ["/exec/shell", TUNNEL])
def test_a_session_is_let_in_as_any_request(site: Served, path: str) -> None:
    assert site.refused(path, {})[0] == 401
    assert site.refused(path, site.token("read", "deploy", "logs")[1])[0] == 403
    assert site.refused(path, {**site.publisher, "Origin": "http://shop.localhost"})[0] == 403
    audit = site.home.log_files / "audit.jsonl"
    eventually(lambda: audit.read_text().count("\n") == 2)  # it is written when the answer is sent
    lines = map(json.loads, audit.read_text().splitlines())
    assert [each["refused"] for each in lines] == ["scope files", "cross-site"]
    assert '"refused":"no credentials"' in (site.home.log_files / "strangers.jsonl").read_text()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda site, token: set_stopped(site.store, "shop", True), "The site was stopped."),
        (lambda site, token: delete_site(site.store, "shop"), "The site was deleted."),
        (lambda site, token: delete_token(site.store, token), "The credentials hold no longer."),
    ],
)
def test_a_session_ends_with_what_let_it_in(
    site: Served, change: Callable[[Served, str], None], reason: str
) -> None:
    token, headers = site.token("files")
    with site.connect("/exec/shell", headers) as shell, site.connect(TUNNEL, headers) as tunnel:
        assert tunnel.recv(30)
        shell.send(b"sleep 300\n")
        until(shell, "sleep")
        change(site, token)
        assert reason in until(shell, "never")
        assert shell.close_reason == reason
        rest(tunnel)
        assert tunnel.close_reason == reason
    eventually(lambda: not site.children())


def test_a_stopped_site_has_no_sessions(site: Served) -> None:
    set_stopped(site.store, "shop", True)
    assert site.refused("/exec/shell") == (409, "The site shop is stopped.")
    assert site.refused(TUNNEL)[0] == 409
    assert site.ask("POST", "/exec/execute", {"Command": "true"}).status_code == 409
    assert site.ask("GET", f"{TUNNEL}?GetStatus&GetStatusAPIVer=2").json() == {
        "state": "STOPPED",
        "port": 2222,
        "canReachPort": False,
        "msg": "The site is stopped.",
    }


def test_sessions_of_a_site_are_bounded(site: Served) -> None:
    with ExitStack() as stack:
        tunnels = [stack.enter_context(site.connect(TUNNEL)) for _ in range(MOST_SESSIONS)]
        assert site.refused(TUNNEL)[0] == 429
        tunnels[0].close()
        eventually(lambda: _opens(site))


def _opens(site: Served) -> bool:
    try:
        with site.connect(TUNNEL):
            return True
    except InvalidStatus:
        return False


def test_input_that_nobody_reads_ends_the_session(site: Served) -> None:
    with site.connect("/exec/shell?shell=/bin/sh") as shell:
        shell.send(b"stty raw -echo; echo R$((1 + 1)); exec sleep 300\n")
        until(shell, "R2")
        with contextlib.suppress(ConnectionClosed):
            for _ in range(100):
                shell.send(b"x" * 100_000)
        rest(shell)
        assert shell.close_reason == "The program does not read what is typed."


def test_a_tunnel_without_ssh_in_it_ends(site: Served) -> None:
    with site.connect(TUNNEL) as tunnel:
        greeting = tunnel.recv(30)
        assert isinstance(greeting, bytes)
        assert greeting.startswith(b"SSH-2.0-")
        tunnel.send(b"GET / HTTP/1.1\r\n\r\n" * 100)
        rest(tunnel)


def test_a_tunnel_leads_to_the_apps_debugger(site: Served) -> None:
    port = free_port()
    write_settings(
        site.store, "shop", "app", {"APPSVC_REMOTE_DEBUGGING": "TRUE", "APPSVC_TUNNEL_PORT": str(port)}
    )
    status = f"{TUNNEL}?GetStatus&GetStatusAPIVer=2"
    assert site.ask("GET", status).json()["state"] == "STARTING"
    words = ["-m", "http.server", "--bind", "127.0.0.1", str(port)]
    assert site.ask("POST", "/exec/execute", {"Command": "python", "Args": words}).status_code == 202
    eventually(lambda: bool(site.ask("GET", status).json()["canReachPort"]))
    assert site.ask("GET", status).json()["port"] == port
    with site.connect(TUNNEL) as tunnel:
        tunnel.send(b"GET / HTTP/1.0\r\n\r\n")
        assert rest(tunnel).startswith(b"HTTP/1.0 200")


def test_a_tunnel_leads_to_no_other_process(site: Served) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        port = other.server_address[1]
        write_settings(
            site.store, "shop", "app", {"APPSVC_REMOTE_DEBUGGING": "TRUE", "APPSVC_TUNNEL_PORT": str(port)}
        )
        assert site.refused(TUNNEL)[0] == 502
        other.shutdown()
        thread.join()


def told(site: Served, answer: httpx.Response) -> str:
    """What a command that was begun has left."""
    assert answer.status_code == 202, answer.text
    name = re.search(r"LogFiles/execute/\S+\.log", answer.json()["Message"])
    assert name is not None
    file = site.home.site("shop").root / name[0]
    eventually(file.exists)
    return file.read_text()


def test_a_command_is_begun_and_told_when_it_has_ended(site: Served) -> None:
    line = {"Command": "/bin/sh", "Args": ["-c", "echo $WEBSITE_SITE_NAME; pwd; echo no >&2; exit 3"]}
    home = site.home.site("shop").root
    text = told(site, site.ask("POST", "/exec/execute", line))
    assert text.endswith(f"\nshop\n{home}\nno\nExit code 3\n")
    there = {"Command": "pwd", "WorkingDirectory": "LogFiles"}
    assert told(site, site.ask("POST", "/exec/execute", there)) == f"$ pwd\n{home}/LogFiles\nExit code 0\n"


UNUSABLE: tuple[dict[str, object], ...] = (
    {},
    {"Command": ""},
    {"Command": "no-such-program"},
    {"Command": "/etc/passwd"},
    {"Command": "echo", "Args": ["a\0b"]},
    {"Command": "echo\0"},
    {"Command": "pwd", "WorkingDirectory": "/no/such"},
    {"Command": "pwd", "WorkingDirectory": "a\0b"},
    {"Command": "pwd", "WorkingDirectory": "x" * 5000},
)


def test_a_command_that_cannot_begin_is_refused(site: Served) -> None:
    for body in UNUSABLE:
        answer = site.ask("POST", "/exec/execute", body)
        assert (answer.status_code, bool(answer.json()["Message"])) == (400, True), body


def test_a_command_ends_with_its_site(site: Served) -> None:
    answer = site.ask("POST", "/exec/execute", {"Command": "sleep", "Args": ["300"]})
    set_stopped(site.store, "shop", True)
    assert told(site, answer) == "$ sleep 300\nThe command was ended. The site was stopped.\nExit code -1\n"
    assert not site.children()


def test_browsers_and_plain_requests_are_told_what_there_is(site: Served) -> None:
    page = site.ask("GET", "/webssh/host")
    assert page.status_code == 404
    assert "webstead shell --site shop" in page.json()["fix"]
    plain = site.ask("GET", TUNNEL)
    assert plain.status_code == 400
    assert "GetStatus" in plain.json()["fix"]


def test_the_end_of_the_server_is_the_end_of_sessions(site: Served) -> None:
    with site.connect("/exec/shell") as shell:
        shell.send(b"sleep 300\n")
        until(shell, "sleep")
        children = site.children()
        psutil.Process(site.process).terminate()
        _, alive = psutil.wait_procs(children, 20)
        assert not alive


def test_much_goes_through_a_tunnel_both_ways(site: Served) -> None:
    """Megabytes of a command's input and output, through SSH in a WebSocket."""
    sent = os.urandom(8 << 20)

    async def talk() -> asyncssh.SSHCompletedProcess:
        url = f"ws://127.0.0.1:{site.client.base_url.port}{TUNNEL}"
        headers = {**site.publisher, "Host": "shop.scm.localhost"}
        async with asynchronous(url, additional_headers=headers, max_size=None) as tunnel:
            ours, theirs = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=theirs)
            pumps = [asyncio.ensure_future(_in(tunnel, writer)), asyncio.ensure_future(_out(reader, tunnel))]
            try:
                async with asyncssh.connect(
                    "shop", sock=ours, username="root", password="any", known_hosts=None, config=None
                ) as client:
                    return await client.run("cat; exit 5", input=sent, encoding=None, timeout=60)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                writer.close()

    done = asyncio.run(talk())
    assert done.exit_status == 5
    assert done.stdout == sent


async def _in(tunnel: AsynchronousConnection, writer: asyncio.StreamWriter) -> None:
    async for data in tunnel:
        assert isinstance(data, bytes)
        writer.write(data)
        await writer.drain()


async def _out(reader: asyncio.StreamReader, tunnel: AsynchronousConnection) -> None:
    while data := await reader.read(1 << 16):
        await tunnel.send(data)
