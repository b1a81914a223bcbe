"""Paths below a home, as clients write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.files.paths import FIXED, LONGEST_PART, is_fixed, is_private, read_path


@pytest.mark.parametrize(
    ("text", "parts", "slash"),
    [
        ("", (), True),
        ("site/wwwroot/app.py", ("site", "wwwroot", "app.py"), False),
        ("site/wwwroot/", ("site", "wwwroot"), True),
        ("site//./wwwroot", ("site", "wwwroot"), False),
        ("a%20b", ("a%20b",), False),
        ("back\\slash", ("back\\slash",), False),
    ],
)
def test_a_path_is_its_names_and_whether_it_means_a_folder(
    text: str, parts: tuple[str, ...], slash: bool
) -> None:
    path = read_path(text)
    assert (path.parts, path.slash) == (parts, slash)


@pytest.mark.parametrize("text", ["..", "a/../b", "a/..", "a\0b", "x" * 256, "é" * 128, "a/" * 300])
def test_a_path_that_leaves_or_that_no_file_can_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_path(text)


@given(st.text(max_size=600))
def test_whatever_is_read_stays_below(text: str) -> None:
    try:
        path = read_path(text)
    except ValueError:
        return
    for part in path.parts:
        assert part not in ("", ".", "..")
        assert "/" not in part
        assert len(part.encode("utf-8", "surrogatepass")) <= LONGEST_PART
    assert read_path(path.text).parts == path.parts


def test_the_keys_are_private_and_what_a_home_is_made_of_is_fixed() -> None:
    assert is_private((".ssh",))
    assert is_private((".ssh", "id_rsa"))
    assert not is_private(("data", ".ssh"))
    assert all(is_fixed(parts, None) for parts in ((), *FIXED))
    assert is_fixed(("site", "releases", "r1"), "r1")
    assert not is_fixed(("site", "releases", "r0"), "r1")
