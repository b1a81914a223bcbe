"""The fuzz target itself, over requests that are nearly right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target

one = fuzz_target("fuzz_filtering")
_PIECES = st.sampled_from(
    [
        b"/",
        b"bin",
        b"b%69n",
        b"%25",
        b"%2562in",
        b"%2f",
        b"..",
        b"%2e",
        b"?",
        b"%",
        b"\0",
        b"en-US;q=0.5",
        b",",
    ]
)


@given(st.lists(_PIECES, max_size=12).map(b"".join) | st.binary(max_size=60))
def test_a_request_is_refused_or_passes(data: bytes) -> None:
    one(data)
