"""The scope of an HTTP request (ASGI HTTP spec version 2.3), from its FastCGI parameters.

Parameters are latin-1 text: one character, one byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from webstead.gateway.asgi.interface import Scope

__all__ = ["HTTP_SPEC_VERSION", "header_lines", "make_scope"]

HTTP_SPEC_VERSION = "2.3"
"""As uvicorn says. From 2.4 on Starlette does not listen for a disconnect while it streams, but waits for a
send() to fail: a stream that has nothing to send (server-sent events) would outlive its client for ever.
"""

_MAX_REMEMBERED = 1000  # header names: a client may send any number of different ones
_PREFIX = "HTTP_"
_NO_HEADER = b""
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HTTP_VERSIONS = {
    "HTTP/1.1": "1.1",
    "HTTP/1.0": "1.0",
    "HTTP/2.0": "2",
    "HTTP/2": "2",
    "HTTP/3.0": "3",
    "HTTP/3": "3",
}

# Servers give both as parameters of their own, and nginx and IIS as HTTP_ ones besides: those are not shown
# twice.
_wire_names: dict[str, bytes] = {
    "CONTENT_TYPE": b"content-type",
    "CONTENT_LENGTH": b"content-length",
    "HTTP_CONTENT_TYPE": _NO_HEADER,
    "HTTP_CONTENT_LENGTH": _NO_HEADER,
}


def make_scope(params: dict[str, str], state: Mapping[str, Any]) -> Scope:
    """params: with SCRIPT_NAME, PATH_INFO and the others of PEP 3333 in them. state: the lifespan's, copied
    here.
    """
    scheme = "http"
    if "HTTPS" in params and params["HTTPS"].lower() in ("on", "1", "true"):
        scheme = "https"
    root = params["SCRIPT_NAME"]
    if root == "/":  # the root is "" in ASGI
        root = ""
    path = root + params["PATH_INFO"] or "/"
    if not path.isascii():
        path = _utf8(path)
        root = _utf8(root)
    uri = params.get("REQUEST_URI")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": HTTP_SPEC_VERSION},
        "http_version": _HTTP_VERSIONS.get(params["SERVER_PROTOCOL"], "1.1"),
        "method": params["REQUEST_METHOD"].upper(),
        "scheme": scheme,
        "path": path,
        "raw_path": _raw_path(uri) if uri else None,
        "query_string": params["QUERY_STRING"].encode("latin-1"),
        "root_path": root,
        "headers": header_lines(params),
        "client": _client(params),
        "server": (params["SERVER_NAME"], _port(params["SERVER_PORT"], _DEFAULT_PORTS[scheme])),
        "state": dict(state),
        "extensions": {"webstead.params": params, "http.response.pathsend": {}},
    }


def header_lines(params: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The client's headers: names in lower case, as HTTP/2 has them; which of `-` and `_` it sent is not
    known.
    """
    lines = []
    for key, value in params.items():
        name = _wire_names.get(key)
        if name is None:
            name = _wire_name(key)
        if name and (value or key.startswith(_PREFIX)):
            lines.append((name, value.encode("latin-1")))
    return lines


def _wire_name(key: str) -> bytes:
    """The header that a parameter stands for; empty for other parameters."""
    name = _NO_HEADER
    if key.startswith(_PREFIX):
        name = key[len(_PREFIX) :].replace("_", "-").lower().encode("latin-1")
    if len(_wire_names) < _MAX_REMEMBERED:
        _wire_names[key] = name
    return name


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _raw_path(uri: str) -> bytes:
    """The path as the client sent it, without the query, and without scheme and host where it sent a whole
    URL.
    """
    path = uri.partition("?")[0]
    if not path.startswith("/"):
        path = _AUTHORITY.sub("", path, count=1) or "/"
    return path.encode("latin-1")


def _client(params: Mapping[str, str]) -> tuple[str, int] | None:
    """None when there is no address, as behind a server that itself listens on a Unix socket (`unix:`,
    nginx).
    """
    address = params.get("REMOTE_ADDR", "")
    if not address or address.startswith("unix:"):
        return None
    return (address, _port(params.get("REMOTE_PORT", ""), 0))


def _port(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else default
