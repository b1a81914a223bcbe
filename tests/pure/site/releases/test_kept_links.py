"""The links by which a release holds what is kept."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.releases.kept_links import kept_text, leads_inside, path_in_kept

PATHS = st.lists(st.sampled_from(["a", "kept", "b.c", "\n", "..."]), min_size=1, max_size=4).map("/".join)


@given(PATHS, PATHS)
def test_a_link_leads_where_its_text_says(path: str, name: str) -> None:
    text = kept_text(path, name)
    place = posixpath.join("site/releases/r1", path)
    assert posixpath.normpath(posixpath.join(posixpath.dirname(place), text)) == f"site/kept/{name}"
    assert path_in_kept(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "kept/a", "../kept/a", "../../kept/", "../../kept/../x", "../../kept/a//b", "/x/../../kept/a", "a"],
)
def test_other_links_are_not_ours(text: str) -> None:
    assert path_in_kept(text) is None


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a", True),
        ("../../../data", True),
        ("/home/shop/data", True),
        ("../../../..", False),
        ("/etc", False),
        ("/home/shop2", False),
        ("../../../../shop/data", True),
    ],
)
def test_whether_a_link_stays_in_the_home(text: str, inside: bool) -> None:
    assert leads_inside("/home/shop", "/home/shop/site/releases/r1", text) is inside
