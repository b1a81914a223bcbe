"""The access log: one entry for each answered request, rendered as text or as JSON events."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from webstead.events import Access, Event, Note, OfSite
from webstead.front.limits import LOG_WRITE

__all__ = [
    "METHOD_NOTED",
    "TARGET_NOTED",
    "AccessEntry",
    "AccessFormat",
    "lost_lines",
    "render_access",
    "render_output",
]

AccessFormat = Literal["text", "json", "off"]

_UNPRINTABLE = re.compile(rb"[^\x21-\x7e]")
_UNPRINTABLE_TEXT = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Controls of a terminal, and those that turn the direction of the text around them."""
METHOD_NOTED = 32
_TARGET_SHOWN = 2048
TARGET_NOTED = _TARGET_SHOWN + 1
"""What a path or a query is cut to where it is noted: enough to see that it was longer."""
_OUTPUT_SHOWN = 3000
_NO_NAME = "@"
"""What begins so is no name of a site: the management's own."""
_FAILED = 400
_TARGETS_KEPT = 256


AccessEntry = tuple[str, str, str, bytes, bytes, int, int, float]
"""What the event loop notes of a request, where no text is made: site ("" for the only one), client,
method, raw path, raw query, status, body bytes, seconds. A plain tuple, because one is made for each request.
Its time is that of rendering, at most 0.1 s later."""


@lru_cache(maxsize=_TARGETS_KEPT)
def target_of(path: bytes, query: bytes) -> str:
    """The path and query, with what is not printable ASCII as %XX, and cut where it is very long."""
    raw = path + b"?" + query if query else path
    cut = raw[:_TARGET_SHOWN]
    shown = _UNPRINTABLE.sub(lambda match: b"%%%02X" % match[0][0], cut).decode("ascii")[:_TARGET_SHOWN]
    return shown + "..." if len(raw) > _TARGET_SHOWN else shown


def render_access(form: Literal["text", "json"]) -> Callable[[AccessEntry], bytes]:
    return {"text": _as_text, "json": _as_json}[form]


@lru_cache(maxsize=1)
def _clock(seconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _as_text(entry: AccessEntry) -> bytes:
    """A line; none of what a management was only asked, and told: who follows a deployment asks each second,
    and nobody would find the requests of the sites among these."""
    site, _, method, path, query, status, size, seconds = entry
    if site.startswith(_NO_NAME) and method == "GET" and status < _FAILED:
        return b""
    named = f"{site} " if site else ""
    took = f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
    asked = f"{method} {target_of(path, query)}"
    return f"{named}{_clock(int(time.time()))} {asked} {status} {took} {_size(size)}\n".encode()


def _as_json(entry: AccessEntry) -> bytes:
    site, client, method, path, query, status, size, seconds = entry
    event: Event = Access(client, method, target_of(path, query), status, size, round(seconds, 6))
    return json.dumps((OfSite(site, event) if site else event).as_json()).encode() + b"\n"


def lost_lines(form: Literal["text", "json"]) -> Callable[[int], bytes]:
    """Renders the line that says how many entries were dropped."""

    def render(count: int) -> bytes:
        text = f"{count} access log lines were lost: the log was not read fast enough"
        if form == "text":
            return text.encode() + b"\n"
        return json.dumps(Note("warning", text).as_json()).encode() + b"\n"

    return render


def render_output(entry: tuple[str, bytes]) -> bytes:
    """One line of an app's FastCGI error stream, after its instance's name."""
    name, line = entry
    shown = _UNPRINTABLE_TEXT.sub("\N{REPLACEMENT CHARACTER}", line.decode("utf-8", "replace"))
    return f"{name}: {shown}".encode()[: min(_OUTPUT_SHOWN, LOG_WRITE - 1)] + b"\n"


@lru_cache(maxsize=_TARGETS_KEPT)
def _size(size: int) -> str:
    """A number of bytes, in the largest unit that leaves it at 1 or more."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"
