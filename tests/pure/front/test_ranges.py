from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.front.limits import RANGES
from webstead.front.ranges import Part, content_range, multipart, select_parts

SIZE = 1000


one = fuzz_target("fuzz_ranges")


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        (b"bytes=0-0", [Part(0, 1)]),
        (b"bytes=0-499", [Part(0, 500)]),
        (b"bytes=500-", [Part(500, 500)]),
        (b"bytes=-1", [Part(999, 1)]),
        (b"bytes=-5000", [Part(0, 1000)]),
        (b"bytes=990-5000", [Part(990, 10)]),
        (b" BYTES = 1 - 2 ", [Part(1, 2)]),
        (b"bytes=0-1,500-501", [Part(0, 2), Part(500, 2)]),
        (b"bytes=500-501, 0-1", [Part(500, 2), Part(0, 2)]),  # as asked, not as they lie
        (b"bytes=0-1,,-1,", [Part(0, 2), Part(999, 1)]),
        (b"bytes=0-99,50-149", [Part(0, 150)]),
        (b"bytes=0-99,100-149", [Part(0, 150)]),
        (b"bytes=0-9,20-29", [Part(0, 30)]),  # nearer than a part's own headers
        (b"bytes=500-509,0-1,490-505", [Part(490, 20), Part(0, 2)]),
        (b"bytes=0-1,5000-", [Part(0, 2)]),
        (b"bytes=0-,0-,0-", [Part(0, 1000)]),
    ],
)
def test_ranges_select_their_bytes(header: bytes, parts: list[Part]) -> None:
    assert select_parts(header, SIZE) == tuple(parts)


@pytest.mark.parametrize("header", [b"bytes=1000-", b"bytes=1000-2000", b"bytes=-0", b"bytes=1000-,-0"])
def test_ranges_outside_of_the_file_are_unsatisfiable(header: bytes) -> None:
    assert select_parts(header, SIZE) == "unsatisfiable"


@pytest.mark.parametrize("header", [b"bytes=0-", b"bytes=0-0", b"bytes=-1"])
def test_nothing_of_an_empty_file_can_be_sent(header: bytes) -> None:
    assert select_parts(header, 0) == "unsatisfiable"


@pytest.mark.parametrize(
    "header",
    [
        b"bytes=5-2",
        b"bytes=-",
        b"bytes=a-b",
        b"items=0-1",
        b"bytes=1",
        b"",
        b"bytes=",
        b"bytes=,",
        b"bytes=0x1-2",
        b"bytes=0-1,x",
        b"bytes=0-1,9-5",
        b"bytes=0-1;2-3",
        b"bytes=0-1\n2",
        b"bytes=" + b"9" * 19 + b"-",
        b"bytes=" + b",".join(b"%d-%d" % (each, each) for each in range(RANGES + 1)),
        b"bytes=" + b"," * 100_000,
    ],
)
def test_any_other_header_is_passed_over(header: bytes) -> None:
    assert select_parts(header, SIZE) == "whole"


def test_as_many_parts_as_are_allowed_are_sent() -> None:
    header = b"bytes=" + b",".join(b"%d-%d" % (each * 100, each * 100) for each in range(RANGES))
    assert select_parts(header, 100_000) == tuple(Part(each * 100, 1) for each in range(RANGES))


def test_a_body_of_several_parts() -> None:
    pieces = multipart([Part(0, 2), Part(7, 3)], b"text/css", 10, b"B")
    assert pieces == [
        b"\r\n--B\r\nContent-Type: text/css\r\nContent-Range: bytes 0-1/10\r\n\r\n",
        Part(0, 2),
        b"\r\n--B\r\nContent-Type: text/css\r\nContent-Range: bytes 7-9/10\r\n\r\n",
        Part(7, 3),
        b"\r\n--B--\r\n",
    ]
    assert content_range(Part(7, 3), 10) == b"bytes 7-9/10"


POSITIONS = st.integers(0, 70_000).map(str) | st.just("")
RANGE = st.tuples(POSITIONS, POSITIONS).map("-".join)


@given(st.integers(0, 65535), st.lists(RANGE, max_size=RANGES + 3).map(",".join))
def test_nearly_right_ranges(size: int, ranges: str) -> None:
    one(size.to_bytes(2, "big") + f"bytes={ranges}".encode())


@given(st.binary(max_size=60))
def test_any_range(data: bytes) -> None:
    one(data)
