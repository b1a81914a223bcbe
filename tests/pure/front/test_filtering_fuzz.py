"""The fuzz target itself, over requests that are nearly right."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st


def _fuzz_target() -> Callable[[bytes], None]:
    path = Path(__file__).parents[3] / "fuzz" / "fuzz_filtering.py"
    spec = importlib.util.spec_from_file_location("fuzz_filtering", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    one: Callable[[bytes], None] = module.one
    return one


one = _fuzz_target()
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
