"""Paths inside a project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.paths import by_name, folder_of, join, name_of


def test_the_files_of_one_folder_by_their_names() -> None:
    paths = ["A.txt", "api/B.txt", "api/v1/c.txt", "apiary.txt"]
    assert by_name(paths, ".") == {"a.txt": "A.txt", "apiary.txt": "apiary.txt"}
    assert by_name(paths, "api") == {"b.txt": "api/B.txt"}


@pytest.mark.parametrize(
    ("folder", "path", "inside"),
    [
        (".", "a", "a"),
        ("a", "../b", "b"),
        ("a", "..\\b", "b"),
        (".", "../b", None),
        ("a", "/b", None),
        (".", "C:/b", None),
    ],
)
def test_a_path_that_leaves_the_project_is_none(folder: str, path: str, inside: str | None) -> None:
    assert join(folder, path) == inside


@given(st.lists(st.sampled_from(["a", "b", "..", "."]), max_size=6))
def test_what_is_joined_stays_inside(parts: list[str]) -> None:
    joined = join("a/b", "/".join(["x", *parts]))
    assert joined is None or not joined.startswith(("/", ".."))
    if joined is not None and joined != ".":
        assert by_name([joined], folder_of(joined)) == {name_of(joined).lower(): joined}
