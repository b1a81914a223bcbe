"""Certificates: of a server here by its own authority, and of one that nobody vouches for."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from webstead.client import Api, of_server
from webstead.errors import RemoteError
from webstead.settings import Secret
from webstead.site.server.authority import Authority, open_authority


class Hello(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"host": "%s"}' % self.headers["Host"].encode())


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust it breaks off."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return open_authority(tmp_path, datetime.now(UTC))


@pytest.fixture
def port(authority: Authority) -> Iterator[int]:
    issued = authority.issue("shop", ["shop.scm.localhost"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    with Quiet(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def asked(port: int, site: str, authority: str) -> object:
    server = of_server(f"https://127.0.0.1:{port}", "localhost", Secret("t"), "the server", authority)
    api = Api(server.of_site(site))
    try:
        return api.get("/")
    finally:
        api.close()


def test_a_server_here_is_known_by_its_own_authority(port: int, authority: Authority) -> None:
    assert asked(port, "shop", str(authority.certificate)) == {"host": f"shop.scm.localhost:{port}"}


def test_a_certificate_of_another_name_is_refused(port: int, authority: Authority) -> None:
    with pytest.raises(RemoteError, match="not trusted"):
        asked(port, "other", str(authority.certificate))


def test_a_certificate_that_nobody_vouches_for_is_refused(port: int) -> None:
    with pytest.raises(RemoteError, match="not trusted") as raised:
        asked(port, "shop", "")
    assert "SSL_CERT_FILE" in raised.value.fix
