from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.output.moved import DoesNotFit, replaced_in_binary, replaced_in_text

ROOM = 40
paths = st.text("ab/", min_size=1, max_size=30).map(lambda text: f"/{text}".encode())
tails = st.lists(
    st.binary(max_size=6).map(lambda tail: tail.replace(b"\0", b"").replace(b"/", b"")), min_size=1
)


def built(path: bytes, tails: list[bytes]) -> bytes:
    """As conda installs it: the path in one text, once for each tail, in a file made for ROOM bytes."""
    text = b"".join(path + b"." + tail for tail in tails)
    return b"\x7f\0" + text + b"\0" * (len(tails) * (ROOM - len(path)) + 1) + b"end\0"


@given(paths, paths, tails)
def test_a_moved_binary_is_what_conda_would_install_there(old: bytes, new: bytes, tails: list[bytes]) -> None:
    assert replaced_in_binary(built(old, tails), old, new, ROOM) == built(new, tails)


@given(paths, paths, tails)
def test_moving_again_changes_nothing(old: bytes, new: bytes, tails: list[bytes]) -> None:
    once = replaced_in_binary(built(old, tails), old, new, ROOM)
    if old not in once or new.startswith(old):
        assert replaced_in_binary(once, old, new, ROOM) == once


def test_a_path_that_is_too_long_is_refused() -> None:
    with pytest.raises(DoesNotFit, match="may have 40 bytes, and has 41"):
        replaced_in_binary(built(b"/a", [b"x"]), b"/a", b"/" + b"b" * 40, ROOM)


def test_text_that_has_no_room_is_refused() -> None:
    with pytest.raises(DoesNotFit, match="other text"):
        replaced_in_binary(b"/a\0next", b"/a", b"/longer", ROOM)


def test_a_text_that_was_moved_halfway_is_moved_once() -> None:
    assert replaced_in_text(b"/a/x /a/b/x", b"/a", b"/a/b") == b"/a/b/x /a/b/x"
