"""The management as an application in the test's own process, with a real home."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.fake_deployer import FakeDeployer
from webstead.client.failures import failure_of
from webstead.client.place import Place
from webstead.effects import Clock, FakeClock
from webstead.services.application import make_app
from webstead.services.auth import Directory
from webstead.services.context import Context
from webstead.services.deployer import Deployer
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.server.orders import NoHost
from webstead.site.store import open_store
from webstead.site.store.model import Scope, SiteOptions, SiteRecord, Token
from webstead.site.store.sites import create_site, find_site
from webstead.site.store.tokens import make_token

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
    return Directory(sites.get, lambda text, _: (tokens or {}).get(text.reveal()), run)


def assert_no_lock(answer: httpx.Response) -> None:
    """A conflict with something else than the lock: a client tells it in the server's words."""
    body = answer.json()
    assert answer.status_code == 409
    assert all(body[name] for name in ("Message", "found", "fix")), body
    place = Place("http://shop.scm.localhost", "", Secret(""), "http://shop.scm.localhost")
    error = failure_of(409, answer.content, place, "a request")
    assert (error.what, error.fix) == (body["Message"], body["fix"])
    assert error.found.startswith(body["found"])


class Management:
    """Asked as a client would: `ask("GET", "/api/environment")` has the publishing user's credentials."""

    def __init__(self, root: Path, *names: str, clock: Clock | None = None) -> None:
        self.server = ServerHome(root)
        self.server.make()
        self.store = open_store(self.server.database)
        for name in names or ("shop",):
            create_site(self.store, name, now=NOW, hosts=(f"www.{name}.example",))
            self.server.site(name).make()
        self.clock = clock or FakeClock(NOW)
        self.deployer = FakeDeployer(self.server, self.store, self.clock)
        self.context = Context(self.server, self.store, NoHost(), self.deployer, self.clock, run_token=RUN)
        self.app = make_app(self.context)

    def deploy_by(self, deployer: Deployer) -> None:
        """From here on deployments are made by this one."""
        self.context = replace(self.context, deployer=deployer)
        self.app = make_app(self.context)

    def publisher(self, name: str = "shop") -> dict[str, str]:
        """The credentials of a site's publishing user."""
        record = find_site(self.store, name)
        assert record is not None
        return basic(f"${name}", record.password.reveal())

    def token(self, *scopes: Scope, site: str = "shop") -> dict[str, str]:
        """The credentials of a new token; site: "" for all."""
        _, text = make_token(self.store, "ci", now=NOW, site=site, scopes=scopes)
        return bearer(text.reveal())

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
        given = self.publisher() if as_user is None else as_user

        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True, client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
                every = {**given, **(headers or {})}
                return await http.request(method, path, headers=every, content=content, json=json)

        return asyncio.run(one())
