"""Fuzz both sides of the FastCGI codec: `python fuzz/fuzz_fastcgi.py [corpus folder] [libFuzzer options]`.

Whatever the bytes and however they are cut, a parser gives events or RemoteProtocolError, and the cuts change
nothing.
"""

from __future__ import annotations

import sys

from webstead.formats.fastcgi.client import ResponseEvent, ResponseParser
from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import Chunk, Request, ServerConnection, ServerEvent

__all__ = ["one"]


def one(data: bytes) -> None:
    """data[0]: where to cut the rest."""
    if not data:
        return
    cut = data[0]
    stream = data[1:]
    if _served(stream, len(stream) + 1) != _served(stream, cut + 1):
        raise AssertionError("the app's side depends on the cuts")
    if _answered(stream, len(stream) + 1) != _answered(stream, cut + 1):
        raise AssertionError("the asking side depends on the cuts")


def _pieces(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def _served(stream: bytes, size: int) -> tuple[list[ServerEvent], str]:
    connection = ServerConnection({"FCGI_MAX_CONNS": "1"}, gather=16, max_params=4096, max_pairs=64)
    events: list[ServerEvent] = []
    try:
        for piece in _pieces(stream, size):
            events += connection.feed(piece)
    except RemoteProtocolError as error:
        return [], str(
            error
        )  # events before it in the same feed are lost, so how many came depends on the cuts
    for event in events:
        if (type(event) is Request and len(event.params) > 64) or (type(event) is Chunk and not event.data):
            raise AssertionError(f"beyond the limits: {event!r}")
    return events, ""


def _answered(stream: bytes, size: int) -> tuple[list[ResponseEvent], str]:
    parser = ResponseParser(max_head=512)
    events: list[ResponseEvent] = []
    try:
        for piece in _pieces(stream, size):
            events += parser.feed(piece)
    except RemoteProtocolError as error:
        return [], str(error)
    return events, ""


def main() -> None:
    import atheris  # not part of the development environment: the `fuzz` group

    atheris.instrument_all()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
