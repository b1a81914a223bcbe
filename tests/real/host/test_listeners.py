"""Several listeners of one supervisor: over TLS, and with routes of their own."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.real.host.scene import gateway, run, site, until
from webstead.errors import ConfigError
from webstead.events import Event
from webstead.host.listen import Listener, listen
from webstead.host.supervisor import Supervisor
from webstead.site.server.authority import open_authority
from webstead.site_table import Certificate


class Ports:
    """The sites over HTTP and TLS, the management on a port of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[Event] = []
        sockets = [listen("127.0.0.1", 0) for _ in range(3)]
        self.plain, self.encrypted, self.own = (each.getsockname()[1] for each in sockets)
        listeners = [
            Listener(sockets[0]),
            Listener(sockets[1], tls=True),
            Listener(sockets[2], view="management"),
        ]
        self.supervisor = Supervisor(listeners, self.events.append)
        authority = open_authority(root, datetime.now(UTC))
        issued = authority.issue("shop", ["shop.localhost"], datetime.now(UTC))
        self.certificate = Certificate(str(issued.certificate), str(issued.key))
        self.client = ssl.create_default_context(cafile=str(authority.certificate))

    async def begin(self) -> None:
        await self.supervisor.begin({"shop.localhost": "shop", "*.scm.localhost": "@management"})
        self.supervisor.route({"shop.localhost": "@management"}, "management")
        self.supervisor.certify({"shop.localhost": self.certificate})
        for name in ("shop", "@management"):
            hosted = self.supervisor.add(name, self.events.append)
            await hosted.start([gateway()], site(self.root, "fastcgi"))
            assert await hosted.ready() is None

    async def get(self, port: int, host: str = "shop.localhost") -> tuple[int, str]:
        return await asyncio.to_thread(self._get, port, host)

    def _get(self, port: int, host: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.connect()
        if port == self.encrypted:
            connection.sock = self.client.wrap_socket(connection.sock, server_hostname="shop.localhost")
        try:
            connection.request("GET", "/", headers={"Host": host})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def test_each_listener_has_its_routes_and_all_of_them_come_back(tmp_path: Path) -> None:
    async def main() -> None:
        ports = Ports(tmp_path)
        try:
            await ports.begin()
            shop = await ports.get(ports.plain)
            management = await ports.get(ports.own)
            assert shop[0] == management[0] == 200
            assert shop != management
            assert await ports.get(ports.encrypted) == shop
            assert await ports.get(ports.plain, "shop.scm.localhost") == management
            assert (await ports.get(ports.own, "shop.scm.localhost"))[0] == 404
            assert ports.supervisor.url == f"http://127.0.0.1:{ports.plain}"
            first = ports.supervisor.front_pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: ports.supervisor.front_pid not in (None, first))
            assert await ports.get(ports.plain) == shop
            assert await ports.get(ports.own) == management
            assert await ports.get(ports.encrypted) == shop
        finally:
            await ports.supervisor.stop()

    run(main())


def test_a_certificate_that_cannot_be_used_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        ports = Ports(tmp_path)
        try:
            await ports.begin()
            gone = Certificate(str(tmp_path / "gone.pem"), ports.certificate.key)
            with pytest.raises(ConfigError) as missing:
                ports.supervisor.certify({"shop.localhost": gone})
            assert missing.value.found == "No such file or directory"
            other = str(tmp_path / "authority.key")
            with pytest.raises(ConfigError) as foreign:
                ports.supervisor.certify({"shop.localhost": Certificate(ports.certificate.chain, other)})
            assert foreign.value.found == "KEY_VALUES_MISMATCH"
            assert (await ports.get(ports.encrypted))[0] == 200
        finally:
            await ports.supervisor.stop()

    run(main())
