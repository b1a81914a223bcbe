"""How paths and queries are read."""

from __future__ import annotations

import contextlib
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.services.requests import LONGEST_QUERY, path_of, query_names, query_of

NAMES = query_names(["isAsync", "deployer", "fileName", "deployer"])


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/vfs/site%2Fwwwroot%2Fa.txt", "/vfs/site/wwwroot/a.txt"),
        (b"/vfs/a%2520b", "/vfs/a%20b"),
        (b"/vfs/%C3%A4?x=/y", "/vfs/ä"),
        (b"/vfs/a%zz", "/vfs/a%zz"),
    ],
)
def test_a_path_is_decoded_once(raw: bytes, path: str) -> None:
    assert path_of(raw) == path


@pytest.mark.parametrize("raw", [b"/a%00", b"/a%0d%0ab", b"/%ff"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        path_of(raw)


def test_names_of_a_query_are_written_as_the_application_writes_them() -> None:
    asked = b"Deployer=GITHUB&ISASYNC=true&filename=a+b&other=1&GetStatus"
    assert parse_qsl(query_of(asked, NAMES).decode(), keep_blank_values=True) == [
        ("deployer", "GITHUB"),
        ("isAsync", "true"),
        ("fileName", "a b"),
        ("other", "1"),
        ("GetStatus", ""),
    ]


def test_two_ways_to_write_one_name_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="isasync and isAsync"):
        query_names(["isAsync", "isasync"])


@pytest.mark.parametrize("raw", [b"a=%ff", b"a=\xff", b"a=" + b"x" * LONGEST_QUERY])
def test_a_query_that_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        query_of(raw, NAMES)


@given(st.text())
def test_every_path_of_text_comes_back_or_is_refused(text: str) -> None:
    raw = quote(f"/{text}", safe="").encode()
    if any(character in text for character in "\0\r\n"):
        with pytest.raises(ValueError, match="control"):
            path_of(raw)
    else:
        assert path_of(raw) == f"/{text}"


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        path_of(raw)
    with contextlib.suppress(ValueError):
        query_of(raw, NAMES)


@given(st.lists(st.tuples(st.text(), st.text())))
def test_values_of_a_query_never_change(pairs: list[tuple[str, str]]) -> None:
    raw = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs).encode()
    read = parse_qsl(query_of(raw, NAMES).decode(), keep_blank_values=True)
    assert [value for _, value in read] == [value for _, value in pairs]
