"""Files in a content coding: those that lie compressed beside the original (`site.css.br`), and those that
are compressed here, once, and kept in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

from webstead.formats.webconfig.schema.compression import Coding
from webstead.front.compression import VARY
from webstead.front.encoders import encode_file
from webstead.front.files import Files, Found, read_part
from webstead.front.limits import (
    ROUTES_CACHED,
    STATIC_ENCODED,
    STATIC_ENCODED_FILE,
    STATIC_ENCODERS,
    STATIC_FRESH_SECONDS,
)

__all__ = ["EncodedFiles"]

_ENDINGS: dict[Coding, str] = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
_OWN = frozenset({b"etag", b"accept-ranges"})
Key = tuple[str, Coding]


class EncodedFiles:
    """Of one site. Whether a file lies beside another is known for STATIC_FRESH_SECONDS; STATIC_ENCODED bytes
    are kept of what is compressed here."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._beside: dict[Key, tuple[float, bool]] = {}
        self._made: dict[Key, tuple[bytes, Found | None]] = {}
        self._kept = 0
        self._running: dict[Key, asyncio.Task[None]] = {}

    async def find(
        self, path: str, original: Found, codings: tuple[Coding, ...], smallest: int
    ) -> Found | None:
        """The file at this path in one of the codings, the best first; None where it is sent as it is: it is
        short, large, or does not become shorter. original: the file as it is now."""
        for coding in codings:
            beside = self._lying(path, original, coding)
            if beside is not None:
                return beside
        if not smallest <= original.size <= STATIC_ENCODED_FILE or not original.size:
            return None
        key = (path, codings[0])
        made = self._made.get(key)
        if made is None or made[0] != original.etag:
            await self._make(key, original)
            made = self._made.get(key)
        return made[1] if made is not None and made[0] == original.etag else None

    def _lying(self, path: str, original: Found, coding: Coding) -> Found | None:
        """The file beside it; one that is older than the original is of another original."""
        key, now = (path, coding), monotonic()
        known = self._beside.get(key)
        if known is not None and now - known[0] < STATIC_FRESH_SECONDS and not known[1]:
            return None
        found = self._files.find(path + _ENDINGS[coding])
        if len(self._beside) >= ROUTES_CACHED:
            self._beside.pop(next(iter(self._beside)))
        self._beside[key] = (now, found is not None)
        if found is None or found.modified < original.modified or not found.size:
            return None
        return _encoded(found, original, coding)

    async def _make(self, key: Key, original: Found) -> None:
        """Compress it, once for all that ask at the same time; not at all while too many others are."""
        task = self._running.get(key)
        if task is None:
            if len(self._running) >= STATIC_ENCODERS:
                return
            task = self._running[key] = asyncio.create_task(self._compress(key, original))
            task.add_done_callback(lambda done: self._running.pop(key, None))
        await asyncio.shield(task)

    async def _compress(self, key: Key, original: Found) -> None:
        loop = asyncio.get_running_loop()
        body = await loop.run_in_executor(None, _compressed, key[1], original)
        made = None
        if body is not None:
            plain = replace(original, size=len(body), body=body)
            made = _encoded(plain, original, key[1])
        self._forget(key)
        self._made[key] = (original.etag, made)
        self._kept += _cost(key, made)
        while self._kept > STATIC_ENCODED:
            self._forget(next(iter(self._made)))

    def _forget(self, key: Key) -> None:
        known = self._made.pop(key, None)
        if known is not None:
            self._kept -= _cost(key, known[1])


def _cost(key: Key, found: Found | None) -> int:
    return len(key[0]) + 512 + (len(found.body) if found is not None and found.body is not None else 0)


def _compressed(coding: Coding, original: Found) -> bytes | None:
    """None where it does not become shorter, or cannot be read whole."""
    try:
        plain = original.body if original.body is not None else read_part(original.path, 0, original.size)
    except OSError:
        return None
    if len(plain) != original.size:
        return None
    body = encode_file(coding, plain)
    return body if len(body) < len(plain) else None


def _encoded(found: Found, original: Found, coding: Coding) -> Found:
    """With a tag of its own (RFC 9110, 8.8.3.3), and the time of the original."""
    name = coding.encode()
    etag = b'%b-%b"' % (found.etag[:-1], name)
    headers = (
        (b"etag", etag),
        *(header for header in original.headers if header[0] not in _OWN),
        (b"content-encoding", name),
        VARY,
    )
    return replace(found, modified=original.modified, etag=etag, headers=headers)
