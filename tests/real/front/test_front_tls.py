"""TLS in the front: which certificate a client is shown, and that what is served over it is the same."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
import uvloop
from websockets.asyncio.client import connect

from tests.real.front.stage import (
    Answered,
    FrontProcess,
    Stage,
    answered,
    eventually,
    fastcgi,
    platform,
    read_all,
    webconfig,
)
from webstead.front import server as module
from webstead.front.asgi import Receive, Scope, Send
from webstead.front.certificates import Certificates
from webstead.front.greeting import Greeting
from webstead.front.server import Entrance, HttpServer
from webstead.site.server.authority import Issued, open_authority
from webstead.site_table import Certificate

APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ("wsgi.url_scheme", "HTTPS", "REQUEST_SCHEME", "SERVER_PORT", "HTTP_X_FORWARDED_PROTO")
    return [" ".join(str(environ.get(name)) for name in names).encode()]
"""
PLATFORM = """
import asyncio, sys
from websockets.asyncio.server import serve

async def handler(ws):
    await ws.send(ws.request.headers["X-Forwarded-Proto"])
    async for message in ws:
        await ws.send(message)

async def main():
    async with serve(handler, "127.0.0.1", int(sys.argv[1])):
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""


class Town:
    """A front that speaks TLS, and an authority that its clients trust."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.folder = stage.folder / "tls"
        self.folder.mkdir()
        self.authority = open_authority(self.folder, datetime.now(UTC))
        self.front: FrontProcess = stage.front(speaks=",tls")
        self.client = ssl.create_default_context(cafile=str(self.authority.certificate))
        self.client.set_alpn_protocols(["h2", "http/1.1"])

    def issue(self, name: str, *hosts: str) -> Issued:
        return self.authority.issue(name, hosts, datetime.now(UTC))

    def certify(self, **issued: Issued) -> None:
        """Names with `_` for a dot; `any` for `*`."""
        hosts = {
            "*" if name == "any" else name.replace("_", "."): [str(each.certificate), str(each.key)]
            for name, each in issued.items()
        }
        self.front.order({"type": "certificates", "hosts": hosts})

    def connect(self, name: str) -> ssl.SSLSocket:
        return self.client.wrap_socket(self.front.connect(), server_hostname=name)

    def names(self, name: str) -> set[str]:
        """Of the certificate that who asks for this name is shown."""
        with self.connect(name) as client:
            certificate = client.getpeercert()
            assert certificate is not None
            return {str(pair[1]) for pair in certificate["subjectAltName"]}

    def ask(self, name: str, path: str = "/") -> Answered:
        with self.connect(name) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            return answered(read_all(client))


@pytest.fixture
def town(stage: Stage) -> Town:
    return Town(stage)


def test_each_name_is_shown_its_certificate(town: Town) -> None:
    town.certify(shop_test=town.issue("shop", "shop.test"), blog_test=town.issue("blog", "blog.test"))
    assert town.names("shop.test") == {"shop.test"}
    assert town.names("BLOG.test") == {"blog.test"}
    with pytest.raises(ssl.SSLError):
        town.connect("other.test")


def test_a_name_that_has_none_is_shown_that_of_any(town: Town) -> None:
    town.certify(any=town.issue("all", "other.test"), shop_test=town.issue("shop", "shop.test"))
    assert town.names("other.test") == {"other.test"}
    assert town.names("shop.test") == {"shop.test"}


def test_before_there_is_a_certificate_nobody_is_answered(town: Town) -> None:
    with pytest.raises(ssl.SSLError):
        town.connect("shop.test")


def test_http_1_1_is_agreed_on_and_nothing_older_than_tls_1_2(town: Town) -> None:
    town.certify(shop_test=town.issue("shop", "shop.test"))
    with town.connect("shop.test") as client:
        assert client.selected_alpn_protocol() == "http/1.1"
        assert client.version() == "TLSv1.3"
    town.client.maximum_version = ssl.TLSVersion.TLSv1_2
    with town.connect("shop.test") as client:
        assert client.version() == "TLSv1.2"
    assert Certificates().context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_new_table_takes_effect_and_a_renewed_file_too(town: Town) -> None:
    town.certify(shop_test=town.issue("shop", "shop.test"))
    assert town.names("shop.test") == {"shop.test"}
    both = town.issue("shop", "shop.test", "www.shop.test")  # in the same files
    assert town.names("shop.test") == {"shop.test"}
    town.certify(shop_test=both)
    eventually(lambda: town.names("shop.test") == {"shop.test", "www.shop.test"}, "the renewed one")


def test_a_file_that_is_broken_changes_nothing(town: Town) -> None:
    issued = town.issue("shop", "shop.test")
    town.certify(shop_test=issued)
    assert town.names("shop.test") == {"shop.test"}
    issued.certificate.write_text("no certificate")
    town.certify(shop_test=issued)
    eventually(lambda: town.names("shop.test") == {"shop.test"} and bool(complaints(town)), "it is said")
    assert str(issued.certificate) in complaints(town)
    town.certify(blog_test=town.issue("blog", "blog.test"))
    assert town.names("blog.test") == {"blog.test"}


def complaints(town: Town) -> str:
    return town.front.errors.read_text()


