"""The WSGI environ of a request (PEP 3333), from its FastCGI parameters."""

from __future__ import annotations

import io
import sys
from typing import Any

from webstead.formats.fastcgi.server import Request

__all__ = [
    "REQUIRED",
    "Environ",
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
    "PATH_INFO": "",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
}
"""What PEP 3333 requires to be there, for a server that leaves it out: the codec adds it."""


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

    def close(self) -> None:
        if hasattr(self._file, "close"):
            self._file.close()


def own_values(threads: int) -> Environ:
    """What is the same for every request of this process. Whether there are other processes cannot be known
    here.
    """
    return {
        "wsgi.version": (1, 0),
        "wsgi.multithread": threads > 1,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }


def make_environ(request: Request, own: Environ) -> Environ:
    """The environ, all but `wsgi.input`: the request's own parameters, which have REQUIRED in them.

    Dropped: HTTP_PROXY, which is the client's `Proxy` header and which libraries take for their own setting
    (httpoxy, CVE-2016-5385).
    """
    environ: Environ = request.params
    environ.update(own)
    if "HTTP_PROXY" in environ:
        del environ["HTTP_PROXY"]
    if environ["SCRIPT_NAME"] == "/":  # the root is "" in WSGI
        environ["SCRIPT_NAME"] = ""
    if "HTTPS" in environ and environ["HTTPS"].lower() in ("on", "1", "true"):
        environ["wsgi.url_scheme"] = "https"
    return environ


def declared_length(environ: Environ) -> int | None:
    """CONTENT_LENGTH; None when it is missing or empty. Raises ValueError for what is no length."""
    text: str = environ.get("CONTENT_LENGTH", "")
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
