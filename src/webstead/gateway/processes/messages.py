"""What a worker tells its master: one line of JSON each, over a socket pair that only the two hold.

The master sends single bytes: REOPEN, and ADOPT with a connection. A worker sends a connection with
HandedOver. The end of the stream tells either that the other one is gone.
"""

from __future__ import annotations

import json
from typing import NamedTuple, Union

from webstead.gateway.failure import StartFailure

__all__ = [
    "MAX_LINE",
    "ADOPT",
    "REOPEN",
    "Failed",
    "Garbage",
    "HandedOver",
    "Lines",
    "Loaded",
    "Message",
    "Retire",
    "encode",
]

REOPEN = b"o"
"""Log files were moved away: open them again by their names."""

ADOPT = b"a"
"""With it comes the descriptor of a connection between two requests."""

MAX_LINE = 1 << 20
"""Bytes of one line: the longest is a traceback. A longer one is no message of ours."""


class Loaded(NamedTuple):
    """The app is loaded, requests are answered from now on."""


class Retire(NamedTuple):
    """The worker asks for a successor, after which it may be stopped."""

    reason: str


class HandedOver(NamedTuple):
    """The worker is about to end. With it comes the descriptor of a connection between two requests."""


class Failed(NamedTuple):
    """The app could not be loaded."""

    failure: StartFailure


class Garbage(NamedTuple):
    """Something wrote to the channel that is no worker of ours: app code that has the descriptor wrong."""

    found: str


Message = Union[Loaded, Retire, HandedOver, Failed, Garbage]


def encode(message: Message) -> bytes:
    if isinstance(message, Failed):
        line = f'{{"failed": {message.failure.as_json()}}}'
    elif isinstance(message, Retire):
        line = json.dumps({"retire": message.reason})
    else:
        line = json.dumps({"handed_over" if isinstance(message, HandedOver) else "loaded": True})
    return line.encode("ascii") + b"\n"


class Lines:
    """Collects bytes to messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            lines.append(self._rest)
            self._rest = b""
        return [_decode(line) for line in lines]


def _decode(line: bytes) -> Message:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        if value.get("loaded") is True:
            return Loaded()
        if value.get("handed_over") is True:
            return HandedOver()
        if isinstance(value.get("retire"), str):
            return Retire(value["retire"])
        if isinstance(value.get("failed"), dict):
            return _failed(value["failed"])
    return Garbage(ascii(line[:80]))


def _failed(words: dict[object, object]) -> Message:
    code = words.get("code")
    if type(code) is not int or not 0 < code < 256:
        return Garbage(ascii(words)[:80])
    what, found, fix, detail = (str(words.get(name, "")) for name in ("what", "found", "fix", "detail"))
    return Failed(StartFailure(code, what, found, fix, detail))
