"""Records as bytes: against the specification's layout, and at the limits of a 16-bit length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.records import (
    HEADER_SIZE,
    MAX_CONTENT,
    PARAMS,
    STDOUT,
    pack_begin,
    pack_end,
    pack_record,
    pack_stream,
    unpack_header,
)


def test_layout_of_begin_and_end_is_the_specifications() -> None:
    assert pack_begin(0x1234, 1, 1) == bytes.fromhex("01 01 1234 0008 00 00  0001 01 0000000000")
    assert pack_end(1, 0x01020304, 3) == bytes.fromhex("01 03 0001 0008 00 00  01020304 03 000000")


def test_content_is_padded_to_eight() -> None:
    assert pack_record(STDOUT, 1, b"abc") == bytes.fromhex("01 06 0001 0003 05 00") + b"abc" + bytes(5)
    assert pack_record(STDOUT, 1, b"") == bytes.fromhex("01 06 0001 0000 00 00")


def contents(stream: bytes) -> list[bytes]:
    found = []
    at = 0
    while at < len(stream):
        version, kind, request_id, length, padding = unpack_header(stream, at)
        assert (version, kind, request_id) == (1, PARAMS, 7)
        found.append(stream[at + HEADER_SIZE : at + HEADER_SIZE + length])
        at += HEADER_SIZE + length + padding
    assert at == len(stream)
    return found


@pytest.mark.parametrize("size", [1, 65534, 65535, 65536, 65537, 200_000])
def test_a_stream_is_cut_into_records_that_fit(size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    parts = contents(pack_stream(PARAMS, 7, data[:size]))
    assert b"".join(parts) == data[:size]
    assert all(0 < len(part) <= MAX_CONTENT for part in parts)  # 65536 is the off-by-one of others
    assert len(parts) == (1 if size <= MAX_CONTENT else -(-size // 65528))


def test_an_empty_stream_has_no_record_which_would_close_it() -> None:
    assert pack_stream(PARAMS, 7, b"") == b""


@given(st.binary(max_size=300))
def test_a_record_is_always_a_multiple_of_eight_long(data: bytes) -> None:
    assert len(pack_record(STDOUT, 1, data)) % 8 == 0
