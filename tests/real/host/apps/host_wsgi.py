"""A WSGI app that answers with its process number; /slow takes half a second."""

import os
import time
from collections.abc import Callable, Iterable


def app(
    environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    if environ.get("PATH_INFO") == "/slow":
        print("slow", flush=True)
        time.sleep(0.5)
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
