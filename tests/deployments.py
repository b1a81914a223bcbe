"""A home with one site, that is deployed to, and a host that writes down what it is told."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from webstead.effects import Clock, SystemClock
from webstead.errors import HostError, StartError, WebsteadError
from webstead.site.deploy.model import Request, Source, Zip
from webstead.site.deploy.pipeline import Watcher, deploy
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.store import open_store
from webstead.site.store.deployment_log import entries
from webstead.site.store.deployments import find_deployment
from webstead.site.store.model import Deployment, LogEntry
from webstead.site.store.settings import write_settings
from webstead.site.store.sites import create_site, find_site

__all__ = ["APP", "FakeHost", "Home", "zip_of"]

APP = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'%s']\n"
"""A WSGI app that answers with what stands for %s."""


def zip_of(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


class FakeHost:
    """refuses: the next activations. lost: it does not say any more what runs. broken: why what the pointer
    leads to does not start. on_activation: what happens meanwhile. events: what it was told, in order."""

    def __init__(self) -> None:
        self.refuses = False
        self.lost = False
        self.broken: WebsteadError | None = None
        self.on_activation: Callable[[], object] = lambda: None
        self.events: list[str] = []

    def activate(self, site: str, release: str, *, renew: bool) -> WebsteadError | None:
        self.events.append(f"activate {release}")
        self.on_activation()
        return StartError("The app does not answer.", found="exit code 1") if self.refuses else None

    def settled(self, site: str) -> WebsteadError | None:
        self.events.append("settled")
        if self.lost:
            raise HostError("The supervisor does not answer.")
        return self.broken


class Home:
    """With the site `shop`. `deploy({...})` deploys a zip of these files."""

    def __init__(self, root: Path, clock: Clock | None = None, domain: str = "localhost") -> None:
        self.server = ServerHome(root, domain)
        self.server.make()
        self.store = open_store(self.server.database)
        self.clock = clock or SystemClock()
        self.host = FakeHost()
        self.lines: list[str] = []
        if find_site(self.store, "shop") is None:
            create_site(self.store, "shop", now=self.clock.now())
        self.site: SiteHome = self.server.site("shop")
        self.site.make()
        self._uploads = 0

    def upload(self, files: Mapping[str, str | bytes]) -> Path:
        self._uploads += 1
        return zip_of(self.server.temporary / f"upload-{self._uploads}.zip", files)

    def deploy(
        self,
        files: Mapping[str, str | bytes] | Source,
        *,
        clean: bool = False,
        build: bool | None = None,
        reserved: str = "",
        id: str = "",  # noqa: A002 - the field's name
    ) -> Deployment:
        source = Zip(self.upload(files)) if isinstance(files, Mapping) else files
        request = Request("shop", source, id=id, deployer="tests", clean=clean, build=build)
        return deploy(
            self.server,
            self.store,
            self.host,
            request,
            clock=self.clock,
            reserved=reserved,
            watcher=Watcher(on_line=self.lines.append),
        )

    def set(self, **settings: str) -> None:
        write_settings(self.store, "shop", "app", settings)

    def record(self, deployment: str) -> Deployment:
        found = find_deployment(self.store, "shop", deployment)
        assert found is not None
        return found

    def log(self, deployment: str) -> list[LogEntry]:
        """Every entry, those below others behind them."""
        found: list[LogEntry] = []
        for entry in entries(self.store, "shop", deployment):
            found.append(entry)
            found += entries(self.store, "shop", deployment, entry.id) if entry.has_children else []
        return found

    def text(self, path: str) -> str:
        return (self.site.wwwroot / path).read_text()
