"""git as a process that speaks over HTTP: what a client of git asks for is passed to git itself, and its
answer back, in pieces (git's documentation, http-protocol)."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from fastapi import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from webstead.formats.git_protocol import ADVERTISEMENT, advertised
from webstead.host.confinement import FREE, Confinement, becoming, entrance
from webstead.services.errors import ApiError
from webstead.site.deploy.git import git_environment, git_words

__all__ = [
    "NOT_CACHED",
    "Streamed",
    "body_of",
    "ended",
    "output",
    "passed",
    "refs_answer",
    "smart",
    "started",
]

_PIECE = 1 << 16
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


async def refs_answer(
    request: HttpRequest, repository: Path, service: str, confinement: Confinement = FREE
) -> Response:
    """What a fetch or a push begins with. Raises ApiError."""
    words = ("--stateless-rpc", "--advertise-refs", str(repository))
    process = await _start(
        git_words(repository, service.removeprefix("git-"), *words), request, confinement, stdin=False
    )
    told, _ = await process.communicate()
    if process.returncode != 0:
        raise ApiError(500, "git cannot read the repository.", fix="See the server's own output.")
    body = told if _is_version_2(request) and service == "git-upload-pack" else advertised(service) + told
    return Response(body, media_type=ADVERTISEMENT[service], headers=NOT_CACHED)


async def started(
    request: HttpRequest, repository: Path, service: str, confinement: Confinement = FREE
) -> asyncio.subprocess.Process:
    """git, which waits for the body of the request."""
    limits = ("-c", f"receive.maxInputSize={_MOST_INPUT}", "-c", "receive.fsckObjects=true")
    words = git_words(repository, *limits, service, "--stateless-rpc", str(repository))
    return await _start(words, request, confinement, stdin=True)


async def _start(
    words: list[str], request: HttpRequest, confinement: Confinement, *, stdin: bool
) -> asyncio.subprocess.Process:
    with entrance(confinement) as group:
        return await asyncio.create_subprocess_exec(
            *words,
            env=_environment(request),
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
    with contextlib.suppress(ConnectionError):
        async for chunk in body:
            process.stdin.write(chunk)
            await process.stdin.drain()
        process.stdin.close()


async def output(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    if process.stdout is None:
        raise TypeError("git was started without an output")
    while data := await process.stdout.read(_PIECE):
        yield data


async def ended(process: asyncio.subprocess.Process) -> None:
    """It does not outlive its request."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def body_of(request: HttpRequest) -> AsyncIterator[bytes]:
    """git packs what it sends, when that is small."""
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
            except zlib.error as error:
                raise ApiError(400, "The body is no gzip.", found=str(error)) from None
            rest = unpacking.unconsumed_tail
            if piece:
                yield piece


def _environment(request: HttpRequest) -> dict[str, str]:
    version = request.headers.get("git-protocol", "")
    known = {"GIT_PROTOCOL": version} if version in ("version=1", "version=2") else {}
    return {**git_environment(), **known}


def _is_version_2(request: HttpRequest) -> bool:
    return request.headers.get("git-protocol", "") == "version=2"
