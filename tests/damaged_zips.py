"""Zips that are none: each a whole one, with one fault."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.numbered import files_of

__all__ = ["DAMAGED"]

_NAME = "data/large.bin"


def _zip(method: int, content: bytes = b"") -> bytearray:
    """The release of number 7; content: of its larger file, instead of its own."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for path, own in files_of(7).items():
            archive.writestr(path, content if content and path == _NAME else own)
    return bytearray(held.getvalue())


def _begin(data: bytearray) -> int:
    """Of the larger file's content."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.getinfo(_NAME).header_offset + 30 + len(_NAME)


def _truncated() -> bytes:
    data = _zip(zipfile.ZIP_DEFLATED)
    return bytes(data[: len(data) // 2])


def _without_its_end() -> bytes:
    return bytes(_zip(zipfile.ZIP_DEFLATED)[:-10])


def _of_another_checksum() -> bytes:
    data = _zip(zipfile.ZIP_STORED)
    data[_begin(data) + 5000] ^= 0xFF
    return bytes(data)


def _with_a_bad_stream() -> bytes:
    data = _zip(zipfile.ZIP_DEFLATED, b"a line of text\n" * 20_000)
    begin = _begin(data)
    data[begin : begin + 200] = b"\xff" * 200
    return bytes(data)


def _larger_than_it_says() -> bytes:
    """64 MB, of which it says that they are a few."""
    size = 64 << 20
    data = _zip(zipfile.ZIP_DEFLATED, bytes(size))
    return bytes(data.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))


def _of_one_file_under_many_names() -> bytes:
    """Each entry of its directory leads to the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f000", bytes(16 << 20))
        info = archive.getinfo("f000")
        for number in range(1, 999):
            other = zipfile.ZipInfo(f"f{number:03}")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(other, name, getattr(info, name))
            archive.filelist.append(other)
    return held.getvalue()


DAMAGED: dict[str, Callable[[], bytes]] = {
    "truncated": _truncated,
    "without its end": _without_its_end,
    "of another checksum": _of_another_checksum,
    "with a bad stream": _with_a_bad_stream,
    "larger than it says": _larger_than_it_says,
    "of one file under many names": _of_one_file_under_many_names,
}
