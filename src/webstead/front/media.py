"""Media types of files: the site's own map first, then a table that is the same on every machine."""

from __future__ import annotations

import mimetypes
import posixpath

__all__ = ["media_type"]

_TABLE = mimetypes.MimeTypes(filenames=())
"""The standard library's own table; the machine's /etc/mime.types is not read, so that a site is the same
everywhere."""

_ADDED = {
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "text/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_ENCODED = {
    ".gz": "application/gzip",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    ".z": "application/x-compress",
}
_UNKNOWN = "application/octet-stream"
_SCRIPT = "application/javascript"


def media_type(path: str, mapped: str | None) -> str:
    """The Content-Type of the file at path. mapped: what the site's mimeMap says, used when it says
    something.

    Text (and script) without a charset gets `charset=utf-8`.
    """
    kind = mapped or _from_table(path)
    bare = kind.partition(";")[0].strip().lower()
    textual = bare.startswith("text/") or bare == _SCRIPT
    return f"{kind}; charset=utf-8" if textual and "charset" not in kind.lower() else kind


def _from_table(path: str) -> str:
    ending = posixpath.splitext(path)[1].lower()
    if ending in _ADDED:
        return _ADDED[ending]
    if ending in _ENCODED:  # a .tar.gz is sent as what it is, not unpacked by the browser
        return _ENCODED[ending]
    return _TABLE.types_map[1].get(ending) or _TABLE.types_map[0].get(ending) or _UNKNOWN
