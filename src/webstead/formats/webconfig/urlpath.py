"""From the path that a client sent to the one path that it means: decoded once, without `.`, `..`, `//` and
backslashes.

Everything that looks at a URL (rules, handlers, the static files' deny set) looks at this form only, so that
no spelling of a path passes where another would not. Refusals carry the status that IIS (http.sys, request
filtering) gives.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

__all__ = ["BadPath", "canonical", "resolve"]

_PLAIN = re.compile(r"(?:/(?![./])[-!$&'()*+,.0-9:;=@A-Z_a-z~]*)+")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class BadPath(ValueError):
    """A path that is refused. status, sub_status: as IIS answers; reason: for the error page."""

    def __init__(self, status: int, sub_status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.sub_status = sub_status
        self.reason = reason


def canonical(raw_path: str | bytes) -> str:
    """The decoded, canonical path of a raw one (without its query); a trailing slash is kept.

    A str is taken as the latin-1 view of the bytes that were sent. The path must be UTF-8 once decoded: a
    second guess (latin-1) would give one file two spellings. How long it may be, and whether it may be
    escaped twice, is for the request filtering of its folder to say. Raises BadPath.
    """
    if isinstance(raw_path, str):
        if _PLAIN.fullmatch(raw_path):
            return raw_path
        raw_path = _as_bytes(raw_path)
    if _BAD_ESCAPE.search(raw_path):
        raise BadPath(400, 0, "the path has a % that is not followed by two hexadecimal digits")
    try:
        decoded = unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        raise BadPath(400, 0, "the path is not UTF-8") from None
    return resolve(decoded)


def resolve(decoded: str) -> str:
    """The canonical form of a decoded path: for URLs that a rule has made. Raises BadPath."""
    if _PLAIN.fullmatch(decoded):
        return decoded
    if _CONTROL.search(decoded):
        raise BadPath(400, 0, "the path holds a control character")
    segments = decoded.replace("\\", "/").split("/")
    if segments[0] or len(segments) == 1:
        raise BadPath(400, 0, "the path does not start with /")
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            if not kept:
                raise BadPath(400, 0, "the path leaves the site")
            kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    slash = "/" if kept and segments[-1] in ("", ".", "..") else ""
    return "/" + "/".join(kept) + slash


def _as_bytes(raw_path: str) -> bytes:
    try:
        return raw_path.encode("latin-1")
    except UnicodeEncodeError:
        raise BadPath(400, 0, "the path holds characters that are not bytes") from None
