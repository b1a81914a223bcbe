"""The fuzz target itself, over bytes and over headers that are nearly right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target

one = fuzz_target("fuzz_request_headers")
CODING = st.sampled_from([b"gzip", b"br", b"zstd", b"x-gzip", b"*", b"identity", b"GZIP", b"", b"deflate"])
WEIGHT = st.sampled_from(
    [b"", b";q=0", b";q=1", b"; q=0.5", b";q=0.001", b";q=2", b";q=", b";Q=0.0", b";x=1"]
)
ITEMS = st.lists(st.tuples(CODING, WEIGHT).map(b"".join), max_size=6).map(b", ".join)
TAG = st.sampled_from([b'"18eb-6c00"', b'W/"18eb-6c00"', b"*", b'"', b'"x"', b"18eb-6c00", b"", b"W/"])
TAGS = st.lists(TAG, max_size=4).map(b",".join)


@given(st.binary(max_size=60))
def test_any_header(data: bytes) -> None:
    one(data)


@given(ITEMS)
def test_nearly_right_codings(value: bytes) -> None:
    one(b"\x00" + value)


@given(TAGS)
def test_nearly_right_tags(value: bytes) -> None:
    one(b"\xff" + value)
