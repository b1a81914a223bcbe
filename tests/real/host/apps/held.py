"""A WSGI app that answers with its process number. /hang never answers; /begin begins its answer and never
ends it; /wait answers when the file in the query is there."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any


def app(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/hang":
        print("hangs", flush=True)
        threading.Event().wait()
    elif path == "/wait":
        print("waits", flush=True)
        while not Path(environ["QUERY_STRING"]).exists():
            time.sleep(0.01)
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return _endless(body) if path == "/begin" else [body]


def _endless(body: bytes) -> Iterator[bytes]:
    yield body
    threading.Event().wait()
