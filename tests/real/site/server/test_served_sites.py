"""The sites of a server, by its supervisor, without the management: asked, counted, logged, left alone."""

from __future__ import annotations

import asyncio
import http.client
import os
import pwd
import shutil
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from unittest.mock import Mock, patch

import pytest

from tests.certificates import self_signed
from tests.real.host.scene import until
from webstead.effects import Clock, FakeClock, SystemClock
from webstead.errors import StartError
from webstead.events import Event, Failed, Note
from webstead.host.confinement import FREE
from webstead.host.listen import Listener, listen
from webstead.host.supervisor import Supervisor
from webstead.site.custody import custody
from webstead.site.homes import ServerHome
from webstead.site.releases.note import ReleaseNote, write_note
from webstead.site.releases.pointer import switch
from webstead.site.server import sites as module
from webstead.site.server.certificates import Certificates
from webstead.site.server.orders import Order
from webstead.site.server.own_certificates import KeyPair
from webstead.site.server.roll import Roll
from webstead.site.server.sites import Sites
from webstead.site.store import open_store
from webstead.site.store.model import SiteOptions
from webstead.site.store.settings import write_settings
from webstead.site.store.sites import create_site
from webstead.site_metrics import SiteMetrics


class Server:
    """One site, which nothing was deployed to: it answers with that error."""

    def __init__(self, root: Path, clock: Clock | None = None, pairs: Sequence[KeyPair] = ()) -> None:
        self.home = ServerHome(root / "home")
        self.home.make()
        self.events: list[Event] = []
        listeners = [Listener(listen("127.0.0.1", 0)), Listener(listen("127.0.0.1", 0), tls=True)]
        self.encrypted = listeners[1].socket.getsockname()
        self.supervisor = Supervisor(listeners, self.events.append, asked=lambda site: self.sites.ask(site))
        store = self.store = open_store(self.home.database)
        create_site(store, "shop", now=datetime.now(UTC))
        self.home.site("shop").make()
        self.certificates = Certificates(
            self.home.tls, "localhost", clock or SystemClock(), self.events.append, pairs
        )
        self.authority = self.certificates.open()
        self.sites = Sites(
            *(self.home, store, self.supervisor, lambda site: self.events.append, Roll()),
            certificates=self.certificates,
        )

    async def get(self, path: str) -> int:
        return await asyncio.to_thread(self._get, path)

    async def answers(self, status: int) -> None:
        """Returns when a GET of / is answered so."""
        async with asyncio.timeout(20):
            while await self.get("/") != status:  # noqa: ASYNC110 - as in `until`
                await asyncio.sleep(0.02)

    def _get(self, path: str) -> int:
        port = int(self.supervisor.url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": "shop.localhost"})
            return connection.getresponse().status
        finally:
            connection.close()


def test_a_site_is_counted_logged_and_goes_cold_when_nobody_asks(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert await server.get("/seen") == 503
            counted = await server.sites.perform(Order("metrics"))
            assert isinstance(counted, list)
            assert SiteMetrics.from_json(counted[0]).by_class == (0, 0, 0, 0, 1)
            log = server.home.site("shop").log_files / "http" / "RawLogs" / "access.log"
            await until(lambda: log.exists() and " /seen " in log.read_text())
            left_alone.append("shop")
            await until(lambda: any(is_rest(event) for event in server.events))
            left_alone.clear()
            assert await server.get("/again") == 503, "it is warmed anew"
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    left_alone: list[str] = []
    idle = patch.object(module, "idle_sites", lambda warm, metrics: tuple(left_alone))
    with patch.object(module, "IDLE_LOOK_SECONDS", 0.1), idle:
        asyncio.run(main())


@pytest.mark.parametrize("first", [["gone-meanwhile"], ValueError("a mistake")], ids=["deleted", "mistake"])
def test_sites_go_cold_also_after_one_look_that_came_to_nothing(
    tmp_path: Path, first: list[str] | ValueError
) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert await server.get("/") == 503
            await until(lambda: any(is_rest(event) for event in server.events))
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    told: list[dict[str, object]] = []
    idle = Mock(side_effect=chain([first], repeat(["shop"])))
    with patch.object(module, "IDLE_LOOK_SECONDS", 0.1), patch.object(module, "idle_sites", idle):
        asyncio.run(main())
    assert [each["exception"] for each in told] == ([first] if isinstance(first, ValueError) else [])


def test_a_change_of_a_site_that_nothing_was_deployed_to_is_taken_up_and_no_error(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert await server.get("/") == 503
            write_settings(server.store, "shop", "app", {"DEBUG": "1"})
            assert await server.sites.perform(Order("changed", "shop")) is None
            assert await server.get("/") == 503
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("files", "statuses"),
    [
        ({"index.html": "hello"}, {"/": 200, "/index.html": 200, "/nothing": 404}),
        ({"hostingstart.html": "nothing is here"}, {"/": 200}),
        ({"App_Data/jobs/triggered/nightly/run.py": "print(1)"}, {"/": 403, "/App_Data/jobs": 404}),
        ({}, {"/": 403, "/nothing": 404}),
        ({"requirements.txt": "flask"}, {"/": 403}),
    ],
    ids=["files", "placeholder", "jobs", "nothing", "piece"],
)
def test_a_site_without_an_app_serves_its_files_and_an_app_that_follows(
    tmp_path: Path, files: dict[str, str], statuses: dict[str, int]
) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        site = server.home.site("shop")
        for name, each in (("r1", files), ("r2", {"app.py": APP}), ("r3", files)):
            site.folder_of(name).mkdir()
            for path, text in each.items():
                (site.folder_of(name) / path).parent.mkdir(parents=True, exist_ok=True)
                (site.folder_of(name) / path).write_text(text)
            write_note(site, name, ReleaseNote(app=name == "r2"))
        switch(site, "r1")
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert {path: await server.get(path) for path in statuses} == statuses
            for name, status in (("r2", 200), ("r3", statuses["/"])):
                assert await server.sites.perform(Order("activate", "shop", release=name)) is None
                switch(site, name)
                assert await server.get("/") == status
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    asyncio.run(main())


def test_a_setting_that_mends_a_site_takes_effect(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        release = server.home.site("shop").folder_of("r1")
        release.mkdir()
        (release / "app.py").write_text(APP)
        write_settings(server.store, "shop", "app", {"PYTHON_VERSION": "9.9"})  # which nobody has
        switch(server.home.site("shop"), "r1")
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert await server.get("/") == 500
            write_settings(server.store, "shop", "app", {"PYTHON_VERSION": None})
            assert await server.sites.perform(Order("changed", "shop")) is None
            assert await server.get("/") == 200
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    asyncio.run(main())


class Releases:
    """Of the site of a server. The first is the one that the pointer leads to."""

    def __init__(self, server: Server, *apps: str) -> None:
        self._home = server.home.site("shop")
        for number, app in enumerate(apps, 1):
            self._home.folder_of(f"r{number}").mkdir()
            write_note(self._home, f"r{number}", ReleaseNote())
            self.write(number, app)
        switch(self._home, "r1")

    def write(self, number: int, app: str) -> None:
        (self._home.folder_of(f"r{number}") / "app.py").write_text(app)

    def remove(self, number: int) -> None:
        shutil.rmtree(self._home.folder_of(f"r{number}"))


def test_a_refused_release_may_be_removed_also_when_the_old_one_answers_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        releases = Releases(server, BROKEN, BROKEN)
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert await server.get("/") == 500
            with pytest.raises(StartError):
                await server.sites.perform(Order("activate", "shop", "r2", renew=True))
            await server.sites.perform(Order("settled", "shop"))
            releases.remove(2)
            releases.write(1, APP)
            await server.sites.perform(Order("recycle", "shop"))
            await server.answers(200)
            refused = [event for event in server.events if isinstance(event, Failed)]
            assert len(refused) == 1, "what was removed was never started again"
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    asyncio.run(main())


def test_what_is_settled_serves_what_the_pointer_leads_to_also_when_that_does_not_start(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        releases = Releases(server, APP, APP)
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            assert await server.get("/") == 200
            releases.write(1, BROKEN)
            assert await server.sites.perform(Order("activate", "shop", "r2", renew=True)) is None
            with pytest.raises(StartError):  # the deployment was cut off before the pointer moved
                await server.sites.perform(Order("settled", "shop"))
            assert await server.get("/") == 500
            releases.remove(2)
            releases.write(1, APP)
            await server.sites.perform(Order("recycle", "shop"))
            await server.answers(200)
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    asyncio.run(main())


APP = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'here']\n"
BROKEN = f"import no_such_framework\n{APP}"


def test_each_host_of_a_site_is_shown_its_certificate(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        client = ssl.create_default_context(cafile=str(server.authority))
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            await server.supervisor.front.serving()
            for name in ("shop.localhost", "shop.scm.localhost", "scm.localhost", "shop.localhost"):
                await asyncio.to_thread(greeted, server, client, name)
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.to_thread(greeted, server, client, "other.localhost")
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    asyncio.run(main())


def test_certificates_are_made_anew_by_time_and_no_connection_is_lost(tmp_path: Path) -> None:
    """It began 380 days ago, with certificates for 397."""

    async def main() -> None:
        clock = FakeClock(datetime.now(UTC) - timedelta(days=380))
        server = Server(tmp_path, clock)
        client = ssl.create_default_context(cafile=str(server.authority))
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            await server.supervisor.front.serving()
            kept = await asyncio.to_thread(Conversation, server, client)
            assert await asyncio.to_thread(kept.asks) == 503
            clock.advance(timedelta(days=380).total_seconds())
            newer = await until_shown_anew(server, client, kept)
            assert await asyncio.to_thread(kept.asks) == 503, "on the connection that was there"
            kept.close()
            newer.close()
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    with patch.object(module, "CERTIFICATE_LOOK_SECONDS", 0.05):
        asyncio.run(main())


async def until_shown_anew(server: Server, client: ssl.SSLContext, kept: Conversation) -> Conversation:
    while True:
        newer = await asyncio.to_thread(Conversation, server, client)
        if newer.certificate["notAfter"] != kept.certificate["notAfter"]:
            return newer
        newer.close()


def test_files_that_were_replaced_are_shown_and_damaged_ones_change_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        names = ("shop.localhost", "*.scm.localhost")
        pair = self_signed(tmp_path, "own", names)
        server = Server(tmp_path, pairs=(pair,))
        trusting = ssl.create_default_context(cafile=str(pair.certificate))
        await server.supervisor.begin({})
        try:
            await server.sites.begin()
            await server.supervisor.front.serving()
            kept = await asyncio.to_thread(Conversation, server, trusting)
            whole = pair.key.read_bytes()
            pair.key.write_bytes(b"half of i")
            await until(lambda: any("The private key is no PEM key" in note for note in warnings(server)))
            await asyncio.to_thread(greeted, server, trusting, "shop.localhost")
            pair.key.write_bytes(whole)
            self_signed(tmp_path, "own", names)
            newer = ssl.create_default_context(cafile=str(pair.certificate))
            while not await asyncio.to_thread(accepts, server, newer):
                pass
            assert await asyncio.to_thread(kept.asks) == 503
            kept.close()
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.to_thread(greeted, server, trusting, "shop.localhost")
        finally:
            await server.sites.end()
            await server.supervisor.stop()

    with patch.object(module, "CERTIFICATE_LOOK_SECONDS", 0.05):
        asyncio.run(main())


class Conversation:
    """A client's connection to the site."""

    def __init__(self, server: Server, client: ssl.SSLContext) -> None:
        plain = socket.create_connection(server.encrypted, timeout=20)
        secret = client.wrap_socket(plain, server_hostname="shop.localhost")
        self.certificate = secret.getpeercert() or {}
        self._http = http.client.HTTPConnection("shop.localhost", timeout=20)
        self._http.sock = secret

    def asks(self) -> int:
        self._http.request("GET", "/")
        answer = self._http.getresponse()
        answer.read()
        assert self._http.sock is not None, "the server keeps it open"
        return answer.status

    def close(self) -> None:
        self._http.close()


def warnings(server: Server) -> list[str]:
    return [event.text for event in server.events if isinstance(event, Note) and event.level == "warning"]


def accepts(server: Server, client: ssl.SSLContext) -> bool:
    try:
        greeted(server, client, "shop.localhost")
    except ssl.SSLCertVerificationError:
        return False
    return True


def greeted(server: Server, client: ssl.SSLContext, name: str) -> None:
    """Raises SSLError when it is not."""
    with socket.create_connection(server.encrypted, timeout=20) as plain:
        client.wrap_socket(plain, server_hostname=name).close()


def is_rest(event: Event) -> bool:
    return isinstance(event, Note) and "it rests" in event.text


def test_a_site_without_a_user_is_held_by_nothing(tmp_path: Path) -> None:
    assert custody(ServerHome(tmp_path).site("shop"), SiteOptions()) == FREE


def test_a_user_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="There is no system user nowhere"):
        custody(ServerHome(tmp_path).site("shop"), SiteOptions(user="nowhere"))


def test_our_own_user_keeps_its_folders_and_root_holds_nothing(tmp_path: Path) -> None:
    mine = pwd.getpwuid(os.geteuid())
    home = ServerHome(tmp_path).site("shop")
    if mine.pw_uid == 0:
        with pytest.raises(StartError, match="cannot be root"):
            custody(home, SiteOptions(user=mine.pw_name))
        return
    assert custody(home, SiteOptions(user=mine.pw_name)).user == mine.pw_uid


def test_another_user_gets_what_apps_write_to_and_nothing_else(tmp_path: Path) -> None:
    home = ServerHome(tmp_path).site("shop")
    home.make()
    if os.geteuid() != 0:
        with pytest.raises(StartError, match="Only root"):
            custody(home, SiteOptions(user="65534"))
        return
    with pytest.raises(StartError, match="cannot enter the home of the site shop") as error:
        custody(home, SiteOptions(user="65534"))
    assert error.value.found.endswith("keeps it out."), "pytest's folders are private"
    assert home.data.stat().st_uid == home.log_files.stat().st_uid == 65534
    assert home.releases.stat().st_uid == home.root.stat().st_uid == 0
