"""The page that lists a folder: directoryBrowse, in our own look. Pure; every name in it is hostile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from webstead.formats.webconfig.schema.browse import Browse

__all__ = ["FOLDER_HEADERS", "Entry", "folder_page"]

FOLDER_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1.5rem}"
    "body{color:#222;background:#fff}h1{font-size:1.3rem;overflow-wrap:anywhere}table{border-collapse:collapse}"
    "td{padding:.15rem 1.5rem .15rem 0;white-space:nowrap;font-variant-numeric:tabular-nums}"
    "td:first-child{white-space:normal;overflow-wrap:anywhere}.n{text-align:right}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}a{color:#8ab4f8}}"
)


class Entry(NamedTuple):
    """One file or folder. size: of a file. modified: seconds."""

    name: str
    is_folder: bool
    size: int
    modified: float


def folder_page(path: str, entries: Sequence[Entry], shown: Browse, *, more: bool) -> bytes:
    """path: of the folder, with a slash at its end. more: whether there are entries that are not listed.
    Folders come first; case does not count."""
    ordered = sorted(entries, key=lambda entry: (not entry.is_folder, entry.name.casefold(), entry.name))
    title = escape(_readable(path))
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>\n<table>\n",
        '<tr><td><a href="../">One folder up</a>\n' if path != "/" else "",
        *(f"<tr>{''.join(_cells(entry, shown))}\n" for entry in ordered),
        "</table>\n",
        f"<p>Only {len(ordered)} of the entries are listed.\n" if more else "",
    ]
    return "".join(parts).encode()


def _cells(entry: Entry, shown: Browse) -> Iterator[str]:
    slash = "/" if entry.is_folder else ""
    link = quote(os.fsencode(entry.name), safe="")
    yield f'<td><a href="./{link}{slash}">{escape(_shown_name(entry, shown))}{slash}</a>'
    if shown.date or shown.long_date or shown.time:
        yield f"<td>{_moment(entry.modified, shown)}"
    if shown.size:
        yield "<td>" if entry.is_folder else f'<td class="n">{entry.size:,}'


def _shown_name(entry: Entry, shown: Browse) -> str:
    stem = entry.name if shown.extension or entry.is_folder else os.path.splitext(entry.name)[0]
    return _readable(stem)


def _readable(name: str) -> str:
    """Bytes of a name that are no UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


def _moment(seconds: float, shown: Browse) -> str:
    moment = datetime.fromtimestamp(max(0.0, min(seconds, 253402300799.0)), UTC)
    date = f"{moment:%Y-%m-%d}" if shown.date else ""
    if shown.long_date:
        date = f"{moment:%A, %d %B %Y}"
    return f"{date} {moment:%H:%M} UTC".strip() if shown.time else date
