"""The fuzz target of rules, with bytes that are like its input."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target

one = fuzz_target("fuzz_rules")
_URLS = "a b/ old s/ e/ q y w/ one/Exact n/x %41 %C3%A9 %3F ? a=1 & A old.x wp-admin / %25 .. # <"
_PATTERNS = r"* (.*) ^ $ . [a] | \\ a+"
_PIECES = st.sampled_from(
    [*map(str.encode, f"{_URLS} {_PATTERNS}".split()), b"\0", b"\n", b"\xff", b"\xe2\x84\xaa", b"%00"]
)


@given(st.one_of(st.binary(max_size=40), st.lists(_PIECES, max_size=14).map(b"".join)))
def test_any_request_comes_to_the_same_end_in_both_engines(data: bytes) -> None:
    one(data)
