"""An app that waits for something else, a database say, 5 ms for each request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

BODY = b"Hello, world!\n"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(BODY)))]


def application(
    environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    time.sleep(0.005)
    start_response("200 OK", HEADERS.copy())
    return [BODY]
