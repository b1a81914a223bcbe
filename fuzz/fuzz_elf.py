"""Fuzz the reader of shared objects: `python fuzz elf`.

The data are a file, and once more what stands behind a sound header. Whatever it says: the reader asks for
little at a time, names no more libraries than its limit, and fails only as NotElf.
"""

from __future__ import annotations

from webstead.formats.elf import MAX_DYNAMIC_BYTES, MAX_NAME_BYTES, MAX_NEEDED, NotElf, read_elf

__all__ = ["one"]

_MOST = max(MAX_DYNAMIC_BYTES, MAX_NAME_BYTES, 1024 * 0xFFFF)
_HEADERS = (b"", b"\x7fELF\x02\x01\x01" + bytes(9), b"\x7fELF\x01\x02\x01" + bytes(9))


def one(data: bytes) -> None:
    for header in _HEADERS:
        _check(header + data)


def _check(data: bytes) -> None:
    def read(offset: int, size: int) -> bytes:
        if offset < 0 or not 0 <= size <= _MOST:
            raise AssertionError(f"asked for {size} bytes at {offset}")
        return data[offset : offset + size]

    try:
        found = read_elf(read)
    except NotElf:
        return
    if len(found.needed) > MAX_NEEDED or any("\0" in name for name in (*found.needed, found.name)):
        raise AssertionError(f"not to be believed: {found}")
