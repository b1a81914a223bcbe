"""What the fuzz target checks, for ordinary inputs, too."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target

one = fuzz_target("fuzz_management_request")
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["status", "key"]), inner),
)


@given(st.binary())
@example(b"/api/deployments/%7Bid%7D")
@example(b"/vfs/a%0a")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    one(data)


@given(values)
def test_any_json_is_read_or_refused(value: object) -> None:
    one(json.dumps(value).encode())
