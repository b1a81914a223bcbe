"""Shared objects made by hand: an ELF file with a dynamic section, and nothing to run."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["elf_file"]

_ADDRESS = 0x10000  # where the file is mapped to: strings are named by address


def elf_file(
    needed: Sequence[str] = (),
    *,
    runpath: str = "",
    rpath: str = "",
    name: str = "",
    machine: int = 62,
    bits: int = 64,
    order: str = "<",
    dynamic: bool = True,
) -> bytes:
    strings = b"\0"
    entries: list[tuple[int, int]] = []

    def add(tag: int, text: str) -> None:
        nonlocal strings
        entries.append((tag, len(strings)))
        strings += text.encode() + b"\0"

    for library in needed:
        add(1, library)
    for tag, text in ((14, name), (15, rpath), (29, runpath)):
        if text:
            add(tag, text)
    wide = bits == 64
    header_size, segment_size = (64, 56) if wide else (52, 32)
    segments = 2 if dynamic else 1
    at_strings = header_size + segments * segment_size
    at_dynamic = at_strings + len(strings)
    entry = struct.Struct(f"{order}{'qQ' if wide else 'iI'}")
    pairs = [*entries, (5, _ADDRESS + at_strings), (0, 0)]
    body = b"".join(entry.pack(tag, value) for tag, value in pairs)
    size = at_dynamic + len(body)
    word = "Q" if wide else "I"
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    header = struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(3, machine, 1, 0, header_size, 0, 0, header_size, segment_size, segments, 0, 0, 0),
    )
    table = _segment(order, wide, 1, 0, _ADDRESS, size)
    if dynamic:
        table += _segment(order, wide, 2, at_dynamic, _ADDRESS + at_dynamic, len(body))
    return ident + header + table + strings + body


def _segment(order: str, wide: bool, kind: int, offset: int, address: int, size: int) -> bytes:
    if wide:
        return struct.pack(f"{order}IIQQQQQQ", kind, 4, offset, address, address, size, size, 8)
    return struct.pack(f"{order}IIIIIIII", kind, offset, address, address, size, size, 4, 4)
