"""git as a process that speaks over HTTP: what a client of git asks for is passed to git itself, and its
answer back, in pieces (git's documentation, http-protocol)."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from fastapi import Request as HttpRequest
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from webstead.formats.git_protocol import ADVERTISEMENT, advertised
from webstead.host.confinement import becoming, entrance
from webstead.services.errors import ApiError
from webstead.site.deploy.repository import Repository

__all__ = [
    "NOT_CACHED",
    "Streamed",
    "body_of",
    "ended",
    "feeding",
    "output",
    "passed",
    "refs_answer",
    "smart",
    "started",
]

_PIECE = 1 << 16
_GRACE_SECONDS = 5.0
_MOST_INPUT = 4 << 30
"""Bytes of a push: what a disk of App Service's plans holds twice."""

NOT_CACHED = {"Cache-Control": "no-cache, max-age=0, must-revalidate"}


class Streamed(Response):
    """Pieces, sent while the request's body is still read: starlette's own would read that away, to see
    whether the client is there."""

    def __init__(self, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def smart(service: str) -> None:
    """Raises ApiError for what is no service of git's smart protocol."""
    if service not in ADVERTISEMENT:
        raise ApiError(
            403, "Only git's smart protocol is spoken.", found=service, fix="Use git 1.6.6 or newer."
        )


async def refs_answer(request: HttpRequest, repository: Repository, service: str) -> Response:
    """What a fetch or a push begins with. Raises ApiError."""
    words = (service.removeprefix("git-"), "--stateless-rpc", "--advertise-refs", str(repository.folder))
    process = await _start(repository, words, request, stdin=False)
    told, _ = await process.communicate()
    if process.returncode != 0:
        raise ApiError(500, "git cannot read the repository.", fix="See the server's own output.")
    body = told if _is_version_2(request) and service == "git-upload-pack" else advertised(service) + told
    return Response(body, media_type=ADVERTISEMENT[service], headers=NOT_CACHED)


async def started(request: HttpRequest, repository: Repository, service: str) -> asyncio.subprocess.Process:
    """git, which waits for the body of the request."""
    limits = ("-c", f"receive.maxInputSize={_MOST_INPUT}", "-c", "receive.fsckObjects=true")
    words = (*limits, service, "--stateless-rpc", str(repository.folder))
    return await _start(repository, words, request, stdin=True)


async def _start(
    repository: Repository, words: Sequence[str], request: HttpRequest, *, stdin: bool
) -> asyncio.subprocess.Process:
    confinement = repository.confinement
    with entrance(confinement) as group:
        return await asyncio.create_subprocess_exec(
            *repository.words(*words),
            env={**repository.environ(), **_asked_version(request)},
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=_PIECE,
            preexec_fn=becoming(confinement, group),
        )


async def passed(process: asyncio.subprocess.Process, request: HttpRequest) -> AsyncIterator[bytes]:
    push = asyncio.create_task(_fed(process, body_of(request)))
    try:
        async for data in output(process):
            yield data
    finally:
        push.cancel()
        await asyncio.gather(push, return_exceptions=True)
        await ended(process)


async def _fed(process: asyncio.subprocess.Process, body: AsyncIterator[bytes]) -> None:
    if process.stdin is None:
        raise TypeError("git was started without an input")
    with feeding(process.stdin) as into:
        async for chunk in body:
            into.write(chunk)
            await into.drain()


@contextlib.contextmanager
def feeding(into: asyncio.StreamWriter) -> Iterator[asyncio.StreamWriter]:
    """Its input ends when the body does, also when the client has gone in the middle of it, so that git does
    not wait for more: it tells what is missing, and takes away what it has begun to receive. When git ends
    first, its report says why."""
    try:
        with contextlib.suppress(ConnectionError, ClientDisconnect):
            yield into
    finally:
        into.close()


async def output(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    if process.stdout is None:
        raise TypeError("git was started without an output")
    while data := await process.stdout.read(_PIECE):
        yield data


async def ended(process: asyncio.subprocess.Process) -> None:
    """It does not outlive its request. It is asked first: what it has received in part goes then."""
    for signal in (process.terminate, process.kill):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _GRACE_SECONDS)


async def body_of(request: HttpRequest) -> AsyncIterator[bytes]:
    """git packs what it sends, when that is small. What cannot be unpacked ends there: the answer has begun,
    and git says in it that something is missing."""
    if request.headers.get("content-encoding", "").lower() not in ("gzip", "x-gzip"):
        async for chunk in request.stream():
            yield chunk
        return
    unpacking = zlib.decompressobj(31)
    async for chunk in request.stream():
        rest = chunk
        while rest:
            try:
                piece = unpacking.decompress(rest, _PIECE)
            except zlib.error:
                return
            rest = unpacking.unconsumed_tail
            if piece:
                yield piece


def _asked_version(request: HttpRequest) -> dict[str, str]:
    version = request.headers.get("git-protocol", "")
    return {"GIT_PROTOCOL": version} if version in ("version=1", "version=2") else {}


def _is_version_2(request: HttpRequest) -> bool:
    return request.headers.get("git-protocol", "") == "version=2"