def test_an_app_is_told_of_https(town: Town) -> None:
    town.certify(any=town.issue("all", "shop.test"))
    endpoint, _ = town.stage.gateway(APP)
    town.front.serve(town.stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    scheme, https, request_scheme, port, forwarded = town.ask("shop.test").body.decode().split()
    assert (scheme, https, request_scheme, forwarded) == ("https", "on", "https", "None")
    assert int(port) == town.front.port


def test_a_websocket_is_passed_on(town: Town) -> None:
    town.certify(any=town.issue("all", "shop.test"))
    endpoint, _ = town.stage.platform(PLATFORM)
    town.front.serve(town.stage.root, platform(endpoint), config=webconfig("platform"))

    async def main() -> None:
        uri = f"wss://shop.test:{town.front.port}/"
        async with connect(uri, ssl=town.client, host="127.0.0.1", port=town.front.port) as ws:
            assert await ws.recv() == "https"
            for size in (1, 70_000, 900_000):
                await ws.send("x" * size)
                assert await ws.recv() == "x" * size

    asyncio.run(main())


@pytest.mark.parametrize("size", [0, 1, 100_000, 5_000_000])
def test_a_file_arrives_whole(town: Town, size: int) -> None:
    town.certify(any=town.issue("all", "shop.test"))
    body = bytes(range(256)) * (size // 256 + 1)
    (town.stage.root / "file.bin").write_bytes(body[:size])
    town.front.serve(town.stage.root)
    with town.connect("shop.test") as client:
        client.sendall(b"GET /file.bin HTTP/1.1\r\nHost: shop.test\r\n\r\n" * 3)
        client.sendall(b"GET /file.bin HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        assert read_all(client).count(body[:size] if size else b"content-length: 0") >= (4 if size > 1 else 1)


def test_a_client_that_reads_slowly_has_its_file_and_costs_no_memory(town: Town) -> None:
    town.certify(any=town.issue("all", "shop.test"))
    size = 40_000_000
    with (town.stage.root / "file.bin").open("wb") as file:
        file.truncate(size)
    town.front.serve(town.stage.root)
    before = memory_of(town)
    with town.connect("shop.test") as client:
        client.sendall(b"GET /file.bin HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        client.recv(1000)
        assert town.ask("shop.test", "/none").status == 404, "others are served meanwhile"
        assert memory_of(town) - before < 10_000_000
        assert len(read_all(client)) > size - 1000


def memory_of(town: Town) -> int:
    import psutil

    return psutil.Process(town.front.process.pid).memory_info().rss


def test_many_clients_are_greeted_and_each_request_is_answered(town: Town) -> None:
    town.certify(any=town.issue("all", "shop.test"))
    (town.stage.root / "a.txt").write_text("here")
    town.front.serve(town.stage.root)

    async def one() -> bytes:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", town.front.port, ssl=town.client, server_hostname="shop.test"
        )
        writer.write(b"GET /a.txt HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer[-4:]

    async def main() -> None:
        for _ in range(10):
            assert set(await asyncio.gather(*(one() for _ in range(30)))) == {b"here"}

    asyncio.run(main())


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b""])
def test_who_speaks_no_tls_is_let_go_in_silence(town: Town, said: bytes) -> None:
    town.certify(any=town.issue("all", "shop.test"))
    town.front.serve(town.stage.root)
    with town.front.connect() as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        assert b"HTTP" not in read_all(client)
    assert town.ask("shop.test", "/none").status == 404
    assert complaints(town) == ""


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nobody has asked for anything")


@asynccontextmanager
async def silent(most: int, connections: int) -> AsyncIterator[tuple[HttpServer, list[socket.socket]]]:
    """A server, and clients that have come and say nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    with patch.object(module, "_connections", lambda: most):
        server = HttpServer([Entrance(listener.detach(), _nobody, Certificates().context)])
    serving = asyncio.create_task(server.serve())
    clients = [await asyncio.to_thread(socket.create_connection, address, 10) for _ in range(connections)]
    await until(server, min(most, connections))
    assert not serving.done()
    try:
        yield server, clients
    finally:
        server.stop()
        for client in clients:
            client.close()
        await asyncio.wait_for(serving, 10)


async def until(server: HttpServer, connections: int) -> None:
    async with asyncio.timeout(10):
        while len(server._connections) != connections:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def run(work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def test_a_client_that_never_greets_has_its_time() -> None:
    async def main() -> None:
        async with silent(10, 1) as (server, (client,)):
            (greeting,) = server._connections
            assert isinstance(greeting, Greeting)
            assert greeting.deadline > server.now
            greeting.deadline = server.now - 1
            assert await asyncio.to_thread(client.recv, 10) == b""
            await until(server, 0)

    run(main())


def test_those_that_never_greet_take_nobody_s_place() -> None:
    async def main() -> None:
        async with silent(3, 5) as (server, clients):
            assert await asyncio.to_thread(clients[0].recv, 10) == b""
            assert await asyncio.to_thread(clients[1].recv, 10) == b""
            await until(server, 3)

    run(main())


def test_a_key_with_a_password_is_refused_and_asks_nobody(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    issued = open_authority(tmp_path, datetime.now(UTC)).issue("shop", ["shop.test"], datetime.now(UTC))
    key = ec.generate_private_key(ec.SECP256R1())
    issued.key.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    said: list[str] = []
    certificates = Certificates(said.append)
    certificate = Certificate(str(issued.certificate), str(issued.key))
    certificates.take({"shop.test": certificate})
    assert certificates._of(certificate) is None
    assert len(said) == 1
