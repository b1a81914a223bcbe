"""Fetching a package over HTTP: bounded in size, time and redirects, straight to the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from webstead.errors import BuildError, UsageError, WebsteadError
from webstead.settings import Secret
from webstead.site.deploy.addresses import shown_url

__all__ = ["LARGEST_PACKAGE", "download"]

LARGEST_PACKAGE = 2 << 30
"""As large as an upload may be."""

_PIECE = 1 << 20
_MOST_REDIRECTS = 5
_SILENT_SECONDS = 60.0
_LONGEST_SECONDS = 3600.0


def download(
    url: Secret,
    into: Path,
    *,
    check: Callable[[], None] = lambda: None,
    told: Callable[[int, int | None], None] = lambda done, total: None,
    most: int = LARGEST_PACKAGE,
    seconds: float = _LONGEST_SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> int:
    """The number of bytes. into: a new file. check: called between pieces; may raise. told: bytes so far and
    of how many, None where nobody knows. Raises UsageError for an address that cannot be fetched from,
    BuildError for what does not come."""
    shown = shown_url(url)
    if not url.reveal().lower().startswith(("http://", "https://")):
        raise UsageError("A package is fetched over HTTP or HTTPS.", found=shown, fix="Give such an address.")
    try:
        with httpx.Client(
            follow_redirects=True, max_redirects=_MOST_REDIRECTS, timeout=_SILENT_SECONDS, transport=transport
        ) as client:
            return _stream(client, url, into, check, told, most, seconds)
    except httpx.InvalidURL:
        raise UsageError("The address of the package is none.", found=shown, fix="Correct it.") from None
    except httpx.HTTPError as error:
        raise _failed(shown, str(error) or type(error).__name__) from None


def _stream(
    client: httpx.Client,
    url: Secret,
    into: Path,
    check: Callable[[], None],
    told: Callable[[int, int | None], None],
    most: int,
    seconds: float,
) -> int:
    shown, end, done = shown_url(url), time.monotonic() + seconds, 0
    with client.stream("GET", url.reveal(), headers={"Accept-Encoding": "identity"}) as answer:
        if answer.status_code != 200:
            raise _failed(shown, f"{answer.status_code} {answer.reason_phrase}")
        length = answer.headers.get("Content-Length", "")
        total = int(length) if length.isascii() and length.isdigit() else None
        if total is not None and total > most:
            raise _too_large(shown, total, most)
        descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            for piece in answer.iter_raw(_PIECE):
                check()
                done += len(piece)
                if done > most:
                    raise _too_large(shown, done, most)
                if time.monotonic() > end:
                    raise _failed(shown, f"it did not come within {seconds:g} s")
                file.write(piece)
                told(done, total)
    return done


def _failed(shown: str, found: str) -> WebsteadError:
    fix = "See that the address can be reached from this machine, and that its token still holds."
    return BuildError("The package could not be fetched.", found=f"{shown}: {found}", fix=fix)


def _too_large(shown: str, size: int, most: int) -> WebsteadError:
    return BuildError(
        "The package is too large.", found=f"{shown}: {size:,} bytes", fix=f"At most {most:,} are taken."
    )
