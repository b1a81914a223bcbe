"""Deployments that only happen in the records: what the management asks for, and what comes of it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from webstead.effects import Clock
from webstead.errors import WebsteadError
from webstead.services.deployer import LockHolder
from webstead.site.deploy.ending import remove_received
from webstead.site.deploy.lock import Holder, Locked
from webstead.site.deploy.model import Published, Request, Zip
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.record import close_reserved
from webstead.site.homes import ServerHome
from webstead.site.releases.note import ReleaseNote, write_note
from webstead.site.store import Store
from webstead.site.store.deployment_log import add_entry
from webstead.site.store.deployments import delete_deployment, find_deployment, save_deployment
from webstead.site.store.model import Deployment, EntryType, Status


class FakeDeployer:
    """requests: what was asked for. error: what the next deployment ends with. gate: it waits for it.
    followed: sites whose package was looked for. waited: how long the last asker for the lock would have
    waited."""

    def __init__(self, server: ServerHome, store: Store, clock: Clock) -> None:
        self._server = server
        self._store = store
        self._clock = clock
        self.requests: list[Request] = []
        self.packages: list[bytes] = []
        self.told: list[tuple[str, str, bytes]] = []
        self.error: WebsteadError | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.cancelled = 0
        self.followed: list[str] = []
        self.waited = 0.0
        self._holders: dict[str, LockHolder] = {}

    def holder(self, site: str) -> LockHolder | None:
        return self._holders.get(site)

    @contextmanager
    def hold(
        self, site: str, what: str, by: str, *, seconds: float = 0, deployment: str = ""
    ) -> Iterator[None]:
        self.waited = seconds
        if site in self._holders:
            raise Locked(site, self._holder_of(site), self._clock.now())
        self._holders[site] = LockHolder(what, by, self._clock.now(), deployment)
        try:
            yield
        finally:
            del self._holders[site]

    def cancel(self, site: str, by: str, deployment: str = "") -> bool:
        holder = self._holders.get(site)
        found = holder is not None and deployment in ("", holder.deployment)
        self.cancelled += 1
        return found

    def reserve(self, request: Request) -> str:
        name = f"temp-{secrets.token_hex(4)}"
        temporary = Deployment(
            *(request.site, name, Status.PENDING, "zip", self._clock.now()),
            status_text="Receiving changes.",
            deployer=request.deployer,
            temporary=True,
        )
        save_deployment(self._store, temporary)
        return name

    def close(self, site: str, reserved: str, error: WebsteadError) -> None:
        close_reserved(self._store, site, reserved, error, self._clock)

    def deploy(
        self, request: Request, reserved: str = "", begun: Callable[[], None] = lambda: None
    ) -> Deployment:
        try:
            with self.hold(request.site, "A deployment", request.deployer, deployment=request.id):
                delete_deployment(self._store, request.site, reserved)
                save_deployment(self._store, self._begun(request))
                begun()
                self.gate.wait()
                self.requests.append(request)
                if isinstance(request.source, Zip | Published):
                    self.packages.append(request.source.file.read_bytes())
                return self._end(request, self._clock.now())
        finally:
            remove_received(request)

    def _begun(self, request: Request) -> Deployment:
        now = self._clock.now()
        return Deployment(
            *(request.site, request.id, Status.PENDING, "zip", now), started=now, deployer=request.deployer
        )

    def redeploy(self, site: str, deployment: str, *, clean: bool, by: str) -> Deployment:
        known = find_deployment(self._store, site, deployment)
        if known is None or known.read_only:
            raise NotHere("Nothing of this deployment is kept.")
        return self._end(self._request(site, deployment, clean=clean), known.received)

    def rollback(self, site: str, release: str | None, by: str) -> str:
        home = self._server.site(site)
        kept = sorted(each.name for each in home.releases.iterdir())
        wanted = release or next((name for name in reversed(kept) if name != home.release), None)
        if wanted not in kept or wanted is None:
            raise NotHere(f"There is no release {wanted}.")
        if self.error is not None:
            raise self.error
        self._point(site, wanted)
        return wanted

    def follow_package(self, site: str) -> bool:
        self.followed.append(site)
        return False

    def follow_packages(self) -> None:
        """No site runs from one when the management begins."""

    def publish(self, site: str, event: str, body: bytes) -> None:
        self.told.append((site, event, body))

    def recover(self) -> None:
        """Nothing was cut off."""

    def _request(self, site: str, deployment: str, *, clean: bool) -> Request:
        request = Request(site, Zip(Path("kept")), id=deployment, clean=clean, deployer="again")
        self.requests.append(request)
        return request

    def _holder_of(self, site: str) -> Holder:
        held = self._holders[site]
        return Holder(held.what, held.by, held.since, 0, held.deployment)

    def _end(self, request: Request, received: datetime) -> Deployment:
        now, error = self._clock.now(), self.error
        ended = Deployment(
            *(request.site, request.id, Status.FAILED if error else Status.SUCCESS, "zip", received),
            started=now,
            ended=now,
            last_success=None if error else now,
            author=request.author,
            author_email=request.author_email,
            deployer=request.deployer,
            message=request.message,
        )
        if error is not None:
            ended = replace(ended, status_text=error.what)
        else:
            ended = replace(ended, release=f"r-{request.id[:8]}")
            self._server.site(request.site).folder_of(ended.release).mkdir(parents=True, exist_ok=True)
            note = ReleaseNote(ended.id, now.isoformat(), message=ended.message, deployer=ended.deployer)
            write_note(self._server.site(request.site), ended.release, note)
            self._point(request.site, ended.release)
        save_deployment(self._store, replace(ended, status=Status.BUILDING, ended=None))
        self._log(ended)
        save_deployment(self._store, ended)  # last: who sees the end reads the whole log
        if error is not None:
            raise error
        return ended

    def _log(self, ended: Deployment) -> None:
        now = self._clock.now()
        parent = add_entry(self._store, ended.site, ended.id, "Building and deploying.", now=now)
        kind = EntryType.ERROR if ended.status == Status.FAILED else EntryType.MESSAGE
        add_entry(
            *(self._store, ended.site, ended.id, ended.status_text or "Copied."),
            now=now,
            type=kind,
            parent=parent,
        )

    def _point(self, site: str, release: str) -> None:
        home = self._server.site(site)
        home.wwwroot.unlink(missing_ok=True)
        home.wwwroot.symlink_to(home.folder_of(release), target_is_directory=True)
