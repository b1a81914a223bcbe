"""One gigabyte, made in blocks as a file or a database would give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

SIZE = 1 << 30
BLOCK = bytes(65536)


def application(
    environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(SIZE))])
    return (BLOCK for _ in range(SIZE // len(BLOCK)))
