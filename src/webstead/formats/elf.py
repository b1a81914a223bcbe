"""What a shared object of Linux asks of others: the dynamic section of an ELF file, and nothing else of it.

Read are the header, the program headers, the dynamic section and the strings that it names: some kilobytes of
a file, whatever its size. It comes out of a package, so every number in it is doubted. Source: the System V
ABI, "ELF header", "Program header" and "Dynamic section"; gabi of 2013 and later.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Elf", "NotElf", "Read", "read_elf"]

Read = Callable[[int, int], bytes]
"""(offset, size) → the bytes that are there, fewer at the end of the file."""

MAX_SEGMENTS = 1024  # a linker makes some ten; patchelf adds a few
MAX_DYNAMIC_BYTES = 64 * 1024  # 4096 entries; large libraries have forty
MAX_NEEDED = 512
MAX_NAME_BYTES = 4096  # PATH_MAX; a RUNPATH may hold several

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 14, 15, 29


class NotElf(ValueError):
    """No ELF file, or one that cannot be believed."""


@dataclass(frozen=True, slots=True)
class Elf:
    """machine: e_machine, 62 for x86-64, 183 for AArch64. needed: libraries, as written. path: the folders of
    its RUNPATH, or of its RPATH when it has no other; they may hold $ORIGIN. name: its SONAME."""

    machine: int
    bits: Literal[32, 64]
    needed: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the fields are, for one class and byte order. header: type … of what follows e_ident."""

    bits: Literal[32, 64]
    header: struct.Struct
    segment: struct.Struct
    entry: struct.Struct


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


_IDENT = 16


def read_elf(read: Read) -> Elf:
    """Raises NotElf, and what read raises."""
    ident = read(0, _IDENT)
    if len(ident) < _IDENT or ident[:4] != b"\x7fELF":
        raise NotElf("no ELF header")
    layout = _layout(ident)
    fields = _unpack(layout.header, read(_IDENT, layout.header.size))
    machine, start, size, count = fields[1], fields[4], fields[8], fields[9]
    if size < layout.segment.size or count > MAX_SEGMENTS:
        raise NotElf(f"{count} segments of {size} bytes")
    table = read(start, size * count)
    segments = [_segment(layout, table, size * number) for number in range(len(table) // size)]
    dynamic = next((segment for segment in segments if segment.kind == _PT_DYNAMIC), None)
    if dynamic is None:
        return Elf(machine, layout.bits)
    loaded = [segment for segment in segments if segment.kind == _PT_LOAD]
    return _dynamic(read, layout, machine, dynamic, loaded)


def _layout(ident: bytes) -> _Layout:
    order = {1: "<", 2: ">"}.get(ident[5])
    if order is None or ident[4] not in (1, 2):
        raise NotElf(f"class {ident[4]}, byte order {ident[5]}")
    wide = ident[4] == 2
    word = "Q" if wide else "I"
    return _Layout(
        64 if wide else 32,
        struct.Struct(f"{order}HHI{word}{word}{word}IHHHHHH"),
        struct.Struct(f"{order}IIQQQQQQ" if wide else f"{order}IIIIIIII"),
        struct.Struct(f"{order}{'qQ' if wide else 'iI'}"),
    )


def _unpack(layout: struct.Struct, data: bytes) -> tuple[int, ...]:
    if len(data) < layout.size:
        raise NotElf("it is cut off")
    return layout.unpack(data)


def _segment(layout: _Layout, table: bytes, at: int) -> _Segment:
    fields = layout.segment.unpack_from(table, at)
    if layout.bits == 64:  # type, flags, offset, address, physical address, size in the file
        return _Segment(fields[0], fields[2], fields[3], fields[5])
    return _Segment(fields[0], fields[1], fields[2], fields[4])


def _dynamic(read: Read, layout: _Layout, machine: int, dynamic: _Segment, loaded: list[_Segment]) -> Elf:
    data = read(dynamic.offset, min(dynamic.size, MAX_DYNAMIC_BYTES))
    entries = list(_entries(layout, data))
    strings = next((value for tag, value in entries if tag == _DT_STRTAB), None)
    base = None if strings is None else _offset(strings, loaded)
    if base is None:
        return Elf(machine, layout.bits)

    def named(wanted: int) -> list[str]:
        found = [value for tag, value in entries if tag == wanted]
        if len(found) > MAX_NEEDED:
            raise NotElf(f"it needs {len(found)} libraries")
        return [_string(read, base + value) for value in found]

    path = named(_DT_RUNPATH) or named(_DT_RPATH)
    folders = tuple(folder for text in path for folder in text.split(":") if folder)
    return Elf(machine, layout.bits, tuple(named(_DT_NEEDED)), folders, "".join(named(_DT_SONAME)[:1]))


def _entries(layout: _Layout, data: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(data) - layout.entry.size + 1, layout.entry.size):
        tag, value = layout.entry.unpack_from(data, at)
        if tag == _DT_NULL:
            return
        yield tag, value


def _offset(address: int, loaded: list[_Segment]) -> int | None:
    """Where in the file an address lies."""
    holds = (each for each in loaded if each.address <= address < each.address + each.size)
    segment = next(holds, None)
    return None if segment is None else address - segment.address + segment.offset


def _string(read: Read, offset: int) -> str:
    text, end, _ = read(offset, MAX_NAME_BYTES).partition(b"\0")
    if not end:
        raise NotElf("a name has no end")
    return text.decode("utf-8", "replace")
