"""The app that every contender serves: this file, by the same interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable

BODY = b"Hello, world!\n"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(BODY)))]


def application(
    environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    start_response("200 OK", HEADERS.copy())
    return [BODY]
