"""Fuzz what a server reads of a push, and of the web hooks of repositories: `python fuzz git_push`.

Any bytes are packets, updates and a report, or a ValueError; any text is a payload that means something, or
is refused with words.
"""

from __future__ import annotations

import contextlib

from webstead.errors import UsageError
from webstead.formats.git_protocol import FLUSH, PacketReader, packet, read_commands, refused_report
from webstead.site.deploy.payloads import read_payload

__all__ = ["one"]


def one(data: bytes) -> None:
    """data: what came."""
    _packets(data)
    with contextlib.suppress(ValueError):
        read_commands(data)
    with contextlib.suppress(ValueError):
        refused_report(data, "refs/heads/main", "no")
    with contextlib.suppress(UsageError):
        read_payload(data, "main")


def _packets(data: bytes) -> None:
    """They are written again as they came, but for the case of their lengths and kinds of flush."""
    reader = PacketReader()
    try:
        found = list(reader.feed(data))
    except ValueError:
        return
    again = b"".join(FLUSH if each is None else packet(each) for each in found) + reader.rest
    if list(PacketReader().feed(again)) != found:
        raise AssertionError("packets change when they are written again")
