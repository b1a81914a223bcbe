"""`/NAME.git`: the site's repository over HTTP, by git itself (reference 1.14). A push deploys.

The branch that is deployed moves when its deployment has succeeded, and only then: what git has received is
kept, its own report is held back meanwhile, and a push whose deployment fails is rejected, so that it can
be tried again. The lines of the log go to the terminal of who pushes, as `remote:`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request as HttpRequest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from webstead.errors import WebsteadError
from webstead.formats.git_protocol import (
    FLUSH,
    Commands,
    PacketReader,
    Update,
    packet,
    read_commands,
    refused_report,
    said,
)
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.following import Following
from webstead.services.scm.git_process import (
    NOT_CACHED,
    Streamed,
    body_of,
    ended,
    feeding,
    output,
    passed,
    refs_answer,
    smart,
    started,
)
from webstead.services.scm.pushing import in_progress
from webstead.services.scm.settings import setting_of
from webstead.services.surroundings import repository_of
from webstead.site.deploy.git import commit_of, move_branch
from webstead.site.deploy.model import Commit
from webstead.site.deploy.model import Request as Deployment
from webstead.site.deploy.moving import Move, Noted, note_move
from webstead.site.deploy.repository import Repository

__all__ = ["ROUTES", "branch_of"]

_PIECE = 1 << 16
_LOOK_SECONDS = 0.3
_LONGEST_HEAD = 4 << 20

_REFUSED = "deployment failed"


async def refs(site: OfSite, name: str, request: HttpRequest, service: str = "") -> Response:
    """The refs of the repository, for a fetch or a push."""
    smart(service)
    _check_name(site, name)
    if service == "git-receive-pack":
        await run_in_threadpool(in_progress, site)
    repository = await run_in_threadpool(repository_of, site)
    return await refs_answer(request, repository, service)


async def upload_pack(site: OfSite, name: str, request: HttpRequest) -> Response:
    """What a fetch or a clone asks for."""
    _check_name(site, name)
    repository = await run_in_threadpool(repository_of, site)
    process = await started(request, repository, "upload-pack")
    return Streamed(
        passed(process, request), media_type="application/x-git-upload-pack-result", headers=NOT_CACHED
    )


async def receive_pack(site: OfSite, name: str, request: HttpRequest) -> Response:
    """A push. It waits for the deployment of the branch that is deployed here, whose log it gets."""
    _check_name(site, name)
    await run_in_threadpool(in_progress, site)
    repository = await run_in_threadpool(repository_of, site)
    process = await started(request, repository, "receive-pack")
    push = _Push(site, repository, process, body_of(request))
    return Streamed(push.answer(), media_type="application/x-git-receive-pack-result", headers=NOT_CACHED)


def branch_of(site: SiteContext) -> str:
    """The branch that is deployed; "" when nobody has said: then main or master is."""
    return setting_of(site, "deployment_branch", default="")


@dataclass(slots=True)
class _Push:
    site: SiteContext
    repository: Repository
    process: asyncio.subprocess.Process
    body: AsyncIterator[bytes]
    commands: Commands | None = None
    notes: list[Noted] = field(default_factory=list)
    report: bytearray = field(default_factory=bytearray)

    async def answer(self) -> AsyncIterator[bytes]:
        feeding = asyncio.create_task(self._feed())
        try:
            async for words in self._words():
                yield words
            await feeding
            await self.process.wait()
            update = self._deployed()
            if update is not None:
                async for words in self._deploy(update):
                    yield words
            for note in self.notes:
                note.settle()
            for piece in self._reported():
                yield piece
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await ended(self.process)
            for note in self.notes:
                note.release()

    async def _feed(self) -> None:
        head = b""
        into = self.process.stdin
        if into is None:
            raise TypeError("git was started without an input")
        with feeding(into):
            async for chunk in self.body:
                if self.commands is None and len(head) < _LONGEST_HEAD:
                    head += chunk
                    self.commands = _commands(head)
                    await self._note()
                into.write(chunk)
                await into.drain()

    async def _note(self) -> None:
        """Before git has all of the commands, and so before a branch moves."""
        for update in self._wanted():
            move = Move(update.ref, update.old, update.new)
            self.notes.append(await run_in_threadpool(note_move, self.site.home, move))

    async def _words(self) -> AsyncIterator[bytes]:
        """What git says while it receives; its report is held back."""
        reader = PacketReader()
        async for data in output(self.process):
            if self.commands is None or not self.commands.side_band:
                self.report += data
                continue
            for found in reader.feed(data):
                if found is not None and found[:1] == b"\x01":
                    self.report += found[1:]
                elif found is not None:
                    yield packet(found)

    def _wanted(self) -> list[Update]:
        """The updates of the branch that is deployed; nobody has said whether that is main or master."""
        if self.commands is None or _is_off(self.site):
            return []
        wanted = branch_of(self.site)
        names = {f"refs/heads/{wanted}"} if wanted else {"refs/heads/main", "refs/heads/master"}
        return [update for update in self.commands.updates if update.ref in names and not update.deletes]

    def _deployed(self) -> Update | None:
        """The first that git has taken."""
        if self.process.returncode != 0:
            return None
        taken = (each for each in self._wanted() if f"ok {each.ref}".encode() in bytes(self.report))
        return next(taken, None)

    async def _deploy(self, update: Update) -> AsyncIterator[bytes]:
        try:
            async for words in self._log_of_deployment(update):
                yield words
        except WebsteadError as error:
            for line in filter(None, (f"Error: {error.what}", *error.found.splitlines(), error.fix)):
                yield self._said(line)
            await self._take_back(update)

    async def _log_of_deployment(self, update: Update) -> AsyncIterator[bytes]:
        """Raises the error that it ends with."""
        site = self.site
        facts = await run_in_threadpool(commit_of, self.repository, update.new)
        request = Deployment(
            site=site.name,
            source=Commit(facts.id),
            id=facts.id,
            deployer=site.principal.name,
            author=facts.author,
            author_email=facts.email,
            message=facts.message,
        )
        deployer = site.context.deployer
        deploying = asyncio.ensure_future(
            site.context.background.call(f"push to {site.name}", lambda: deployer.deploy(request))
        )
        following = Following(site.context.store, site.name, facts.id)
        ended = False
        while not ended:
            done, _ = await asyncio.wait({deploying}, timeout=_LOOK_SECONDS)
            ended = bool(done)
            for line in await run_in_threadpool(lambda: list(following.new_lines())):
                yield self._said(line)
        deploying.result()

    def _said(self, line: str) -> bytes:
        return said(line) if self.commands is not None and self.commands.side_band else b""

    async def _take_back(self, update: Update) -> None:
        """The branch stands where it stood; what was received stays."""
        await run_in_threadpool(move_branch, self.repository, update.ref, update.old, update.new)
        self.report = bytearray(refused_report(bytes(self.report), update.ref, _REFUSED))

    def _reported(self) -> list[bytes]:
        report = bytes(self.report)
        if self.commands is None or not self.commands.side_band:
            return [report]
        pieces = [report[at : at + _PIECE - 1024] for at in range(0, len(report), _PIECE - 1024)]
        return [*(packet(b"\x01" + piece) for piece in pieces), FLUSH]


def _commands(head: bytes) -> Commands | None:
    try:
        return read_commands(head)
    except ValueError:  # git refuses it, with words
        return Commands((), frozenset())


def _is_off(site: SiteContext) -> bool:
    return setting_of(site, "SCM_DISABLE_DEPLOY_ON_PUSH", default="").lower() in ("1", "true")


def _check_name(site: SiteContext, name: str) -> None:
    if name.lower() != site.name:
        raise ApiError(
            404, f"There is no repository {name}.git.", fix=f"The site's is {site.url(f'/{site.name}.git')}"
        )


ROUTES = (
    Route(
        "GET",
        "/{name}.git/info/refs",
        refs,
        scope="files",
        by=("service", {"git-receive-pack": "deploy"}),
        summary="The refs of the repository, for git",
        media="application/x-git-upload-pack-advertisement",
        others={403: "Not git's smart protocol.", 404: "No such repository.", 409: "A deployment runs."},
        at="root",
    ),
    Route(
        "POST",
        "/{name}.git/git-upload-pack",
        upload_pack,
        scope="files",
        summary="A fetch or a clone, by git",
        takes="application/x-git-upload-pack-request",
        media="application/x-git-upload-pack-result",
        others={404: "No such repository."},
        at="root",
    ),
    Route(
        "POST",
        "/{name}.git/git-receive-pack",
        receive_pack,
        scope="deploy",
        summary="A push, by git: it deploys",
        takes="application/x-git-receive-pack-request",
        media="application/x-git-receive-pack-result",
        others={404: "No such repository.", 409: "A deployment runs."},
        at="root",
    ),
)
