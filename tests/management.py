"""The management as an application in the test's own process, with a real home."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx

from webstead.effects import Clock, FakeClock
from webstead.services.application import make_app
from webstead.services.auth import Directory
from webstead.services.context import Context
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.server.orders import NoHost
from webstead.site.store.model import SiteOptions, SiteRecord, Token

RUN = Secret("token-of-this-run")
PASSWORD = "p4ssw0rd-of-shop"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def site_record(name: str = "shop", *, basic_auth: bool = True) -> SiteRecord:
    options = SiteOptions(basic_auth=basic_auth)
    hosts = (f"www.{name}.example", f"{name}.example")
    return SiteRecord(name, hosts, False, NOW, options, Secret(f"p4ssw0rd-of-{name}"))


def directory(
    *records: SiteRecord, tokens: Mapping[str, Token] | None = None, run: Secret | None = RUN
) -> Directory:
    """Of values alone."""
    sites = {record.name: record for record in records}
    return Directory(
        site=sites.get,
        of_host=lambda host: next((each.name for each in records if host in each.hosts), None),
        token=lambda secret, _: (tokens or {}).get(secret.reveal()),
        run=run,
    )


class Management:
    """Asked as a client would: `ask("GET", "/api/environment")` has the publishing user's credentials."""

    def __init__(
        self,
        root: Path,
        *records: SiteRecord,
        tokens: Mapping[str, Token] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.server = ServerHome(root)
        self.server.make()
        for record in records or (site_record(),):
            self.server.site(record.name).make()
        known = directory(*(records or (site_record(),)), tokens=tokens)
        self.context = Context(self.server, known, NoHost(), clock or FakeClock(NOW))
        self.app = make_app(self.context)

    def ask(
        self,
        method: str,
        path: str,
        *,
        host: str = "shop.scm.localhost",
        headers: Mapping[str, str] | None = None,
        as_user: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: object = None,
        client: str = "127.0.0.1",
    ) -> httpx.Response:
        """as_user: the header of credentials; {} for none."""
        given = basic("$shop", PASSWORD) if as_user is None else as_user

        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True, client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
                every = {**given, **(headers or {})}
                return await http.request(method, path, headers=every, content=content, json=json)

        return asyncio.run(one())
