from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.urlpath import BadPath, canonical, resolve


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("//a///b//", "/a/b/"),
        ("/a/./b/.", "/a/b/"),
        ("/a/b/..", "/a/"),
        ("/a/../b", "/b"),
        ("/a/..", "/"),
        ("/a%2Fb", "/a/b"),
        ("/a%5Cb\\c", "/a/b/c"),
        ("/a/%2e%2e/b", "/b"),
        ("/sp%20ace", "/sp ace"),
        ("/a+b", "/a+b"),
        ("/%C3%A9", "/é"),
        ("/\xc3\xa9", "/é"),
        ("/%F0%9F%90%8D", "/🐍"),
        ("/.hidden/x", "/.hidden/x"),
        ("/...", "/..."),
        ("/a;b=c,d@e:f", "/a;b=c,d@e:f"),
        ("/100%25", "/100%"),
        (b"/a%20b", "/a b"),
    ],
)
def test_each_spelling_has_one_meaning(raw: str | bytes, path: str) -> None:
    assert canonical(raw) == path


@pytest.mark.parametrize(
    ("raw", "status", "sub_status"),
    [
        ("/../a", 400, 0),
        ("/a/../../b", 400, 0),
        ("/%2e%2e/a", 400, 0),
        ("/..%5cweb.config", 400, 0),
        ("/a%00b", 400, 0),
        ("/a%0d%0ab", 400, 0),
        ("/a\x7f", 400, 0),
        ("/%C2%85", 400, 0),
        ("/%", 400, 0),
        ("/%4", 400, 0),
        ("/%zz", 400, 0),
        ("/%u0041", 400, 0),
        ("/%FF", 400, 0),
        ("/%C0%AE%C0%AE/", 400, 0),
        ("/\N{SNAKE}", 400, 0),
        ("", 400, 0),
        ("*", 400, 0),
        ("a/b", 400, 0),
    ],
)
def test_refuses_as_iis_does(raw: str, status: int, sub_status: int) -> None:
    with pytest.raises(BadPath) as refused:
        canonical(raw)
    assert (refused.value.status, refused.value.sub_status) == (status, sub_status)
    assert refused.value.reason


def test_a_path_is_decoded_once() -> None:
    assert canonical("/%2541") == "/%41"
    assert canonical("/%252e%252e/x") == "/%2e%2e/x"


def test_resolve_does_not_decode() -> None:
    assert resolve("/a%20b/../c%") == "/c%"


def path_or_status(raw: str | bytes) -> str | int:
    try:
        return canonical(raw)
    except BadPath as refused:
        return refused.status


_PIECES = st.sampled_from(
    ["/", "..", ".", "%2e", "%2F", "%5c", "\\", "a", "%41", "%25", "%C3%A9", "+", "%", "\xff", "%00"]
)


@given(st.lists(_PIECES, max_size=12).map("".join) | st.text(max_size=30) | st.binary(max_size=30))
def test_a_canonical_path_is_safe_and_means_itself(raw: str | bytes) -> None:
    path = path_or_status(raw)
    if isinstance(path, int):
        assert path in (400, 404)
        return
    segments = path.split("/")
    assert path.startswith("/")
    assert not {"..", "."} & set(segments)
    assert "" not in segments[1:-1]
    assert "\\" not in path
    assert path.isprintable() or not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in path)
    assert resolve(path) == path
    assert canonical(quote(path)) == path


@given(st.text(st.sampled_from("/.ab\\%é "), max_size=20))
def test_the_fast_way_and_the_slow_way_agree(text: str) -> None:
    """A plain path is passed through; the same path, escaped all over, is not plain."""
    escaped = "".join(f"%{byte:02X}" for byte in text.encode())
    fast = path_or_status("/" + quote(text, safe="/.\\"))
    assert path_or_status("/" + escaped) == fast
