"""The CGI parameters of a request, encoded. Nothing that does not change is encoded twice.

A request's block is joined from pieces: the site's (one per site), the path's (kept with the route), the
host's and each header's (kept in bounded tables), and the few that differ every time. Names and meaning:
RFC 3875, section 4.1; the additions are those of IIS and nginx.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.front.limits import KEPT_KEY

__all__ = ["HeaderPieces", "PieceTable", "site_piece", "target_piece"]

_PIECES = 2048
_VALUE_KEPT = 128
_NOT_PASSED = frozenset(
    {
        b"proxy",  # would become HTTP_PROXY (CVE-2016-5385)
        b"transfer-encoding",  # the body is passed on decoded
        b"x-iis-windowsauthtoken",  # IIS's word to the app, never the client's
        b"x-original-url",  # ours to set, after a rewrite
        b"x-rewrite-url",  # another rewriter's word, which frameworks took for the path (CVE-2018-14773)
    }
)
_PORT = re.compile(rb":[0-9]*$")
_SECRET = frozenset({b"authorization", b"cookie"})
_OWN_NAMES = {b"content-type": b"CONTENT_TYPE", b"content-length": b"CONTENT_LENGTH"}


class PieceTable:
    """A bounded table of encoded pieces, each bounded too; it starts anew when it is full."""

    def __init__(self, size: int = _PIECES) -> None:
        self._pieces: dict[object, bytes] = {}
        self._size = size
        self.get = self._pieces.get

    def keep(self, key: object, piece: bytes) -> bytes:
        if len(piece) > KEPT_KEY:
            return piece
        if len(self._pieces) >= self._size:
            self._pieces.clear()
        self._pieces[key] = piece
        return piece


def site_piece(folder: str, software: str) -> bytes:
    """What is the same for all requests of a site."""
    root = folder.encode("utf-8", "surrogateescape")
    return encode_pairs(
        (
            (b"GATEWAY_INTERFACE", b"CGI/1.1"),
            (b"SERVER_SOFTWARE", software.encode()),
            (b"SCRIPT_NAME", b""),
            (b"DOCUMENT_ROOT", root),
            (b"APPL_PHYSICAL_PATH", root),
        )
    )


def target_piece(path: str, raw_target: bytes, query: bytes, *, rewritten: bool) -> bytes:
    """path: decoded, as the client asked for it, also after a rewrite (as wfastcgi does). raw_target: path
    and query as sent, which after a rewrite is IIS's HTTP_X_ORIGINAL_URL too. query: after rewriting."""
    pairs = [
        (b"PATH_INFO", path.encode("utf-8", "surrogateescape")),
        (b"REQUEST_URI", raw_target),
        (b"QUERY_STRING", query),
    ]
    if rewritten:
        pairs.append((b"HTTP_X_ORIGINAL_URL", raw_target))
    return encode_pairs(pairs)


class HeaderPieces:
    """Request headers as HTTP_* pairs, and the pieces that many requests share."""

    def __init__(self) -> None:
        self._headers = PieceTable()
        self._others = PieceTable()

    def headers(self, headers: Iterable[tuple[bytes, bytes]], pieces: list[bytes]) -> None:
        """Add one piece for each header that is passed on. headers: each name once, lower-case."""
        known = self._headers.get
        for header in headers:
            piece = known(header)
            if piece is None:
                piece = self._header(header)
            pieces.append(piece)

    def _header(self, header: tuple[bytes, bytes]) -> bytes:
        name, value = header
        if name in _NOT_PASSED or b"_" in name:  # X_Foo and X-Foo would both be HTTP_X_FOO
            return b""
        if name == b"host" and not value:  # HTTP/1.0 without one
            return b""
        cgi = _OWN_NAMES.get(name) or b"HTTP_" + name.upper().replace(b"-", b"_")
        piece = encode_pairs(((cgi, value),))
        if len(value) > _VALUE_KEPT or name in _SECRET:
            return piece
        return self._headers.keep(header, piece)

    def request_line(
        self, method: str, http_version: str, scheme: str, host: bytes, server: tuple[str, int | str] | None
    ) -> bytes:
        """What the request line, the Host header and the listening socket give."""
        key = (method, http_version, scheme, host, server)
        piece = self._others.get(key)
        return self._others.keep(key, _request_line(*key)) if piece is None else piece

    def local(self, server: tuple[str, int | str] | None) -> bytes:
        """The address that the client has reached, by the names of Apache and of IIS."""
        key = ("local", server)
        piece = self._others.get(key)
        if piece is None:
            address = server[0].encode() if server else b""
            pairs = ((b"SERVER_ADDR", address), (b"LOCAL_ADDR", address))
            piece = self._others.keep(key, encode_pairs(pairs))
        return piece

    def client(self, client: tuple[str, int | str] | None) -> bytes:
        """One entry a connection, which clients keep."""
        piece = self._others.get(client)
        if piece is None:
            address, port = client or ("", "")
            pairs = ((b"REMOTE_ADDR", address.encode()), (b"REMOTE_PORT", str(port).encode()))
            piece = self._others.keep(client, encode_pairs(pairs))
        return piece


def _request_line(
    method: str, http_version: str, scheme: str, host: bytes, server: tuple[str, int | str] | None
) -> bytes:
    """SERVER_NAME is the Host header's without its port, SERVER_PORT the listening socket's."""
    own_name, port = server or ("localhost", "80")
    name = _PORT.sub(b"", host) or own_name.encode()
    protocol = "HTTP/" + (http_version if "." in http_version else http_version + ".0")
    return encode_pairs(
        (
            (b"REQUEST_METHOD", method.encode()),
            (b"SERVER_PROTOCOL", protocol.encode()),
            (b"REQUEST_SCHEME", scheme.encode()),
            (b"HTTPS", b"on" if scheme == "https" else b"off"),
            (b"SERVER_NAME", name),
            (b"SERVER_PORT", str(port).encode()),
        )
    )
