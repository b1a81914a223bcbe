"""Names of a package's entries: decoded once; refused where they mean another place, or one file twice."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.nuget import BadName, content_of, entry_path, nuspec_among


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("content/a%20b.txt", "content/a b.txt"),
        ("content/a b.txt", "content/a b.txt"),
        ("content/%5Bx%5D%2B%23.py", "content/[x]+#.py"),
        ("content/%C3%A4.py", "content/ä.py"),
        ("content/ä.py", "content/ä.py"),
        ("content/100%.txt", "content/100%.txt"),
        ("content/a%2520b", "content/a%20b"),
        ("content%2fa", "content/a"),
        ("content\\a", "content/a"),
    ],
)
def test_names_are_decoded_once(name: str, path: str) -> None:
    assert entry_path(name) == path


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "content/../../a",
        "content/%2e%2e/a",
        "content/..%2fa",
        "content/..%5ca",
        "%2fetc/passwd",
        "/a",
        "\\a",
        "%5c%5chost%5cshare",
        "C:/a",
        "content/c%3a/a",
        "content/a.txt:stream",
        "content/a.txt%3a%24DATA",
        "content/con",
        "content/NUL.txt",
        "content/aux/a",
        "content/com1.py",
        "content/a.",
        "content/a%20",
        "content//a",
        "content/./a",
        "content/a%00b",
        "content/a%0ab",
        "content/a?",
        "content/a*",
        "content/%ff",
        "content/" + "a" * 300,
    ],
)
def test_names_that_mean_another_place_are_refused(name: str) -> None:
    with pytest.raises(BadName, match=r"\w"):
        entry_path(name)


@pytest.mark.parametrize(
    "names",
    [
        ["content/a.py", "content/A.PY"],
        ["content/a b", "content/a%20b"],
        ["content/\u00e4", "content/a\u0308"],
        ["Content/x", "content/X"],
        ["content/a/b", "content/A/c"],
        ["content/a", "content/a/b"],
        ["content/a/b", "content/A"],
    ],
)
def test_two_names_of_one_file_are_refused(names: list[str]) -> None:
    with pytest.raises(BadName, match=r"one file|one folder|and a folder"):
        content_of(names)


def test_only_the_content_is_taken() -> None:
    names = [
        "hello.nuspec",
        "_rels/.rels",
        "[Content_Types].xml",
        "lib/a.dll",
        "CONTENT/a/b.py",
        "contents/x",
    ]
    assert content_of(names) == {"CONTENT/a/b.py": "a/b.py"}


def test_a_hostile_name_beside_the_content_refuses_the_package_too() -> None:
    with pytest.raises(BadName):
        content_of(["content/a", "lib/%2e%2e/%2e%2e/x"])


@pytest.mark.parametrize("names", [[], ["a/b.nuspec"], ["a.nuspec", "b.NUSPEC"]])
def test_a_package_has_one_nuspec_at_its_root(names: list[str]) -> None:
    with pytest.raises(BadName, match="nuspec"):
        nuspec_among(names)
    assert nuspec_among([*(name for name in names if "/" in name), "x.nuspec"]) == "x.nuspec"


@given(st.text("ab%2e/\\.:5c \u00e4", max_size=30))
def test_a_path_that_is_taken_stays_inside(name: str) -> None:
    try:
        path = entry_path(name)
    except BadName:
        return
    parts = path.split("/")
    assert "\\" not in path
    assert ":" not in path
    assert all(part not in ("", ".", "..") for part in parts)


@given(
    st.lists(st.text("abcä +#[]", min_size=1, max_size=8).filter(lambda part: part[-1] != " "), min_size=1)
)
def test_an_encoded_name_means_its_path(parts: list[str]) -> None:
    path = "/".join(parts)
    if len(path) <= 250:
        assert entry_path(quote(path)) == path
