"""A request as a FastCGI program that is not ours gets it: which script is meant, where it is on the disk,
and the variables.

They have IIS's names and RFC 3875's meaning. IIS itself gives the whole path as PATH_INFO unless the handler
has allowPathInfo (its metabase's AllowPathInfoForScriptMappings); PHP puts that right in init_request_info,
and other programs do (MapServer/mapcache#107). Here PATH_INFO is what follows the script, with and without
that attribute, and ORIG_PATH_INFO is the whole, as a script of PHP under IIS sees both.

The program is told of a script that is a file, or of none. PHP walks up a path that is not there until it
finds a file and runs that (`cgi.fix_pathinfo`), so that `/upload/photo.jpg/x.php` would run an uploaded
picture: nothing is given that it could walk up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.webconfig.model import Answer, Route
from webstead.front.files import Files

__all__ = ["foreign_piece", "with_fit_script"]

_METABASE_PATH = b"/LM/W3SVC/1/ROOT"
"""APPL_MD_PATH of the first site; programs take it for the name of a site."""


def with_fit_script(route: Route, files: Files) -> Route:
    """The route; or 404 where something stands at the script's place that may not be run: a file that is
    never sent, one outside of the site, or a path below a file."""
    if route.script and files.kind(route.script) == "file":
        return route
    path = route.script or route.path
    stands = files.stands(path)
    if stands == "below a file" or (stands == "something" and (route.script or files.kind(path) == "none")):
        return replace(
            route, handler=None, answer=Answer(404, 0, f"nothing that may be run stands at {path}")
        )
    return route


def foreign_piece(route: Route, sent: bytes, files: Files, software: str) -> bytes:
    """The encoded variables that are the same for all requests of this route. sent: path and query as the
    client sent them."""
    return encode_pairs(_pairs(route, sent, files, software))


def _pairs(route: Route, sent: bytes, files: Files, software: str) -> Iterator[tuple[bytes, bytes]]:
    root = _bytes(files.root)
    extra = route.path[len(route.script) :]
    yield b"GATEWAY_INTERFACE", b"CGI/1.1"
    yield b"SERVER_SOFTWARE", software.encode()
    yield b"DOCUMENT_ROOT", root
    yield b"APPL_PHYSICAL_PATH", root.rstrip(b"/") + b"/"
    yield b"APPL_MD_PATH", _METABASE_PATH
    yield b"SCRIPT_NAME", _bytes(route.script)
    yield b"URL", _bytes(route.script or route.path)
    yield b"ORIG_PATH_INFO", _bytes(route.path)
    if extra:
        yield b"PATH_INFO", _bytes(extra)
    place = files.place(route.script)
    if route.script and os.path.isdir(os.path.dirname(place)):
        yield b"SCRIPT_FILENAME", _bytes(place)
        if extra:
            yield b"PATH_TRANSLATED", _bytes(files.place(extra))
    yield b"QUERY_STRING", route.query.encode("latin-1", "replace")
    yield b"REQUEST_URI", sent
    yield b"UNENCODED_URL", sent
    yield b"REDIRECT_STATUS", b"200"  # some builds of PHP run nothing without it
    if route.rewritten:
        yield b"HTTP_X_ORIGINAL_URL", sent
        yield b"IIS_WasUrlRewritten", b"1"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
