"""What a shared object needs, read from bytes that nobody vouches for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.elf_files import elf_file
from tests.fuzz_targets import fuzz_target
from webstead.formats.elf import MAX_DYNAMIC_BYTES, Elf, NotElf, read_elf

FUZZ = fuzz_target("fuzz_elf")


def reader(data: bytes) -> Callable[[int, int], bytes]:
    def read(offset: int, size: int) -> bytes:
        assert 0 <= size <= 1 << 26, "more is read at once than any table may have"
        return data[offset : offset + size]

    return read


def of(data: bytes) -> Elf:
    return read_elf(reader(data))


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0:"), min_size=1, max_size=30)


@given(
    st.lists(NAMES, max_size=8),
    st.lists(NAMES, max_size=3),
    st.sampled_from(["", "libself.so.1"]),
    st.sampled_from([32, 64]),
    st.sampled_from("<>"),
)
def test_what_is_written_is_read(
    needed: list[str], path: list[str], name: str, bits: int, order: str
) -> None:
    found = of(elf_file(needed, runpath=":".join(path), name=name, bits=bits, order=order, machine=183))
    assert found == Elf(183, 64 if bits == 64 else 32, tuple(needed), tuple(path), name)


def test_a_runpath_takes_the_place_of_an_rpath() -> None:
    assert of(elf_file(rpath="/a:/b")).path == ("/a", "/b")
    assert of(elf_file(rpath="/a", runpath="$ORIGIN/../c")).path == ("$ORIGIN/../c",)


def test_a_file_without_a_dynamic_section_needs_nothing() -> None:
    assert of(elf_file(dynamic=False)) == Elf(62, 64)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7fELF",
        b"#!/bin/sh\n" * 9,
        elf_file()[:40],
        b"\x7fELF\x07" + elf_file()[5:],
        elf_file(["a"])[:-40],
    ],
)
def test_what_is_none(data: bytes) -> None:
    try:
        found = of(data)
    except NotElf:
        return
    assert found.needed == ()


def test_a_name_without_an_end_is_refused() -> None:
    whole = elf_file(["libx.so.1"])
    with pytest.raises(NotElf, match="no end"):
        of(_endless(whole))


def _endless(whole: bytes) -> bytes:
    """The string table's address set to the last bytes of the file, which hold no NUL."""
    at = len(whole) - 32
    strings = (0x10000 + len(whole)).to_bytes(8, "little")
    longer = bytearray(whole + b"x" * 64)
    longer[at + 8 : at + 16] = strings
    size = len(longer).to_bytes(8, "little")
    longer[64 + 32 : 64 + 40] = size  # the loaded segment holds them
    return bytes(longer)


@pytest.mark.parametrize(("at", "value"), [(56, b"\xff\xff"), (54, b"\x01\x00")])
def test_numbers_beyond_all_sense_are_refused(at: int, value: bytes) -> None:
    data = bytearray(elf_file(["a"]))
    data[at : at + 2] = value
    with pytest.raises(NotElf, match="segments"):
        of(bytes(data))


def test_a_dynamic_section_is_read_up_to_a_limit() -> None:
    data = bytearray(elf_file(["a"]))
    at = 64 + 56 + 32  # the size of the second segment
    data[at : at + 8] = (1 << 40).to_bytes(8, "little")
    assert of(bytes(data)).needed == ("a",)
    assert MAX_DYNAMIC_BYTES < 1 << 20


@given(st.binary(max_size=400))
def test_any_bytes_are_borne(data: bytes) -> None:
    FUZZ(data)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12))
def test_any_damage_is_borne(damage: list[tuple[int, int]]) -> None:
    data = bytearray(elf_file(["liba.so", "libb.so"], runpath="$ORIGIN", name="x"))
    for at, value in damage:
        data[at % len(data)] = value
    FUZZ(bytes(data))
