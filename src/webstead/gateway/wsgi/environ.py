"""The WSGI environ of a request (PEP 3333), from its FastCGI parameters."""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import Any, NamedTuple

from webstead.formats.fastcgi.records import AUTHORIZER, FILTER, RESPONDER
from webstead.formats.fastcgi.server import Request
from webstead.gateway.dialect import Dialect

__all__ = [
    "REQUIRED",
    "Environ",
    "FileSpan",
    "FileWrapper",
    "declared_length",
    "make_environ",
    "own_values",
    "set_whole_body",
]

Environ = dict[str, Any]
"""PEP 3333's type: text, and under `wsgi.` objects."""

REQUIRED = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
}
"""What PEP 3333 requires to be there, for a server that leaves it out: the codec adds it. PATH_INFO is the
dialect's: a server that leaves it out has it in SCRIPT_NAME."""

_ROLES = {AUTHORIZER: "AUTHORIZER", FILTER: "FILTER"}


class FileSpan(NamedTuple):
    """What is left of an open file. file: its descriptor. offset, size: bytes."""

    file: int
    offset: int
    size: int


class FileWrapper:
    """`wsgi.file_wrapper`: iterates over a file in blocks, and closes it."""

    def __init__(self, file: Any, block_size: int = 65528) -> None:
        self._file = file
        self._block_size = block_size

    def __iter__(self) -> FileWrapper:
        return self

    def __next__(self) -> bytes:
        data: bytes = self._file.read(self._block_size)
        if data:
            return data
        raise StopIteration

    def span(self) -> FileSpan | None:
        """None for what only looks like a file: its descriptor may give other bytes than its read()."""
        raw = self._file.raw if isinstance(self._file, io.BufferedReader) else self._file
        if not isinstance(raw, io.FileIO):
            return None
        status = os.fstat(raw.fileno())
        if not stat.S_ISREG(status.st_mode):
            return None
        offset = self._file.tell()
        return FileSpan(raw.fileno(), offset, max(0, status.st_size - offset))

    def close(self) -> None:
        if hasattr(self._file, "close"):
            self._file.close()


def own_values(threads: int, several: bool = True) -> Environ:
    """What is the same for every request of this process. several: whether other processes may run the app,
    too.
    """
    return {
        "wsgi.version": (1, 0),
        "wsgi.multithread": threads > 1,
        "wsgi.multiprocess": several,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }


def make_environ(request: Request, own: Environ, dialect: Dialect) -> Environ:
    """The environ, all but `wsgi.input`: the request's own parameters, which have REQUIRED in them.

    FCGI_ROLE is set for authorizers and filters, as libfcgi does.
    """
    environ: Environ = request.params
    dialect(environ)
    environ.update(own)
    if request.role != RESPONDER:
        environ["FCGI_ROLE"] = _ROLES[request.role]
    if "HTTPS" in environ and environ["HTTPS"].lower() in ("on", "1", "true"):
        environ["wsgi.url_scheme"] = "https"
    return environ


def declared_length(environ: Environ) -> int | None:
    """CONTENT_LENGTH; None when it is missing or empty. Raises ValueError for what is no length.

    -1 is Caddy's (2.6) for a body of unknown length, sent in chunks: the app is not to see it.
    """
    text: str = environ.get("CONTENT_LENGTH", "")
    if text == "-1":
        environ["CONTENT_LENGTH"] = text = ""
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"CONTENT_LENGTH is {text!r}")
    return int(text)


def set_whole_body(environ: Environ, body: bytes, length: int | None) -> None:
    """Give the app a body that is all here. Raises ValueError when it is shorter than declared; the rest of a
    longer one is not shown."""
    if length is None:
        if body:
            environ["CONTENT_LENGTH"] = str(len(body))
    elif length > len(body):
        raise ValueError(f"the body ended after {len(body)} bytes of {length}")
    elif length < len(body):
        body = body[:length]
    environ["wsgi.input"] = io.BytesIO(body)
