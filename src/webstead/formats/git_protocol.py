"""Git's smart protocol, as far as a server looks into it: packets, side bands, the commands of a push and
their report.

Sources: git's own pages on the protocol, gitprotocol-common(5) (pkt-line), gitprotocol-pack(5) (reference
update, report status, side bands), gitprotocol-http(5).

A packet begins with four hexadecimal digits, its length with them; `0000` is a flush. In a side band the
first byte of a packet says what the rest is: 1 the answer itself, 2 words for the person at the terminal, 3
a fatal error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "ADVERTISEMENT",
    "FLUSH",
    "Commands",
    "PacketReader",
    "Update",
    "advertised",
    "packet",
    "read_commands",
    "refused_report",
    "said",
]

FLUSH = b"0000"
LONGEST = 65520
"""Of a packet, with its length; side-band-64k carries as much."""

MOST_COMMANDS = 4 << 20
"""Bytes of the list of updates that is looked at: forty thousand of them."""

ADVERTISEMENT = {
    "git-upload-pack": "application/x-git-upload-pack-advertisement",
    "git-receive-pack": "application/x-git-receive-pack-advertisement",
}
"""The services, and the media type in which each tells what it has."""

_UPDATE = re.compile(
    rb"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs/[^\x00-\x20\x7f~^:?*\[\\]+)"
)
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True)
class Update:
    """One ref that a push changes. old, new: names of objects; all zeros for none."""

    old: str
    new: str
    ref: str

    @property
    def deletes(self) -> bool:
        return not self.new.strip("0")


@dataclass(frozen=True, slots=True)
class Commands:
    """What a push asks for. capabilities: the client's words."""

    updates: tuple[Update, ...]
    capabilities: frozenset[str]

    @property
    def side_band(self) -> bool:
        """Whether the client hears words while it waits."""
        return "side-band-64k" in self.capabilities


def packet(data: bytes) -> bytes:
    """Raises ValueError for more than a packet carries."""
    if len(data) > LONGEST - 4:
        raise ValueError(f"{len(data)} bytes are more than a packet carries")
    return b"%04x%b" % (len(data) + 4, data)


def advertised(service: str) -> bytes:
    """What stands before a service's own list of refs, over HTTP."""
    return packet(f"# service={service}\n".encode()) + FLUSH


def said(text: str) -> bytes:
    """A line for the person who pushes: `remote: text` at the terminal."""
    data = b"\x02" + text.replace("\r", "").encode("utf-8", "replace")[: LONGEST - 8] + b"\n"
    return packet(data)


class PacketReader:
    """Bytes in, packets out: the data of each, None for a flush or another packet without data."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """Raises ValueError for bytes that are no packets."""
        self._rest += data
        while len(self._rest) >= 4:
            if not _LENGTH.fullmatch(self._rest[:4]):
                raise ValueError(f"no packet begins with {bytes(self._rest[:4])!r}")
            length = int(self._rest[:4], 16)
            if length < 4:
                del self._rest[:4]
                yield None
            elif length > LONGEST:
                raise ValueError(f"a packet of {length} bytes is longer than any")
            elif len(self._rest) < length:
                return
            else:
                found = bytes(self._rest[4:length])
                del self._rest[:length]
                yield found

    @property
    def rest(self) -> bytes:
        """What has come of a packet that is not complete."""
        return bytes(self._rest)


def read_commands(data: bytes) -> Commands | None:
    """The updates at the beginning of what a push sends; None while they are not complete. Raises
    ValueError for what is no push."""
    updates: list[Update] = []
    capabilities: frozenset[str] = frozenset()
    for found in PacketReader().feed(data[:MOST_COMMANDS]):
        if found is None:
            return Commands(tuple(updates), capabilities)
        if found.startswith((b"shallow ", b"push-cert")):
            continue
        command, _, words = found.partition(b"\0")
        match = _UPDATE.fullmatch(command.rstrip(b"\n"))
        if match is None:
            raise ValueError(f"not an update of a ref: {command[:80]!r}")
        old, new, ref = (part.decode("utf-8", "surrogateescape") for part in match.groups())
        updates.append(Update(old, new, ref))
        if words:
            capabilities = frozenset(words.decode("utf-8", "replace").split())
    if len(data) >= MOST_COMMANDS:
        raise ValueError("a push of more refs than anybody has")
    return None


def refused_report(report: bytes, ref: str, why: str) -> bytes:
    """The report of a push (packets, as they stand in band 1), in which this ref was not taken after all."""
    lines = []
    for found in PacketReader().feed(report):
        if found is not None and found.rstrip(b"\n") == b"ok " + ref.encode("utf-8", "surrogateescape"):
            found = b"ng %b %b\n" % (ref.encode("utf-8", "surrogateescape"), why.encode("utf-8", "replace"))
        lines.append(FLUSH if found is None else packet(found))
    return b"".join(lines)
