"""The fuzz target itself, over bytes and over streams that are nearly right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import pack_begin, pack_end, pack_record

one = fuzz_target("fuzz_fastcgi")

CONTENT = st.one_of(
    st.binary(max_size=40),
    st.just(b""),
    st.sampled_from([b"A: b\n\n", b"Status: 200 OK\r\n\r\nbody", b"\n", encode_pairs([(b"A", b"1")])]),
)
RECORD = st.one_of(
    st.builds(pack_record, st.integers(0, 12), st.integers(0, 3), CONTENT),
    st.builds(pack_begin, st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)),
    st.builds(pack_end, st.integers(0, 3), st.integers(0, 9), st.integers(0, 4)),
)


MODES = st.integers(0, 5)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    one(data)


@given(st.integers(0, 60), MODES, st.lists(RECORD, max_size=12))
def test_any_records(cut: int, mode: int, records: list[bytes]) -> None:
    one(bytes((cut, mode)) + b"".join(records))


@given(st.integers(0, 60), MODES, st.lists(RECORD, max_size=6), st.integers(0, 500), st.integers(0, 255))
def test_records_with_one_byte_changed(
    cut: int, mode: int, records: list[bytes], at: int, value: int
) -> None:
    data = bytearray(b"".join(records))
    if data:
        data[at % len(data)] = value
    one(bytes((cut, mode)) + bytes(data))


@given(st.integers(0, 60), st.integers(4, 5), st.binary(max_size=150))
def test_any_calls(cut: int, mode: int, calls: bytes) -> None:
    one(bytes((cut, mode)) + calls)
